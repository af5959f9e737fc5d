"""A ring of panes: counts of the last so many panes, kept as one running total."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class PaneRing:
    """The sum of the counts of the newest `panes` panes; an expired pane is subtracted.

    Panes are numbered; a pane without rows is an empty pane. The law: `total` is the sum of all counts ever added to
    a pane that is still inside.

    Args:
        panes: how many panes the ring holds, at least 1.
        size: length of the count vectors.

    >>> ring = PaneRing(panes=2, size=1)
    >>> for pane in (7, 8, 9):
    ...     _ = ring.add(pane, np.array([pane]))
    >>> ring.total.tolist()
    [17]

    """

    __slots__ = ("_panes", "newest", "total")

    newest: int | None
    """Number of the newest pane, None before the first."""
    total: Counts

    def __init__(self, panes: int, size: int) -> None:
        self._panes: Counts = np.zeros((panes, size), np.int64)
        self.total = np.zeros(size, np.int64)
        self.newest = None

    def advance(self, pane: int) -> None:
        """Make this pane the newest, if it is newer; the panes that leave the ring are subtracted."""
        if self.newest is None:
            self.newest = pane
        held = len(self._panes)
        if pane - self.newest >= held:
            self._panes[:] = 0
            self.total[:] = 0
            self.newest = pane
        while self.newest < pane:
            self.newest += 1
            slot = self._panes[self.newest % held]
            self.total -= slot
            slot[:] = 0

    def add(self, pane: int, counts: Counts) -> bool:
        """Add counts to a pane, the newest or a late one; False when it has left the ring already."""
        self.advance(pane)
        assert self.newest is not None
        if pane <= self.newest - len(self._panes):
            return False
        self._panes[pane % len(self._panes)] += counts
        self.total += counts
        return True
