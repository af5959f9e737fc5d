"""A ring of panes that keeps sums of pairs instead of counts: of a bounded random sample of the rows of each pane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.ring import Counts
from driftmeter.stats.multivariate import PairSums
from driftmeter.stats.multivariate.grade_set import GradeSet

KEPT: Final = 2048
"""Rows of a window that are looked at, over all its panes; of more, each pane keeps a random sample."""

FEWEST: Final = 128
"""Rows that a pane keeps at least, however many panes there are."""


class Sampled(NamedTuple):
    """What a window knows of its columns together."""

    sums: PairSums
    """Of the graded rows of the sample, up to second moments."""
    rows: int
    """All rows of the window, of which those are the sample."""


class RowRing:
    """Like a `PaneRing`, given positions of rows of the batch at hand; keeps what their columns show together.

    Rows are copied when they are drawn and graded when their pane is complete, so that rows in excess of the sample
    cost one random number each. A row that comes late to a complete pane is not in the sample any more.

    Args:
        panes: how many panes the ring holds, at least 1.
        grade: the columns that are looked at.
        columns: where those stand in a batch's matrix.

    >>> from driftmeter.stats.multivariate import Grader
    >>> ring = RowRing(2, GradeSet([Grader.fit(np.arange(101.0))]), [0])
    >>> for pane in (7, 8, 9):
    ...     ring.matrix = np.full((3, 1), 50.0)
    ...     _ = ring.add(pane, np.arange(3))
    >>> ring.sampled().rows, int(ring.sampled().sums.rows[0, 0])
    (6, 6)

    """

    __slots__ = ("_closed", "_grade", "_open", "_seen", "_sums", "_together", "matrix", "newest")

    matrix: Floats
    """Of the batch at hand."""

    def __init__(self, panes: int, grade: GradeSet, columns: Sequence[int]) -> None:
        self.newest: int | None = None
        self._grade = grade
        self._open = RowSample(max(FEWEST, -(-KEPT // panes)), columns)
        self._closed = False
        self._together = PairSums.empty(len(columns))
        self._sums: list[PairSums | None] = [None] * panes
        self._seen = [0] * panes

    def advance(self, pane: int) -> None:
        """Make this pane the newest, if it is newer; the panes that leave the ring are forgotten."""
        if self.newest is None:
            self.newest = pane
        if pane <= self.newest:
            return
        self._close()
        held = len(self._sums)
        for passed in range(max(self.newest + 1, pane - held + 1), pane + 1):
            slot = passed % held
            leaving = self._sums[slot]
            if leaving is not None:
                self._together = self._together - leaving
            self._sums[slot], self._seen[slot] = None, 0
        self.newest, self._closed = pane, False

    def add(self, pane: int, counts: Counts) -> bool:
        """Offer rows of the batch at hand to a pane; False when it has left the ring already."""
        self.advance(pane)
        assert self.newest is not None
        if pane <= self.newest - len(self._sums):
            return False
        if pane == self.newest and not self._closed:
            self._seen[pane % len(self._seen)] += len(counts)
            self._open.offer(self.matrix, counts)
        return True

    def sampled(self) -> Sampled:
        """The newest panes together; the newest is taken for complete."""
        self._close()
        return Sampled(self._together, sum(self._seen))

    def _close(self) -> None:
        if self.newest is None or self._closed:
            return
        self._closed = True
        rows = self._open.taken()
        if len(rows):
            sums = self._sums[self.newest % len(self._sums)] = PairSums.of(self._grade(rows), order=2)
            self._together = self._together + sums


class RowSample:
    """A uniform random sample of the rows offered since the last one was taken; the same however they were cut.

    Every row draws a number and those with the smallest stay: Efraimidis & Spirakis (2006), with equal weights.

    Args:
        size: of the sample.
        columns: which of the rows' columns are kept.

    >>> sample = RowSample(2, [0])
    >>> sample.offer(np.arange(10.0)[:, None], np.arange(10))
    >>> sample.taken().shape, sample.taken().shape
    ((2, 1), (0, 1))

    """

    def __init__(self, size: int, columns: Sequence[int]) -> None:
        self._size, self._columns = size, np.array(columns, np.intp)
        self._first_ones = np.array_equal(self._columns, np.arange(len(columns)))
        self._random = np.random.default_rng(0)
        self._rows = np.empty((2 * size, len(columns)))
        self._draws = np.empty(2 * size)
        self._held, self._limit = 0, 1.0

    def offer(self, matrix: Floats, positions: Counts) -> None:
        """Draw among rows of a matrix."""
        whole = self._first_ones and len(self._columns) == matrix.shape[1]
        draws = self._random.random(len(positions))
        if draws.size > self._size:
            self._limit = min(self._limit, float(np.partition(draws, self._size)[self._size]))
        if self._limit < 1.0:
            chosen = np.flatnonzero(draws < self._limit)
            positions, draws = positions[chosen], draws[chosen]
        for start in range(0, draws.size, self._size):
            part = positions[start : start + self._size]
            if self._held + part.size > len(self._draws):
                self._shrink()
            there = slice(self._held, self._held + part.size)
            if whole:
                np.take(matrix, part, axis=0, out=self._rows[there], mode="clip")
            else:
                self._rows[there] = matrix[part[:, None], self._columns]
            self._draws[there] = draws[start : start + part.size]
            self._held += part.size

    def taken(self) -> Floats:
        """The sample; the next one begins."""
        if self._held > self._size:
            self._shrink()
        rows = self._rows[: self._held].copy()
        self._held, self._limit = 0, 1.0
        return rows

    def _shrink(self) -> None:
        if self._held <= self._size:
            return
        staying = np.argpartition(self._draws[: self._held], self._size - 1)[: self._size]
        self._rows[: self._size], self._draws[: self._size] = self._rows[staying], self._draws[staying]
        self._held, self._limit = self._size, float(self._draws[: self._size].max())
