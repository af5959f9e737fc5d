from __future__ import annotations

import numpy as np
import pytest

from driftmeter.stats.detectors.cuts import cut_places, cuts


def _joined_one_by_one(size: int, per_level: int) -> list[int]:
    """Ends of the buckets, each value and each joining made in turn."""
    levels: list[list[int]] = [[]]
    for value in range(size):
        levels[0].append(value + 1)
        for i, level in enumerate(levels):
            if len(level) <= per_level:
                break
            if i + 1 == len(levels):
                levels.append([])
            levels[i + 1].append(level[1])
            del level[:2]
    return [end for level in reversed(levels) for end in level]


@pytest.mark.parametrize("per_level", [2, 3, 5, 8])
def test_cuts_lie_where_joining_buckets_one_by_one_leaves_them(per_level):
    sizes = np.arange(1, 300)
    together = cuts(sizes, per_level)
    for column, size in enumerate(sizes.tolist()):
        expected = _joined_one_by_one(size, per_level)
        assert cut_places(size, per_level) == expected
        assert together.places[together.valid[:, column], column].tolist() == expected


@pytest.mark.parametrize("per_level", [2, 5])
def test_a_window_that_grows_only_loses_cuts(per_level):
    """So the sums at the cuts of today are all that tomorrow needs."""
    for size in range(1, 400):
        before = set(cut_places(size, per_level))
        assert {place for place in cut_places(size + 17, per_level) if place <= size} <= before


def test_memory_grows_with_the_logarithm_of_the_window():
    assert len(cut_places(10**9, 5)) < 5 * 30
