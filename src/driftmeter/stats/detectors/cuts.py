"""Where a growing window can be cut: at places that thin out, by powers of two, with their age."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from driftmeter.stats.arrays import Bools, Ints


class Cuts(NamedTuple):
    """Places to cut each of T windows, as numbers of values before the cut; oldest first, the last is the end."""

    places: Ints
    """Shape (C, T)."""

    valid: Bools
    """Which of them exist, shape (C, T)."""


def cut_places(size: int, per_level: int) -> list[int]:
    """The cuts of one window, as `cuts` has them, oldest first.

    >>> cut_places(12, 3)
    [4, 6, 8, 10, 11, 12]
    """
    places: list[int] = []
    came, width = size, 1
    while came:
        joined = max(0, (came - per_level + 1) // 2)
        places[:0] = range((2 * joined + 1) * width, (came + 1) * width, width)
        came, width = joined, 2 * width
    return places


def cuts(sizes: Ints, per_level: int) -> Cuts:
    """The cuts of windows of the given sizes, each grown value by value.

    Values are held in buckets of 1, 2, 4, ...; as soon as there are more than `per_level` of a size, the two oldest
    of these are joined (exponential histogram, Datar et al. 2002). When nothing is ever dropped, where the buckets
    end follows from the number of values alone: of r buckets of one size that ever came, max(0, (r - per_level
    + 1) // 2) pairs have been joined, and these are the buckets of the next size that ever came.

    Args:
        sizes: values in each window, shape (T,).
        per_level: buckets of one size at most (the paper's M), >= 2.

    >>> kept = cuts(np.array([12]), 3)
    >>> kept.places[kept.valid]
    array([ 4,  6,  8, 10, 11, 12])
    """
    came = [sizes]
    while came[-1].any():
        came.append(np.maximum((came[-1] - per_level + 1) // 2, 0))
    received = np.array(came[::-1])  # largest buckets first
    joined, own = received[:-1], received[1:] - 2 * received[:-1]
    width = 1 << np.arange(len(joined))[::-1]
    step = np.arange(1, per_level + 1)
    places = (2 * width[:, None] * joined)[:, None, :] + (width[:, None] * step)[:, :, None]
    valid = step[:, None] <= own[:, None, :]
    shape = (len(joined) * per_level, sizes.size)
    return Cuts(places.reshape(shape), valid.reshape(shape))
