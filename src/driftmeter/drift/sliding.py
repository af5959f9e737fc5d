"""Windows at work: which rows of a batch belong to which pane, and when a pane is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from driftmeter.drift.binning import Batch, Rows
from driftmeter.drift.ring import Counts
from driftmeter.drift.windows import Window, WindowByRows, WindowByTime

Times: TypeAlias = NDArray[np.int64]


class Ring(Protocol):
    """Panes of the newest rows: `PaneRing`, or one that keeps something else of them than counts."""

    newest: int | None

    def advance(self, pane: int, /) -> None:
        """Make this pane the newest, if it is newer."""

    def add(self, pane: int, counts: Counts, /) -> bool:
        """Add what rows gave to a pane; False when it has left the ring already."""


AnyRing = TypeVar("AnyRing", bound=Ring)
Count: TypeAlias = Callable[[Rows], Counts]


class Sliding(Protocol[AnyRing]):
    """A window on its way over the rows."""

    ring: AnyRing
    late: int
    """Rows that came when their pane had already left the window."""

    def cuts(self, times_ns: Times) -> Sequence[int]:
        """Positions at which the coming batch passes from one pane to another, where its rows are in order."""

    def slide(self, times_ns: Times, count: Count) -> Iterator[int]:
        """Take in a batch; stop at the position of each row that completes a pane, the ring being the window."""


def sliding(window: Window, ring: AnyRing) -> Sliding[AnyRing]:
    """A window of either sort, before the first row, whose panes are those of the ring."""
    return SlidingByRows(window, ring) if isinstance(window, WindowByRows) else SlidingByTime(window, ring)


class SlidingByRows(Generic[AnyRing]):
    """A window by rows: a batch is split exactly where a pane is full, and the window stops there once it is full."""

    def __init__(self, window: WindowByRows, ring: AnyRing) -> None:
        self.ring = ring
        self.late = 0
        self._window = window
        self._seen = 0

    def cuts(self, times_ns: Times) -> Sequence[int]:
        """Positions at which a pane is full."""
        pane_rows = self._window.pane_rows
        return range(pane_rows - self._seen % pane_rows, len(times_ns), pane_rows)

    def slide(self, times_ns: Times, count: Count) -> Iterator[int]:
        """Take in a batch; stop at the last row of each pane that completes a full window."""
        starts = [0, *self.cuts(times_ns), len(times_ns)]
        for start, stop in pairwise(starts):
            self.ring.add(self._seen // self._window.pane_rows, count(slice(start, stop)))
            self._seen += stop - start
            if self._seen >= self._window.rows and self._seen % self._window.pane_rows == 0:
                yield stop - 1


class SlidingByTime(Generic[AnyRing]):
    """A window by the rows' own time: the first row of a later pane completes the one before.

    Late rows are added to their pane while it is inside the window; older ones are counted in `late`. Where whole
    batches were late for more than a pane, the newest row was wrong, or the clock before: the window begins anew. Else
    one row from tomorrow would end it until tomorrow.
    """

    def __init__(self, window: WindowByTime, ring: AnyRing) -> None:
        self.ring = ring
        self.late = 0
        self._pane_ns, self._panes = window.pane_ns, window.panes
        self._ahead = 0  # of the rows' time are the ring's panes, which never go back
        self._late_since: int | None = None

    def cuts(self, times_ns: Times) -> Sequence[int]:
        """Positions at which a later pane begins; none when the rows are out of order."""
        if self._all_in_one(times_ns):
            return []
        steps = np.diff(times_ns // self._pane_ns)
        return [] if steps.min() < 0 else (np.flatnonzero(steps) + 1).tolist()

    def slide(self, times_ns: Times, count: Count) -> Iterator[int]:
        """Take in a batch; stop at the first row of each new pane, the window then ending where that pane begins."""
        self._follow(int(times_ns.max()) // self._pane_ns)
        for own_pane, rows, first in self._parts(times_ns):
            pane = own_pane + self._ahead
            if self.ring.newest is not None and pane > self.ring.newest:
                self.ring.advance(pane - 1)
                yield first
            if not self.ring.add(pane, count(rows)):
                self.late += len(range(*rows.indices(len(times_ns)))) if isinstance(rows, slice) else len(rows)

    def _follow(self, pane: int) -> None:
        """Go back with the time of the rows, of which this is a batch's latest pane, where none is on time any more."""
        newest = self.ring.newest
        if newest is None or pane + self._ahead > newest - self._panes:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = pane
        elif pane > self._late_since + 1:
            self._late_since = None
            self._ahead = newest + 2 * self._panes + 1 - pane  # far enough to leave the window before behind, too

    def _parts(self, times_ns: Times) -> Iterator[tuple[int, Rows, int]]:
        """Pane, its rows, and the first of them, from the oldest pane to the newest."""
        if self._all_in_one(times_ns):
            yield int(times_ns[0]) // self._pane_ns, slice(0, len(times_ns)), 0
            return
        panes = times_ns // self._pane_ns
        if np.diff(panes).min() >= 0:
            starts = [0, *self.cuts(times_ns), len(panes)]
            for start, stop in pairwise(starts):
                yield int(panes[start]), slice(start, stop), start
            return
        order = np.argsort(panes, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(panes[order])) + 1):
            yield int(panes[rows[0]]), rows, int(rows[0])

    def _all_in_one(self, times_ns: Times) -> bool:
        """Whether all rows lie in one pane, as most batches do."""
        return int(times_ns.min()) // self._pane_ns == int(times_ns.max()) // self._pane_ns


class Counting(Protocol):
    """Knows what to count of rows: `Binning`, or what counts more beside it."""

    def count(self, batch: Batch, rows: Rows, /) -> Counts:
        """The counts of some rows of a batch."""

    def count_each(self, batch: Batch, bounds: Sequence[int], /) -> list[Counts]:
        """The counts of the rows between each two bounds."""


class SegmentCounts:
    """The counts of a batch, each row binned once however many windows cut the batch into panes.

    Args:
        binning: the layout of the counts.
        batch: whose rows to count.
        cuts: positions at which some window passes to another pane.

    """

    def __init__(self, binning: Counting, batch: Batch, cuts: set[int]) -> None:
        self._binning, self._batch = binning, batch
        bounds = sorted({0, batch.rows, *cuts})
        self._place_of = {bound: place for place, bound in enumerate(bounds)}
        self._segments = binning.count_each(batch, bounds)
        self._summed: dict[tuple[int, int], Counts] = {}

    def __call__(self, rows: Rows) -> Counts:
        """The counts of these rows, not to be written to; a slice begins and ends at cuts."""
        if not isinstance(rows, slice):
            return self._binning.count(self._batch, rows)
        first, last = self._place_of[rows.start], self._place_of[rows.stop]
        if last - first == 1:
            return self._segments[first]
        if (first, last) not in self._summed:
            self._summed[first, last] = total = self._segments[first].copy()
            for segment in self._segments[first + 1 : last]:
                total += segment
        return self._summed[first, last]
