"""The last so many of what was appended, column by column: as many bytes as the values have, and no object for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

FIRST_SIZE = 256


class Ring:
    """Parallel columns that overwrite their oldest items; each item keeps its number, counted from the first ever.

    Args:
        most: how many items are kept.
        columns: the type of each column.

    >>> ring = Ring(most=2, minutes="f8")
    >>> ring.append(3, minutes=np.array([7.0, 8.0, 9.0]))
    >>> ring.oldest, ring.next, ring.at("minutes", 2)
    (1, 3, 9.0)

    """

    def __init__(self, most: int, **columns: DTypeLike) -> None:
        self._most = most
        self._columns = {name: np.zeros(min(most, FIRST_SIZE), dtype) for name, dtype in columns.items()}
        self._size = min(most, FIRST_SIZE)
        self.oldest = 0
        """The number of the oldest item; who does not need it any more may raise this, so that less is kept."""
        self.next = 0
        """The number of the next item."""

    def append(self, count: int, **values: object) -> None:
        """Add `count` items: an array, or one value for all, to each column."""
        kept = min(count, self._most)
        self.next += count - kept
        self._grow(min(self._most, self.next + kept - self.oldest))
        for name, given in values.items():
            self._write(self._columns[name], given[count - kept :] if isinstance(given, np.ndarray) else given, kept)
        self.next += kept
        self.oldest = max(self.oldest, self.next - self._most)

    def at(self, name: str, number: int) -> Any:
        """One value of an item that is still there, as a plain object."""
        return self._columns[name].item(number % self._size)

    def since(self, name: str, number: int) -> NDArray[Any]:
        """A column's values from this item on."""
        if self.next == number:
            return self._columns[name][:0]
        start, end = number % self._size, (self.next - 1) % self._size + 1
        column = self._columns[name]
        return column[start:end] if start < end else np.concatenate((column[start:], column[:end]))

    def _write(self, column: NDArray[Any], given: Any, count: int) -> None:
        start = self.next % self._size
        if start + count <= self._size:
            column[start : start + count] = given
            return
        first, each = self._size - start, isinstance(given, np.ndarray)
        column[start:] = given[:first] if each else given
        column[: count - first] = given[first:] if each else given

    def _grow(self, needed: int) -> None:
        if needed <= self._size:
            return
        size = min(self._most, max(needed, 2 * self._size))
        numbers = np.arange(self.oldest, self.next)
        for name, column in self._columns.items():
            larger = np.zeros(size, column.dtype)
            larger[numbers % size] = column[numbers % self._size]
            self._columns[name] = larger
        self._size = size
