from __future__ import annotations

import random

import numpy as np

from driftmeter.stats.detectors.draws import REMEMBERED, Draws


def _expected(count: int) -> np.ndarray:
    generator = random.Random(11)
    return np.array([generator.sample(range(9), 2) for _ in range(count)])


def test_samples_go_on_beyond_those_remembered():
    draws, expected = Draws(11, 9, 2), _expected(REMEMBERED + 50)
    taken = [draws.take(count) for count in (1, REMEMBERED - 11, 20, 1, 39)]
    assert np.array_equal(np.concatenate(taken), expected)


def test_samplers_of_one_seed_do_not_disturb_each_other():
    one, other, expected = Draws(11, 9, 2), Draws(11, 9, 2), _expected(REMEMBERED + 5)
    one.take(REMEMBERED + 3)
    assert np.array_equal(other.take(REMEMBERED + 5), expected)
    assert np.array_equal(one.take(2), expected[-2:])
