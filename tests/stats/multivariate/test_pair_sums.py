from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftmeter.stats.multivariate import PairSums
from driftmeter.stats.multivariate.pair_sums import POWERS

GRADES = st.one_of(st.integers(-100, 100).map(float), st.just(np.nan))
ROWS = st.integers(0, 30).flatmap(lambda rows: arrays(np.float64, (rows, 3), elements=GRADES))


@given(ROWS, st.integers(0, 30))
def test_parts_add_to_the_whole_and_can_be_taken_out_again(grades, cut):
    """Exactly, in any order, with missing values."""
    whole, first, second = PairSums.of(grades), PairSums.of(grades[:cut]), PairSums.of(grades[cut:])
    assert first + second == whole == second + first
    assert whole - first == second
    assert whole - whole == PairSums.empty(3)


@given(ROWS)
def test_any_grades_have_correlations_without_a_warning(grades):
    """Of no rows, one row, constants and columns without any value: NaN; else within [-1, 1], symmetric."""
    sums = PairSums.of(grades)
    correlation, variance = sums.correlation(), sums.fisher_variance()
    assert np.array_equal(correlation, correlation.T, equal_nan=True)
    assert np.array_equal(np.isnan(correlation), np.isnan(variance))
    assert (np.abs(correlation[~np.isnan(correlation)]) <= 1).all()
    assert (variance[~np.isnan(variance)] >= 0).all()
    sums.covariance()


def _holed(rng, rows):
    latent = rng.normal(size=(rows, 1))
    grades = np.clip(np.rint(40 * (latent + rng.normal(size=(rows, 4)))), -100, 100)
    grades[rng.random(grades.shape) < 0.1] = np.nan
    return grades


def test_correlations_are_pearsons_over_rows_that_have_both():
    """Equal to pandas, to 1e-12; more rows than one matrix product takes."""
    grades = _holed(np.random.default_rng(1), 20_000)
    assert PairSums.of(grades).correlation() == pytest.approx(pd.DataFrame(grades).corr().to_numpy(), abs=1e-12)


def test_the_variance_of_artanh_is_that_of_its_influence():
    """Fourth moments from sums equal those from the rows themselves, and the rows' jackknife."""
    grades = np.nan_to_num(_holed(np.random.default_rng(2), 3000))
    x, y = grades[:, 0], grades[:, 1]
    r = np.corrcoef(x, y)[0, 1]
    u, v = scipy.stats.zscore(x), scipy.stats.zscore(y)
    expected = np.mean(np.square(u * v - r * (u**2 + v**2) / 2)) / (1 - r**2) ** 2
    assert PairSums.of(grades).fisher_variance()[0, 1] == pytest.approx(expected, rel=1e-9)
    without_one = [np.arctanh(np.corrcoef(np.delete(x, k), np.delete(y, k))[0, 1]) for k in range(300)]
    assert 2999**2 * np.var(without_one) == pytest.approx(expected, rel=0.35)


def test_normal_columns_have_fishers_variance():
    """1, whatever the correlation."""
    rng = np.random.default_rng(3)
    rows = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200_000)
    grades = np.clip(np.rint(rows * 22), -100, 100)
    assert PairSums.of(grades).fisher_variance()[0, 1] == pytest.approx(1, abs=0.02)


def test_the_covariance_takes_missing_values_for_the_mean():
    grades = _holed(np.random.default_rng(4), 1000)
    mean, covariance = PairSums.of(grades).covariance()
    filled = np.where(np.isnan(grades), np.nanmean(grades, axis=0), grades)
    rows = int(PairSums.of(grades).rows.max())
    assert mean == pytest.approx(np.nanmean(grades, axis=0), rel=1e-12)
    assert covariance == pytest.approx(np.cov(filled.T, ddof=0) * 1000 / rows, rel=1e-9)


@pytest.mark.parametrize("value", [0.5, 101, np.inf])
def test_values_that_are_no_grades_are_refused(value):
    """Their sums would not be exact."""
    with pytest.raises(ValueError, match="no grades"):
        PairSums.of(np.array([[value]]))


@pytest.mark.parametrize("missing", [False, True])
def test_second_moments_alone_give_the_same_correlations_and_products(missing):
    """The higher sums are left at 0; they add and are taken away as all others."""
    rng = np.random.default_rng(4)
    grades = rng.integers(-100, 101, (3000, 5)).astype(float)
    if missing:
        grades[rng.random(grades.shape) < 0.1] = np.nan
    whole, second = PairSums.of(grades), PairSums.of(grades[:1000], order=2) + PairSums.of(grades[1000:], order=2)
    np.testing.assert_array_equal(second.correlation(), whole.correlation())
    np.testing.assert_array_equal(second.products_about(np.ones(5)), whole.products_about(np.ones(5)))
    assert second - PairSums.of(grades[:1000], order=2) == PairSums.of(grades[1000:], order=2)
    kept = [place for place, powers in enumerate(POWERS) if sum(powers) <= 2]
    assert np.flatnonzero(second.sums.any(axis=(1, 2))).tolist() == kept
