from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from driftmeter.stats.multivariate import MixedRows, domain_classifier

ALPHA = 0.05


def _rows(rng, rows, *, shift=0.0, missing=0.1, share=0.5):
    numbers = rng.normal([shift, 0, 0], size=(rows, 3))
    numbers[rng.random(rows) < missing, 1] = np.nan
    return MixedRows(numbers, (rng.random((rows, 1)) < share).astype(np.int64))


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(300, 300), (600, 80)])
def test_false_alarms_are_as_frequent_as_stated(sizes):
    """Six hundred pairs of tables without drift, at 5 %: the law of folds that are scored by the past alone."""
    rng, trials = np.random.default_rng(21), 600
    found = [domain_classifier(*(_rows(rng, size) for size in sizes), seed=k) for k in range(trials)]
    low, high = scipy.stats.binom.interval(0.9999, trials, ALPHA)
    assert low <= sum(result.pvalue < ALPHA for result in found) <= high
    assert np.mean([result.auc for result in found]) == pytest.approx(0.5, abs=0.004)


@pytest.mark.parametrize(("drift", "feature"), [({"shift": 0.5}, 0), ({"missing": 0.35}, 1), ({"share": 0.8}, 3)])
def test_a_drift_is_found_and_its_feature_named(drift, feature):
    """A shift of half a standard deviation, more missing values, another share of a category."""
    rng = np.random.default_rng(22)
    found = domain_classifier(_rows(rng, 2000), _rows(rng, 500, **drift))
    assert found.pvalue < 1e-4
    assert found.auc > 0.55
    assert int(found.contributions.argmax()) == feature


def test_a_shift_shared_by_many_columns_is_found_where_no_column_shows_it():
    """Twenty columns by a tenth of a standard deviation each."""
    rng = np.random.default_rng(23)
    none = np.empty((1000, 0), int)
    before, after = rng.normal(size=(1000, 20)), rng.normal(0.1, 1, (1000, 20))
    found = domain_classifier(MixedRows(before, none), MixedRows(after, none))
    assert found.pvalue < 1e-6
    assert min(scipy.stats.ks_2samp(before[:, j], after[:, j]).pvalue for j in range(20)) > 1e-4


def test_the_area_is_that_of_the_best_linear_score():
    """Two normal tables one standard deviation apart: Phi(1 / sqrt 2)."""
    rng = np.random.default_rng(24)
    none = np.empty((4000, 0), int)
    found = domain_classifier(
        MixedRows(rng.normal(size=(4000, 2)), none), MixedRows(rng.normal([1, 0], size=(4000, 2)), none)
    )
    assert found.auc == pytest.approx(scipy.stats.norm.cdf(1 / math.sqrt(2)), abs=0.02)


def test_the_same_rows_give_the_same_result_from_a_bounded_sample():
    rng = np.random.default_rng(25)
    before, after = _rows(rng, 3000), _rows(rng, 2000)
    first, again = (domain_classifier(before, after, max_rows=500, seed=3) for _ in range(2))
    assert first[:2] == again[:2]
    assert np.array_equal(first.contributions, again.contributions)
    assert (first.rows_reference, first.rows_live) == (500, 500)


@pytest.mark.parametrize("rows", [0, 1, 19])
def test_few_rows_say_nothing(rows):
    rng = np.random.default_rng(26)
    assert math.isnan(domain_classifier(_rows(rng, 100), _rows(rng, rows)).pvalue)


@pytest.mark.parametrize("value", [0.0, np.nan, 1e308, np.inf])
def test_columns_that_do_not_vary_tell_nothing(value):
    """Constants, all missing, the largest floats: an even chance."""
    rows = MixedRows(np.full((50, 2), value), np.zeros((50, 1), int))
    found = domain_classifier(rows, rows)
    assert (found.auc, found.pvalue) == (0.5, 1)
    assert found.contributions.tolist() == [0, 0, 0]


def test_the_largest_floats_are_told_apart():
    """Without a warning; so are more columns than rows."""
    rng = np.random.default_rng(27)
    signs = MixedRows(rng.choice([1e308, -1e308], (60, 90)), np.empty((60, 0), int))
    found = domain_classifier(signs, MixedRows(np.abs(signs.numbers), signs.places))
    assert found.pvalue < 1e-3


def test_wrong_settings_are_refused():
    rows = _rows(np.random.default_rng(28), 50)
    with pytest.raises(ValueError, match="folds is 1"):
        domain_classifier(rows, rows, folds=1)
    with pytest.raises(ValueError, match="different columns"):
        domain_classifier(rows, MixedRows(rows.numbers[:, :1], rows.places))
