"""Finding items of a ring by a key, without an object for each: most are sorted, the latest are looked through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from driftmeter.decay.ring import Ring

LEAST_UNSORTED = 1024
SHARE_UNSORTED = 8
"""An eighth is looked through: larger parts make a search slow, smaller ones are merged too often."""


class Finder:
    """Finds items by a column of numbers that are as good as random; nothing is sorted before somebody asks.

    Args:
        ring: where the items are.
        column: the name of its column of unsigned 64-bit keys.

    """

    def __init__(self, ring: Ring, column: str) -> None:
        self._ring = ring
        self._column = column
        self._keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        self._end = 0
        """The number of the first item that is not sorted."""

    def find(self, key: int) -> Iterator[int]:
        """The numbers of the items that have this key, the latest first."""
        unsorted = self._ring.next - max(self._end, self._ring.oldest)
        if unsorted > max(LEAST_UNSORTED, len(self._keys) // SHARE_UNSORTED):
            self._sort()
        oldest, wanted = self._ring.oldest, np.uint64(key)
        if (start := max(self._end, oldest)) < self._ring.next:
            found = np.flatnonzero(self._ring.since(self._column, start) == wanted)
            yield from (found[::-1] + start).tolist()
        first, last = self._keys.searchsorted(wanted, "left"), self._keys.searchsorted(wanted, "right")
        yield from (number for number in self._numbers[first:last][::-1].tolist() if number >= oldest)

    def _sort(self) -> None:
        ring, live = self._ring, self._numbers >= self._ring.oldest
        start = max(self._end, ring.oldest)
        keys = np.concatenate((self._keys[live], ring.since(self._column, start)))
        numbers = np.concatenate((self._numbers[live], np.arange(start, ring.next)))
        order = keys.argsort(kind="stable")  # which keeps equal keys in their order, and is quick where most is sorted
        self._keys, self._numbers, self._end = keys[order], numbers[order], ring.next
