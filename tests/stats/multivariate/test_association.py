from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftmeter.stats.multivariate import association_change, correlation_ratio, cramers_v, response_test
from driftmeter.stats.multivariate.association import middle_ranks, table_correlation

ALPHA = 0.05
TABLES = arrays(np.int64, (3, 4), elements=st.integers(0, 60))
LAWS = [(True, True), (True, False), (False, True), (False, False)]


def _joint(rng, strength, shape=(6, 5)):
    lines, columns = np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1])
    weights = np.exp(strength * np.outer(lines, columns)) * rng.dirichlet(np.full(shape[0], 20))[:, None]
    return (weights / weights.sum()).ravel(), shape


def _draw(rng, rows, joint):
    shares, shape = joint
    return rng.multinomial(rows, shares).reshape(shape)


@pytest.mark.slow
@pytest.mark.parametrize(("ordered_input", "ordered_output"), LAWS)
@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_false_alarms_are_as_frequent_as_stated(ordered_input, ordered_output, strength):
    """A thousand references with windows of 400 rows, unrelated or related, at 5 %."""
    rng, trials = np.random.default_rng(31), 1000
    joint = _joint(rng, strength)
    alarms = sum(
        association_change(
            _draw(rng, 4000, joint), _draw(rng, 400, joint),
            ordered_input=ordered_input, ordered_output=ordered_output,
        ).pvalue < ALPHA
        for _ in range(trials)
    )  # fmt: skip
    low, high = scipy.stats.binom.interval(0.9999, trials, ALPHA)
    assert low <= alarms <= high


@pytest.mark.parametrize(("ordered_input", "ordered_output"), LAWS)
def test_a_lost_association_is_found(ordered_input, ordered_output):
    """An input that no longer goes with the output, both unchanged by themselves."""
    rng = np.random.default_rng(32)
    joint = _joint(rng, 2.0)
    shares = joint[0].reshape(joint[1])
    apart = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    found = association_change(
        _draw(rng, 8000, joint), _draw(rng, 800, (apart.ravel(), joint[1])),
        ordered_input=ordered_input, ordered_output=ordered_output,
    )  # fmt: skip
    assert found.pvalue < 1e-6
    assert found.reference > found.live + 0.1


def test_a_change_of_the_input_alone_leaves_the_response_at_rest():
    """Covariate shift is no change of what the model makes of it: p-values are uniform."""
    rng = np.random.default_rng(33)
    given_line = rng.dirichlet(np.full(4, 3), size=5)
    before, after = np.array([0.4, 0.3, 0.1, 0.1, 0.1]), np.array([0.1, 0.1, 0.1, 0.3, 0.4])
    pvalues = [
        response_test(
            rng.multinomial(8000, (before[:, None] * given_line).ravel()).reshape(5, 4),
            rng.multinomial(1000, (after[:, None] * given_line).ravel()).reshape(5, 4),
        ).pvalue
        for _ in range(500)
    ]
    assert scipy.stats.kstest(pvalues, "uniform").pvalue > 1e-3


def test_the_response_test_is_the_sum_of_chi_squares():
    rng = np.random.default_rng(34)
    p, q = rng.integers(100, 200, (3, 4)), rng.integers(20, 60, (3, 4))
    lines = [scipy.stats.chi2_contingency(np.stack(pair), correction=False) for pair in zip(p, q, strict=True)]
    found = response_test(p, q)
    assert found.statistic == pytest.approx(sum(line.statistic for line in lines), rel=1e-12)
    assert found.dof == sum(line.dof for line in lines)
    assert found.pvalue == pytest.approx(scipy.stats.chi2.sf(found.statistic, found.dof), rel=1e-10)


def test_cramers_v_equals_scipy():
    table = np.random.default_rng(35).integers(1, 50, (4, 7))
    assert cramers_v(table) == pytest.approx(scipy.stats.contingency.association(table, method="cramer"), rel=1e-12)


def test_the_correlation_ratio_is_that_of_the_rows():
    """Share of the variance between groups, as analysis of variance has it."""
    rng = np.random.default_rng(36)
    table, scores = rng.integers(1, 20, (3, 5)), rng.normal(size=5)
    groups = [np.repeat(scores, line) for line in table]
    f = scipy.stats.f_oneway(*groups).statistic
    between, within = 2, table.sum() - 3
    expected = f * between / (f * between + within)
    assert correlation_ratio(table, scores) ** 2 == pytest.approx(expected, rel=1e-9)


def test_the_grade_correlation_is_spearmans_of_binned_rows():
    rng = np.random.default_rng(37)
    table = rng.integers(0, 30, (5, 6))
    x, y = np.repeat(np.indices((5, 6)).reshape(2, -1), table.ravel(), axis=1)
    found = table_correlation(table, middle_ranks(table.sum(axis=1)), middle_ranks(table.sum(axis=0)))
    assert found == pytest.approx(scipy.stats.spearmanr(x, y).statistic, rel=1e-9)


@given(TABLES, TABLES, st.sampled_from(LAWS))
def test_any_tables_have_a_defined_change(p, q, ordered):
    """Empty, of one line, sparse: values within bounds or NaN, a p-value in [0, 1] or NaN, no warning."""
    found = association_change(p, q, ordered_input=ordered[0], ordered_output=ordered[1])
    for value in (found.reference, found.live):
        assert math.isnan(value) or -1 <= value <= 1 + 1e-12
    assert math.isnan(found.pvalue) or 0 <= found.pvalue <= 1


@pytest.mark.parametrize("table", [np.zeros((2, 2)), [[1, 0], [0, 0]], [[5, 5]]])
def test_sides_that_do_not_vary_have_no_association(table):
    assert math.isnan(cramers_v(table))
    assert math.isnan(table_correlation(table, np.arange(len(table)), np.arange(2)))


def test_wrong_tables_are_refused():
    with pytest.raises(ValueError, match="same bins"):
        response_test([[1, 2]], [[1], [2]])
    with pytest.raises(ValueError, match="counts from 0"):
        cramers_v([[-1, 2]])
    with pytest.raises(ValueError, match="counts from 0"):
        cramers_v([1, 2])
