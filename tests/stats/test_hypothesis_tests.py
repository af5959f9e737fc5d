from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, reject
from hypothesis import strategies as st

from driftmeter.stats import chi2, ks, proportion_test
from driftmeter.stats.grid import Grid
from driftmeter.stats.hypothesis_tests import EXACT_PAIRS, ks_counts, ks_counts_error
from driftmeter.stats.special import kolmogorov_isf, kolmogorov_sf


def seen(values):
    return values[~np.isnan(values)]


def scipy_ks(reference, live):
    """The exact test of scipy; it warns and gives an approximation where its own count of paths fails."""
    return scipy.stats.ks_2samp(seen(reference), seen(live), method="exact")


def test_chi2_equals_scipy(counts):
    table = np.stack(counts)
    expected = scipy.stats.chi2_contingency(table[:, table.sum(axis=0) > 0], correction=False)
    assert chi2(*counts) == pytest.approx((expected[0], expected[2], expected[1]), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("scale", [1, 10, 30, 60])
def test_chi2_pvalues_equal_scipy_down_to_1e_minus_300(scale):
    table = np.array([[30, 20, 10], [10, 20, 22]]) * scale
    expected = scipy.stats.chi2_contingency(table, correction=False)
    assert chi2(*table).pvalue == pytest.approx(expected.pvalue, rel=1e-11)


def test_chi2_without_evidence_is_certain_of_nothing():
    assert chi2([5, 0], [3, 0]) == (0, 0, 1)
    statistic, _, pvalue = chi2([5, 1], [0, 0])
    assert math.isnan(statistic)
    assert math.isnan(pvalue)


def test_ks_equals_scipy_exactly(samples):
    expected = scipy_ks(*samples)
    assert ks(*samples) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_ks_equals_scipy_on_tied_and_tiny_samples(reference, live):
    try:
        expected = scipy_ks(np.array(reference, float), np.array(live, float))
    except RuntimeWarning:
        reject()
    assert ks(reference, live) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(300, 300), (400, 501), (450, 520)])
def test_ks_pvalues_equal_scipy_far_into_the_tail(n, m):
    reference, live = np.arange(n, dtype=float), np.arange(m) + 0.98 * n + 0.5
    expected = scipy_ks(reference, live).pvalue
    assert 0 < expected < 1e-140
    assert ks(reference, live).pvalue == pytest.approx(expected, rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.1, 0.05, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize(("n", "m"), [(1000, 1000), (200, 5000), (100, 9900)])
def test_the_limit_law_of_ks_is_near_the_exact_one_and_on_the_safe_side(n, m, alpha):
    """Checked at the largest sizes whose exact law is used, so nothing jumps where the limit law takes over."""
    assert n * m <= EXACT_PAIRS
    lag = kolmogorov_isf(alpha) * math.sqrt((n + m) / (n * m)) * n
    found = ks(np.arange(n, dtype=float), (np.arange(m) + 0.5) * n / m + math.ceil(lag))
    limit = kolmogorov_sf(found.statistic * math.sqrt(n * m / (n + m)))
    assert found.pvalue <= limit < 3 * found.pvalue


def test_large_samples_take_the_limit_law():
    found = ks(np.arange(2000.0), np.arange(2000.0) + 80)
    assert found.pvalue == pytest.approx(scipy.special.kolmogorov(0.04 * math.sqrt(1000)), rel=1e-12)


def test_infinities_are_values_and_nan_is_none():
    assert ks([-np.inf, 0.0, np.inf, np.nan], [-np.inf, 0.0, np.inf]) == (0, 1)


@pytest.mark.parametrize("empty", [[], [math.nan, math.nan]])
def test_nothing_can_be_tested_on_an_empty_side(empty):
    assert all(map(math.isnan, [*ks(empty, [1.0]), *ks([1.0], empty)]))
    assert all(map(math.isnan, [*ks_counts([0, 0], [1, 2]), *proportion_test(0, 0, 1, 2)]))


def test_ks_on_counts_falls_short_by_no_more_than_stated(samples):
    reference, live = map(seen, samples)
    grid = Grid([float(reference.min()), float(reference.max()) + 1e-6], cells=64)
    cells = grid.count_cells(reference), grid.count_cells(live)
    exact, found = ks(reference, live).statistic, ks_counts(*cells).statistic
    assert found - 1e-12 <= exact <= found + ks_counts_error(*cells) + 1e-12


def test_ks_on_counts_of_a_fine_grid_is_close():
    rng = np.random.default_rng(8)
    reference, live = rng.normal(size=20_000), rng.normal(0.1, 1, 1_000)
    grid = Grid([float(reference.min()), float(reference.max())])
    cells = grid.count_cells(reference), grid.count_cells(live)
    assert ks_counts(*cells).statistic == pytest.approx(ks(reference, live).statistic, abs=0.005)


@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 40), st.integers(0, 60))
def test_proportions_of_small_counts_take_fishers_pvalue(k1, more1, k2, more2):
    n1, n2 = k1 + more1, k2 + more2
    if not n1 or not n2 or min(n1, n2) * min(k1 + k2, more1 + more2) >= 10 * (n1 + n2):
        return
    expected = scipy.stats.fisher_exact([[k1, more1], [k2, more2]])[1]
    assert proportion_test(k1, n1, k2, n2).pvalue == pytest.approx(expected, rel=1e-10)


def test_fishers_pvalue_equals_scipy_in_the_tail():
    expected = scipy.stats.fisher_exact([[2, 49_998], [40, 60]])[1]
    assert proportion_test(2, 50_000, 40, 100).pvalue == pytest.approx(expected, rel=1e-10)


def test_proportions_of_large_counts_are_the_chi_square_test():
    """The pooled z squared is Pearson's statistic."""
    z, pvalue = proportion_test(300, 5000, 90, 1000)
    statistic, dof, expected = chi2([300, 4700], [90, 910])
    assert dof == 1
    assert z**2 == pytest.approx(statistic, rel=1e-12)
    assert pvalue == pytest.approx(expected, rel=1e-10)
    assert proportion_test(90, 1000, 300, 5000).z == pytest.approx(-z)


def test_proportions_of_numpys_integers_do_not_overflow():
    """10^12 squared is beyond 64 bits."""
    table = (10**11, 10**12, 2 * 10**11, 10**12)
    assert proportion_test(*np.array(table)) == proportion_test(*table)


@pytest.mark.parametrize("table", [(0, 10, 0, 20), (10, 10, 20, 20), (5, 10, 10, 20)])
def test_equal_proportions_are_no_evidence(table):
    assert proportion_test(*table) == pytest.approx((0, 1))


@pytest.mark.parametrize("table", [(-1, 10, 0, 10), (0, 10, 11, 10)])
def test_counts_that_are_no_proportion_are_refused(table):
    with pytest.raises(ValueError, match="is no proportion"):
        proportion_test(*table)
