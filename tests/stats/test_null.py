from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from driftmeter.stats import by_column, psi_excess, psi_threshold
from driftmeter.stats.null import ks_threshold, psi_pvalue


def test_psi_threshold_is_the_scaled_chi_square_quantile():
    expected = (1 / 5000 + 1 / 700) * scipy.stats.chi2.isf(1e-6, 19)
    assert psi_threshold(5000, 700, 20, 1e-6) == pytest.approx(expected, rel=1e-12)


def test_psi_exceeds_its_threshold_as_often_as_stated():
    """Twenty thousand windows without drift, 10 uniform bins: the observed rate, within 4 standard errors."""
    rng = np.random.default_rng(1)
    windows, alpha, n, m, bins = 20_000, 0.05, 20_000, 2_000, 10
    reference = rng.multinomial(n, np.full(bins, 0.1), size=windows)
    live = rng.multinomial(m, np.full(bins, 0.1), size=windows)
    values = by_column.Bins(reference).beside(live).psi()
    rate = np.mean(values > psi_threshold(n, m, bins, alpha))
    assert abs(rate - alpha) < 4 * math.sqrt(alpha * (1 - alpha) / windows)
    excess = np.asarray(psi_excess(values, n, m, bins))
    assert abs(excess.mean()) < 4 * excess.std() / math.sqrt(windows) + 1e-5


def test_ks_exceeds_its_threshold_no_more_often_than_stated():
    rng = np.random.default_rng(2)
    windows, alpha, n, m = 4_000, 0.05, 2_000, 500
    uniform = np.full(1024, 1 / 1024)
    reference = by_column.Cells(rng.multinomial(n, uniform, size=windows), np.ones(windows))
    found = reference.compare(rng.multinomial(m, uniform, size=windows))
    rate = np.mean(found.ks > ks_threshold(n, m, alpha))
    assert 0.5 * alpha < rate < alpha + 4 * math.sqrt(alpha / windows)


def test_the_pvalue_of_the_threshold_is_its_alpha():
    for alpha in (0.5, 1e-3, 1e-30, 1e-300):
        threshold = psi_threshold(5000, 700, 20, alpha)
        assert psi_pvalue(threshold, 5000, 700, 20) == pytest.approx(alpha, rel=1e-11)


def test_null_laws_take_a_number_per_column():
    live, bins = np.array([100, 1000, 100]), np.array([5, 20, 5])
    thresholds = psi_threshold(5000, live, bins, 0.01)
    excess = psi_excess(np.array([0.1, 0.2, 0.3]), 5000, live, bins)
    for j in range(3):
        assert thresholds[j] == psi_threshold(5000, int(live[j]), int(bins[j]), 0.01)
        assert excess[j] == psi_excess((j + 1) / 10, 5000, int(live[j]), int(bins[j]))
    assert ks_threshold(5000, live, 0.01).shape == (3,)


def test_an_empty_window_can_never_alarm():
    assert psi_threshold(5000, 0, 10, 0.01) == math.inf
    assert ks_threshold(5000, 0, 0.01) == math.inf
    assert psi_excess(3.0, 5000, 0, 10) == -math.inf
    assert psi_pvalue(3.0, 5000, 0, 10) == 1


def test_a_single_bin_has_no_spread():
    assert psi_threshold(5000, 100, 1, 0.01) == 0
    assert psi_excess(0.0, 5000, 0, 1) == 0


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="bins is 0"):
        psi_threshold(10, 10, 0, 0.05)
    with pytest.raises(ValueError, match="alpha is 1"):
        psi_threshold(10, 10, 5, 1)
