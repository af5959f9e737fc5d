"""Alternatives to a law of scores: the same law, tilted so far up or down that rows tell so much of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.scores import VALUES

_HALVINGS: Final = 60
_STEEPEST: Final = 60.0


class Tilts(NamedTuple):
    """Exponential tilts of F laws, T of each, arrays of shape (T, F).

    A row of score s speaks for a tilt with slope x s - cost nats; the mean of exp of that is 1 under the law itself.
    """

    slope: Floats
    cost: Floats


def tilts(laws: Floats, shifts: tuple[float, ...]) -> Tilts:
    """Tilts up and down which hold as much information per row as shifts of the mean of a normal column.

    A shift by d standard deviations has a Kullback-Leibler divergence of d^2/2 nats from what was before. A law that
    cannot be tilted so far, since all its rows have its highest score already, is tilted as far as it can be.

    Args:
        laws: shares of the scores, shape (F, 7).
        shifts: in standard deviations.

    >>> found = tilts(np.array([[0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1]]), (0.5,))
    >>> found.slope.round(3).tolist(), found.cost.round(3).tolist()
    ([[0.296], [-0.296]], [[0.129], [0.129]])

    """
    wanted = np.repeat(np.array(shifts) ** 2 / 2, 2)[:, None]
    signs = np.tile([1.0, -1.0], len(shifts))[:, None]
    low = np.zeros((wanted.size, len(laws)))
    high = np.full(low.shape, _STEEPEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        mean, cost = _tilted(laws, signs * middle)
        enough = signs * middle * mean - cost >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    slope = signs * low
    return Tilts(slope, _tilted(laws, slope)[1])


def costs(laws: Floats, slope: Floats) -> Floats:
    """What T tilts of given slopes cost under P laws of each of F columns, shape (P, T, F).

    Args:
        laws: shares of the scores, shape (P, F, 7).
        slope: of the tilts, shape (T, F).

    """
    return _tilted(laws[:, None], slope)[1]


def _tilted(laws: Floats, slope: Floats) -> tuple[Floats, Floats]:
    """Mean score of the tilted laws, and the logarithm of what their shares added up to."""
    raised = slope[..., None] * VALUES
    top = raised.max(axis=-1, keepdims=True)
    weights = laws * np.exp(raised - top)
    total = weights.sum(axis=-1)
    return (weights * VALUES).sum(axis=-1) / total, np.log(total) + top[..., 0]
