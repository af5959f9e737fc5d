from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from driftmeter.stats import ks
from driftmeter.stats.multivariate import Grader, PairSums, correlation_change, natural_variation
from driftmeter.stats.multivariate.correlation import sidak

ALPHA = 0.05


def _graded(reference, *tables):
    graders = [Grader.fit(column) for column in reference.T]
    return [
        PairSums.of(np.column_stack([grade(column) for grade, column in zip(graders, table.T, strict=True)]))
        for table in (reference, *tables)
    ]


def _normal(rng, rows):
    covariance = 0.3 + 0.7 * np.eye(5)
    return rng.multivariate_normal(np.zeros(5), covariance, rows)


def _heavy(rng, rows):
    """Tails without a variance, and columns that depend without being correlated."""
    common = rng.standard_cauchy(size=(rows, 1))
    return np.column_stack([common * rng.normal(size=(rows, 3)), np.exp(rng.normal(size=(rows, 2)) * 3)])


def _coarse(rng, rows):
    """Rare events, counts and a truth value that go together."""
    rate = rng.gamma(2, 1, (rows, 1))
    return np.column_stack([rng.poisson(rate * [1, 0.3, 3]), rng.random((rows, 2)) < 0.1 * rate]).astype(float)


def _holed(rng, rows):
    found = _normal(rng, rows)
    found[rng.random(found.shape) < 0.3] = np.nan
    return found


@pytest.mark.slow
@pytest.mark.parametrize("draw", [_normal, _heavy, _coarse, _holed])
def test_false_alarms_are_no_more_frequent_than_stated(draw):
    """Three hundred references with windows of 300 rows, whatever the columns' law: below the binomial limit at 5 %."""
    rng, trials = np.random.default_rng(11), 300
    alarms = sum(correlation_change(*_graded(draw(rng, 3000), draw(rng, 300))).pvalue < ALPHA for _ in range(trials))
    low, high = scipy.stats.binom.interval(0.9999, trials, ALPHA)
    assert 0.1 * low <= alarms <= high


def test_correlation_of_grades_is_spearmans():
    """To 0.005, with tails that have no variance."""
    rng = np.random.default_rng(12)
    x = rng.standard_cauchy(5000)
    y = np.exp(x / np.abs(x).max() * 5 + rng.normal(size=5000))
    [sums] = _graded(np.column_stack([x, y]))
    assert sums.correlation()[0, 1] == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=0.005)


def test_a_change_of_one_pair_is_found_and_named():
    """No column has moved by itself."""
    rng = np.random.default_rng(13)
    reference, live = _normal(rng, 5000), _normal(rng, 600)
    live[:, 3] = 0.3 * live[:, 1] * -1 + math.sqrt(1 - 0.09) * rng.normal(size=600)
    found = correlation_change(*_graded(reference, live))
    assert found.pair == (1, 3)
    assert found.pvalue < 1e-9
    assert (found.pairs, found.z < 0) == (10, True)
    assert (found.reference, found.live) == pytest.approx((0.28, -0.28), abs=0.08)
    assert ks(reference[:, 3], live[:, 3]).pvalue > 0.01


def test_power_of_a_planted_change():
    """A correlation of 0 that becomes 0.3 is found in at least 95 of 100 windows of 500 rows, at 0.1 %."""
    rng, found = np.random.default_rng(14), 0
    for _ in range(100):
        reference, live = rng.normal(size=(4000, 4)), rng.normal(size=(500, 4))
        live[:, 2] = 0.3 * live[:, 0] + math.sqrt(0.91) * live[:, 2]
        change = correlation_change(*_graded(reference, live))
        found += change.pvalue < 1e-3 and change.pair == (0, 2)
    assert found >= 95


def test_natural_variation_holds_alarms_where_windows_differ_by_themselves():
    """A correlation that changes from window to window in the reference too; steady pairs keep their power."""
    rng = np.random.default_rng(15)

    def window():
        x = rng.normal(size=(500, 3))
        r = math.tanh(rng.normal(0, 0.15))
        return np.column_stack([x[:, 0], r * x[:, 0] + math.sqrt(1 - r * r) * x[:, 1], x[:, 2]])

    whole, *windows = _graded(np.concatenate([window() for _ in range(100)]), *[window() for _ in range(200)])
    natural = natural_variation(windows[:100])
    assert math.sqrt(natural[0, 1]) == pytest.approx(0.15, rel=0.25)
    assert natural[0, 2] < 0.001
    bare = np.mean([correlation_change(whole, live).pvalue < ALPHA for live in windows[100:]])
    held = np.mean([correlation_change(whole, live, natural=natural).pvalue < ALPHA for live in windows[100:]])
    assert held < 0.12
    assert bare > 0.3


def test_columns_that_determine_each_other_have_a_defined_change():
    """Copies: none when they stay copies, a certain one when they part."""
    rng = np.random.default_rng(16)
    x, y = rng.normal(size=(2, 2000))
    copies = np.column_stack([x, x, y])
    whole, same, parted = _graded(copies, copies[:500], np.column_stack([x, np.roll(x, 1), y])[:500])
    assert correlation_change(whole, same).pvalue > 0.5
    found = correlation_change(whole, parted)
    assert found.pair == (0, 1)
    assert found.pvalue < 1e-9


@pytest.mark.parametrize(
    "live",
    [np.empty((0, 2)), np.zeros((1, 2)), np.zeros((100, 2)), np.full((100, 2), np.nan), np.full((100, 2), 1e308)],
)
def test_windows_that_have_no_correlation_are_not_tested(live):
    """None, one and constant rows, missing ones, values beyond all: NaN and no pair."""
    reference = np.random.default_rng(17).normal(size=(500, 2))
    found = correlation_change(*_graded(reference, live))
    assert (found.pair, found.pairs) == (None, 0)
    assert math.isnan(found.pvalue)


def test_one_column_has_no_pairs():
    assert correlation_change(PairSums.empty(1), PairSums.empty(1)).pairs == 0


def test_natural_variation_needs_windows():
    """None is an error; few say nothing."""
    with pytest.raises(ValueError, match="no windows"):
        natural_variation([])
    few = [PairSums.of(np.random.default_rng(k).integers(-100, 101, (50, 2)).astype(float)) for k in range(7)]
    assert natural_variation(few).tolist() == [[0, 0], [0, 0]]


def test_sidak_is_exact_for_certain_and_tiny_pvalues():
    assert (sidak(1.0, 10), sidak(0.0, 10)) == (1, 0)
    assert sidak(0.2, 3) == pytest.approx(1 - 0.8**3, rel=1e-12)
