from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from driftmeter.stats.multivariate import auc

SCORES = st.lists(st.integers(0, 8), min_size=1, max_size=30).map(lambda values: np.array(values, float))


@given(SCORES, SCORES)
def test_the_area_equals_scikit_learn_with_ties(negatives, positives):
    labels = np.repeat([0, 1], [negatives.size, positives.size])
    expected = roc_auc_score(labels, np.concatenate([negatives, positives]))
    assert auc(negatives, positives).value == pytest.approx(expected, abs=1e-12)


@given(SCORES, SCORES)
def test_the_null_law_equals_scipy_with_ties(negatives, positives):
    """Mann and Whitney's, normal limit, without continuity correction."""
    found = auc(negatives, positives)
    if found.null_std == 0:
        assert found.pvalue == 1
        return
    expected = scipy.stats.mannwhitneyu(
        positives, negatives, alternative="greater", method="asymptotic", use_continuity=False
    ).pvalue
    assert found.pvalue == pytest.approx(expected, rel=1e-9)


def test_the_standard_error_is_delongs():
    """From the placements of each score among the other group, by their definition."""
    rng = np.random.default_rng(1)
    negatives, positives = rng.integers(0, 12, 40).astype(float), rng.integers(3, 16, 25).astype(float)
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    expected = wins.mean(axis=1).var(ddof=1) / 25 + wins.mean(axis=0).var(ddof=1) / 40
    assert auc(negatives, positives).std_error == pytest.approx(math.sqrt(expected), rel=1e-12)


def test_the_standard_error_is_the_spread_of_areas():
    """Over two thousand draws of two groups that differ, within 10 %."""
    rng = np.random.default_rng(2)
    found = [auc(rng.normal(size=80), rng.normal(0.8, 2, 50)) for _ in range(2000)]
    assert np.std([area.value for area in found]) == pytest.approx(np.mean([area.std_error for area in found]), rel=0.1)


def test_an_empty_group_has_no_area():
    assert all(map(math.isnan, auc(np.empty(0), np.array([1.0]))))
