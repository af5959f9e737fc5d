from __future__ import annotations

import numpy as np
import pytest

from driftmeter.drift.scores import VALUES
from driftmeter.drift.tilts import costs, tilts

LAWS = np.array([[0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1], [0.0, 0.0, 0.0, 0.99, 0.0, 0.0, 0.01]])


def test_what_a_row_says_has_mean_one_without_drift():
    """The exponential of it: so no sum reaches h more often than exp(-h) of its looks, whatever the law."""
    slope, cost = tilts(LAWS, (0.25, 0.5, 1.0))
    said = np.exp(slope[..., None] * VALUES - cost[..., None])
    assert (said * LAWS).sum(axis=-1) == pytest.approx(np.ones((6, 2)))


def test_it_has_mean_one_in_every_phase():
    """With one slope for all, and what that costs under the law of each."""
    slope, _ = tilts(LAWS, (0.25,))
    phases = np.stack([LAWS, LAWS[:, ::-1], np.roll(LAWS, 1, axis=1)])
    cost = costs(phases, slope)
    said = np.exp(slope[..., None] * VALUES - cost[..., None])
    assert (said * phases[:, None]).sum(axis=-1) == pytest.approx(np.ones((3, 2, 2)))


def test_a_tilt_holds_the_information_of_a_shift():
    """Half its square, in nats per row, up and down."""
    slope, cost = tilts(LAWS[:1], (0.25, 0.5))
    tilted = LAWS[0] * np.exp(slope[..., None] * VALUES - cost[..., None])
    divergence = (slope * (tilted * VALUES).sum(axis=-1) - cost)[:, 0]
    assert divergence == pytest.approx([0.25**2 / 2] * 2 + [0.5**2 / 2] * 2)
    assert np.sign(slope[:, 0]).tolist() == [1, -1, 1, -1]


def test_a_law_that_cannot_fall_far_is_tilted_as_far_as_it_can():
    """A rare flag: that none comes says little per row, and one that comes speaks against it at once."""
    slope, cost = tilts(LAWS[1:], (1.0,))
    assert -cost[1, 0] == pytest.approx(-np.log(0.99))
    assert slope[1, 0] * 3 - cost[1, 0] < -100
