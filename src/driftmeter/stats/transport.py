"""How far mass has to move to turn one distribution into another, in the units of the column."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.distances import count_pair


def wasserstein(reference: ArrayLike, live: ArrayLike) -> float:
    """Wasserstein-1 (earth mover's) distance of two samples: the area between their distribution functions.

    NaN is left out. Infinite where an infinity holds unequal shares of the two sides; nan where a side is empty.

    Args:
        reference: values, any shape, in the column's unit.
        live: values, any shape.

    Source: Vallender (1974). Equal to `scipy.stats.wasserstein_distance` on finite values.

    >>> wasserstein([0.0, 1.0, 3.0], [5.0, 6.0, 8.0])
    5.0
    """
    p, q = (np.sort(values[~np.isnan(values)]) for values in _flat(reference, live))
    n, m = p.size, q.size
    if not n or not m:
        return math.nan
    both = np.sort(np.concatenate([p, q]))
    gaps = np.searchsorted(p, both[:-1], side="right") * m - np.searchsorted(q, both[:-1], side="right") * n
    # Not the infinite width beside infinities that both sides share alike, nor what is between two of them.
    moved = (gaps != 0) & (both[:-1] != both[1:])
    start, end = both[:-1][moved], both[1:][moved]
    # Halves, so that two values at opposite ends of the doubles do not overflow before they are weighted.
    share = np.abs(gaps[moved]) / n / m
    with np.errstate(over="ignore"):
        return float(2 * ((end / 2 - start / 2) * share).sum())


def _flat(*samples: ArrayLike) -> list[Floats]:
    return [np.asarray(sample, np.float64).ravel() for sample in samples]


def wasserstein_counts(reference: ArrayLike, live: ArrayLike, edges: ArrayLike) -> float:
    """Wasserstein-1 distance of counts over the same cells, mass taken to sit at the middle of its cell.

    Differs from `wasserstein` of the samples behind the counts by at most the widest cell, as each side's mass is
    at most half a cell from where it is taken to be. Mass below or above the edges has no place: leave
    it out, or clip the samples, before comparing.

    Args:
        reference: counts, shape (C,).
        live: counts over the same cells, shape (C,).
        edges: of the cells, rising, shape (C + 1,), in the column's unit; see `Grid.cell_edges`.

    Raises:
        ValueError: counts that are not 1-D or of unequal length, or another number of edges than C + 1.

    >>> wasserstein_counts([4, 0, 0], [0, 2, 2], [0.0, 1.0, 2.0, 3.0])
    1.5
    """
    p, q = count_pair(reference, live)
    limits = np.asarray(edges, np.float64)
    if limits.shape != (p.size + 1,):
        raise ValueError(f"edges has shape {limits.shape}; {p.size} cells have {p.size + 1} edges")
    return float(wasserstein_of(p, q, np.diff(limits[:-1] / 2 + limits[1:] / 2)))


def wasserstein_of(reference: Floats | Ints, live: Floats | Ints, steps: Floats) -> Floats:
    """Area between the cumulative shares over the last axis, `steps` apart; nan for an empty side."""
    n, m = reference.sum(axis=-1, keepdims=True), live.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        gaps = np.cumsum(reference, axis=-1) / n - np.cumsum(live, axis=-1) / m
    # The last gap is 1 - 1, or nan where a side is empty, even with a single cell.
    area: Floats = (np.abs(gaps[..., :-1]) * steps).sum(axis=-1) + gaps[..., -1]
    return area
