from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.detectors.climb import Climb

steps = st.lists(st.floats(-10, 10), min_size=1, max_size=60)


@given(steps)
def test_a_sum_that_does_not_fade_climbs_by_pages_recurrence(steps):
    climb, height = Climb(1.0, 0.0), 0.0
    for step in steps:
        height = max(0.0, height + step)
        assert climb.step(step) == pytest.approx(height, abs=1e-12)


@given(steps, st.sampled_from([1e-30, 0.01, 0.5, 0.9, 0.9999, 1.0]))
def test_a_fading_sum_climbs_above_its_lowest_point(steps, keep):
    climb, total, lowest = Climb(keep, math.inf), 0.0, math.inf
    for step in steps:
        total = keep * total + step
        lowest = min(lowest, total)
        assert climb.step(step) == pytest.approx(total - lowest, abs=1e-11)


@pytest.mark.parametrize("keep", [0.3, 0.999, 1.0])
def test_arrays_climb_to_the_bit_as_single_steps(keep):
    values = np.random.default_rng(1).normal(size=10_000)
    one, many = Climb(keep, 0.0), Climb(keep, 0.0)
    expected = [one.step(x) for x in values.tolist()]
    found: list[float] = []
    while len(found) < values.size:
        heights = many.heights(values[len(found) : len(found) + min(many.room(), 777)])
        many.settle(heights, heights.heights.size - 1)
        found += heights.heights.tolist()
    assert found == expected


def test_a_long_descent_costs_no_precision():
    """After a fall to -1e12 a plain sum could no longer tell thousandths."""
    climb = Climb(1.0, 0.0)
    for _ in range(100):
        heights = climb.heights(np.full(climb.room(), -2.5e6))
        climb.settle(heights, heights.heights.size - 1)
    assert climb.step(0.001) == 0.001
