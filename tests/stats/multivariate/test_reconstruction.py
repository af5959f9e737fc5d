from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from driftmeter.stats import ks
from driftmeter.stats.multivariate import PcaProjection, ReconstructionLaw, reconstruction_drift
from driftmeter.stats.multivariate.reconstruction import natural_variance, window_means

ALPHA = 0.05


def _bounds(trials):
    """Where the number of false alarms lies with probability 0.9999 at rate ALPHA."""
    return scipy.stats.binom.interval(0.9999, trials, ALPHA)


def _correlated(rng, rows, angle=0.0):
    """Two columns with variance 1 and correlation 0.8; turned by a quarter, with -0.8: the margins stay the same."""
    covariance = np.array([[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]])
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    return rng.multivariate_normal(np.zeros(3), turn @ covariance @ turn.T, rows)


def _law(projection, reference):
    errors = projection.reconstruction_error(reference)
    return ReconstructionLaw(float(errors.mean()), float(errors.std()), errors.size)


@pytest.mark.slow
def test_false_alarms_are_as_frequent_as_stated():
    """A thousand pairs of reference and window without drift, at 5 %."""
    rng, trials, alarms = np.random.default_rng(2), 1000, 0
    for _ in range(trials):
        reference, live = _correlated(rng, 2000), _correlated(rng, 400)
        projection = PcaProjection.fit(reference)
        error = float(projection.reconstruction_error(live).mean())
        alarms += reconstruction_drift(error, 400, _law(projection, reference)).pvalue < ALPHA
    low, high = _bounds(trials)
    assert low <= alarms <= high


def test_a_turned_covariance_is_found_though_no_column_moved():
    """Univariate tests see nothing at all."""
    rng = np.random.default_rng(3)
    reference, live = _correlated(rng, 5000), _correlated(rng, 500, angle=math.pi / 2)
    projection = PcaProjection.fit(reference, components=2)
    found = reconstruction_drift(float(projection.reconstruction_error(live).mean()), 500, _law(projection, reference))
    assert found.pvalue < 1e-12
    assert found.z > 0
    assert all(ks(reference[:, j], live[:, j]).pvalue > 0.01 for j in range(3))


def test_natural_variance_holds_alarms_where_windows_differ_by_themselves():
    """Windows whose mean moves by chance: without natural variance most of them alarm, with it as many as stated."""
    rng, trials, window = np.random.default_rng(4), 2000, 500
    moves = np.repeat(rng.normal(0, 0.2, 200), window)
    errors = rng.gamma(1, 1, 200 * window) + moves
    means, _ = window_means(errors, window)
    within = float(errors.reshape(200, window).std(axis=1).mean())
    law = ReconstructionLaw(float(errors.mean()), within, errors.size)
    wide = law._replace(natural=natural_variance(means, within**2 / window))
    lives = [float(rng.gamma(1, 1, window).mean() + rng.normal(0, 0.2)) for _ in range(trials)]
    assert np.mean([reconstruction_drift(error, window, law).pvalue < ALPHA for error in lives]) > 0.5
    held = np.mean([reconstruction_drift(error, window, wide).pvalue < ALPHA for error in lives])
    assert 0.5 * ALPHA < held < 1.6 * ALPHA


def test_natural_variance_is_near_zero_for_rows_at_random():
    means, rows = window_means(np.random.default_rng(5).normal(size=100_000), 500)
    assert rows.tolist() == [500] * 200
    assert natural_variance(means, 1 / 500) < 0.2 / 500


def test_nothing_can_be_said_without_rows():
    law = ReconstructionLaw(1.0, 1.0, 100)
    assert math.isnan(reconstruction_drift(1.0, 0, law).pvalue)
    assert math.isnan(reconstruction_drift(1.0, 5, law._replace(rows=0)).pvalue)
    assert natural_variance(np.array([1.0]), 0.1) == 0


@pytest.mark.parametrize(("error", "z", "pvalue"), [(0.0, 0, 1), (0.5, math.inf, 0)])
def test_an_error_that_never_varied_is_certain_drift_when_it_does(error, z, pvalue):
    """A reference in which one column determines the others."""
    assert reconstruction_drift(error, 100, ReconstructionLaw(0.0, 0.0, 100)) == (error, z, pvalue)
