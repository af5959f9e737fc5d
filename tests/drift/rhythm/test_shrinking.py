"""What phases are expected to look like."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftmeter.drift.rhythm.shrinking import Mixtures, shrunk

RNG = np.random.default_rng(3)


def test_phases_that_differ_by_chance_alone_are_the_whole():
    """On the mean of many draws next to nothing of their chance is kept, and they are worth nearly all rows."""
    kept, worth = [], []
    for _ in range(50):
        phases = shrunk(RNG.multinomial(40, np.full(10, 0.1), size=168))
        kept.append(np.abs(phases.shares - phases.shares.mean(axis=0)).max())
        worth.append(_worth(phases, np.eye(168)[0]) / phases.rows.sum())
    assert np.mean(kept) < 0.02
    assert np.median(worth) > 0.1


def test_phases_that_differ_keep_their_own_shares():
    """Of a strong rhythm nearly nothing is borrowed."""
    truth = RNG.dirichlet(np.full(10, 2.0), size=24)
    phases = shrunk(np.array([RNG.multinomial(2000, p) for p in truth]))
    assert np.abs(phases.shares - truth).max() < 0.05
    assert phases.borrowed < 50


def test_a_shrunk_share_is_nearer_to_the_truth_than_its_own():
    """In the mean over phases with few rows."""
    truth = np.array([0.5, 0.3, 0.2]) + 0.05 * RNG.uniform(-1, 1, (168, 1)) * np.array([1, -1, 0])
    own, found = [], []
    for _ in range(20):
        counts = np.array([RNG.multinomial(30, p) for p in truth])
        own.append(np.square(counts / 30 - truth).sum())
        found.append(np.square(shrunk(counts).shares - truth).sum())
    assert np.mean(found) < 0.5 * np.mean(own)


def test_effective_rows_tell_how_far_off_the_mean_of_phases_is():
    """In the mean over rhythms, its error is that of as many independent rows."""
    rows, weights = RNG.integers(30, 400, size=24), np.r_[0.5, 0.3, 0.2, np.zeros(21)]
    missed, promised = [], []
    for _ in range(1500):
        truth = RNG.dirichlet(np.full(4, 20.0), size=24)
        phases = shrunk(np.array([RNG.multinomial(m, p) for m, p in zip(rows, truth, strict=True)]))
        missed.append(np.square(weights @ (phases.shares - truth)).sum())
        promised.append((weights @ (truth * (1 - truth))).sum() / _worth(phases, weights))
    assert np.mean(missed) == pytest.approx(np.mean(promised), rel=0.15)


@pytest.mark.parametrize("counts", [[[0, 0]] * 12, [[5, 0]] * 12, [[5, 3], *[[0, 0]] * 11], [[1, 0], *[[0, 0]] * 11]])
def test_profiles_with_next_to_nothing_are_defined(counts):
    """No rows, one value, one phase, one row: finite shares, no warning."""
    phases = shrunk(np.array(counts))
    assert np.isfinite(phases.shares).all()
    assert math.isfinite(_worth(phases, np.full(12, 1 / 12)))
    assert 0 <= phases.leverage(phases.rows) <= 1


def _worth(phases, weights):
    return float(Mixtures([phases]).effective_rows(weights)[0])
