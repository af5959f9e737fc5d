from __future__ import annotations

import math

import numpy as np
import pytest

from driftmeter.stats.detectors import CUSUM


@pytest.mark.slow
@pytest.mark.parametrize(
    ("h", "shift", "known"),
    [
        (4, 0.0, 168),
        (4, 0.5, 26.6),
        (4, 1.0, 8.38),
        (4, 2.0, 3.34),
        (5, 0.0, 465),
        (5, 0.5, 38.0),
        (5, 1.0, 10.4),
        (5, -1.0, 10.4),
        (5, 2.0, 4.01),
    ],
)
def test_the_mean_time_to_an_alarm_is_that_of_the_published_table(h, shift, known):
    """Montgomery's table for k = 0.5, within 4 standard errors of 2,000 runs and the table's own rounding."""
    stream = np.random.default_rng(h).normal(shift, 1, int(2_000 * known))
    runs = np.diff(CUSUM(k=0.5, h=h, mean=0.0, std=1.0).update_many(stream), prepend=-1)
    rounding = known * 0.003
    assert runs.size > 1_800
    assert abs(runs.mean() - known) < 4 * runs.std() / math.sqrt(runs.size) + rounding


def test_a_warm_up_learns_mean_and_standard_deviation():
    """The same alarms as with both given, later by the warm-up, and never within it."""
    rng = np.random.default_rng(6)
    calm = rng.normal(50, 7, 100)
    stream = rng.normal(50 + 7 * (np.arange(400) > 200), 7)
    known = CUSUM(mean=calm.mean(), std=calm.std(ddof=1)).update_many(stream)
    learnt = CUSUM(warmup=100).update_many(np.concatenate([calm, stream]))
    assert learnt[0] == 100 + known[0]
    assert np.diff(learnt).min() > 100


def test_the_first_value_unlike_a_constant_warm_up_is_an_alarm():
    detector = CUSUM()
    assert detector.update_many([0.1] * 5_000 + [0.1000001] + [0.1] * 50).tolist() == [5_000]


def test_scale_and_place_change_nothing():
    stream = np.random.default_rng(8).normal(np.arange(1_000) > 500, 1)
    assert CUSUM().update_many(stream * 1024 + 2**20).tolist() == CUSUM().update_many(stream).tolist()
