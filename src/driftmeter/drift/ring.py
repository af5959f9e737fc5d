"""A ring of panes: counts of the last so many panes, of which a part is kept as one running total."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class Held:
    """The counts of a window at one moment: what alarms are judged by at hand, all of them added up for who asks.

    Args:
        head: the first counts of the vectors, added up.
        panes: whole vectors, which nobody changes any more.
        size: length of the whole vectors.

    >>> held = Held(np.array([0, 3]), [np.array([0, 1, 5]), np.array([0, 2, 0])], 3).after(1)
    >>> held.head.tolist(), held.whole().tolist()
    ([3], [3, 5])

    """

    __slots__ = ("_panes", "_size", "head")

    def __init__(self, head: Counts, panes: Sequence[Counts], size: int) -> None:
        self.head, self._panes, self._size = head, panes, size

    def after(self, start: int) -> Held:
        """The same without the first counts."""
        return Held(self.head[start:], self._panes, self._size - start)

    def whole(self) -> Counts:
        """The counts of all panes together, computed anew."""
        total = np.zeros(self._size, np.int64)
        for pane in self._panes:
            total += pane[pane.size - self._size :]
        return total


class PaneRing:
    """The counts of the newest `panes` panes; an expired pane is forgotten.

    Panes are numbered; a pane without rows is an empty pane. The law: `total` is the sum of all counts ever added to
    a pane that is still inside, and `head` is the beginning of it. Fine cells are many and seldom asked for, so that
    only what comes before them is kept as a running total.

    Counts that were added, and those of a pane that was held, are never written to.

    Args:
        panes: how many panes the ring holds, at least 1.
        size: length of the count vectors.
        head: how many of the first counts have a running total.

    >>> ring = PaneRing(panes=2, size=2, head=1)
    >>> for pane in (7, 8, 9):
    ...     _ = ring.add(pane, np.array([pane, 1]))
    >>> ring.head.tolist(), ring.total.tolist()
    ([17], [17, 2])

    """

    __slots__ = ("_own", "_panes", "_size", "head", "newest")

    head: Counts
    """Changes with each addition."""
    newest: int | None
    """Number of the newest pane, None before the first."""

    def __init__(self, panes: int, size: int, head: int) -> None:
        self._panes: list[Counts | None] = [None] * panes
        self._size = size
        self._own = False
        self.head = np.zeros(head, np.int64)
        self.newest = None

    @property
    def total(self) -> Counts:
        """The sum over all panes, computed anew."""
        return self.held().whole()

    def held(self) -> Held:
        """The ring as it stands."""
        self._own = False
        return Held(self.head.copy(), [pane for pane in self._panes if pane is not None], self._size)

    def advance(self, pane: int) -> None:
        """Make this pane the newest, if it is newer; the panes that leave the ring are subtracted."""
        if self.newest is None:
            self.newest = pane
        held = len(self._panes)
        for passed in range(self.newest + 1, min(self.newest + held, pane) + 1):
            leaving, self._panes[passed % held] = self._panes[passed % held], None
            if leaving is not None:
                self.head -= leaving[: self.head.size]
        if pane > self.newest:
            self.newest, self._own = pane, False

    def add(self, pane: int, counts: Counts) -> bool:
        """Add counts to a pane, the newest or a late one; False when it has left the ring already."""
        self.advance(pane)
        assert self.newest is not None
        if pane <= self.newest - len(self._panes):
            return False
        slot = pane % len(self._panes)
        before = self._panes[slot]
        if before is None:
            self._panes[slot] = counts
        elif self._own and pane == self.newest:
            before += counts
        else:
            self._panes[slot] = before + counts
            self._own = self._own or pane == self.newest
        self.head += counts[: self.head.size]
        return True
