from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from driftmeter.stats.detectors import KSWIN
from driftmeter.stats.detectors.kswin import _smallest_gap


@pytest.mark.parametrize("size", [7, 8, 30, 100])
@pytest.mark.parametrize("alpha", [0.2, 0.02, 0.005])
def test_an_alarm_needs_the_smallest_distance_that_scipy_finds_sure_enough(size, alpha):
    limit = _smallest_gap(alpha, size)
    still, gap = np.arange(size), np.arange(size) + limit - 0.5
    assert scipy.stats.ks_2samp(still, gap, method="exact").pvalue <= alpha
    assert scipy.stats.ks_2samp(still, gap - 1, method="exact").pvalue > alpha


def test_a_change_of_spread_alone_is_found():
    rng = np.random.default_rng(3)
    stream = np.concatenate([rng.normal(0, 1, 400), rng.normal(0, 20, 60)])
    alarms = KSWIN(alpha=1e-5).update_many(stream)
    assert 400 < alarms[0] < 460


def test_each_seed_has_its_own_false_alarms():
    stream = np.random.default_rng(3).normal(size=4_000)
    first, again, other = (KSWIN(alpha=0.02, seed=seed).update_many(stream).tolist() for seed in (1, 1, 2))
    assert first == again != other
