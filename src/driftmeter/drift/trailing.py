"""A ring of panes that also keeps the window before: the panes that left, for as long again."""

from __future__ import annotations

from driftmeter.drift.ring import PaneRing


class TrailingRing(PaneRing):
    """A `PaneRing` whose expired panes move to a second ring, `behind`, instead of being forgotten.

    The law: `behind.total` is the sum of all counts ever added to a pane that is among the `panes` panes before
    `total`'s; so the window before ends exactly where this one begins.

    Args:
        panes: how many panes each of the two rings holds, at least 1.
        size: length of the count vectors.
        head: how many of the first counts have a running total.

    >>> import numpy as np
    >>> ring = TrailingRing(panes=2, size=1, head=1)
    >>> for pane in (7, 8, 9):
    ...     _ = ring.add(pane, np.array([pane]))
    >>> ring.total.tolist(), ring.behind.total.tolist()
    ([17], [7])

    """

    __slots__ = ("behind",)

    def __init__(self, panes: int, size: int, head: int) -> None:
        super().__init__(panes, size, head)
        self.behind = PaneRing(panes, size, head)

    def advance(self, pane: int) -> None:
        """Make this pane the newest, if it is newer; the panes that leave the ring move behind."""
        held = len(self._panes)
        if self.newest is not None and pane > self.newest:
            for leaving in range(self.newest - held + 1, min(self.newest, pane - held) + 1):
                if (counts := self._panes[leaving % held]) is not None:
                    self.behind.add(leaving, counts)
            self.behind.advance(pane - held)
        super().advance(pane)
