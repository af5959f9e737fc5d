"""Counting one column of a reference into bins that stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Floats, as_floats
from driftmeter.drift.bin_names import TAILS
from driftmeter.drift.column import ColumnReference, Kind, Role
from driftmeter.drift.moments import Moments
from driftmeter.drift.values import as_aligned_floats, as_numbers
from driftmeter.stats.categories import Categories
from driftmeter.stats.grid import Grid


class ColumnCounter:
    """Counts of one column while its chunks come in.

    Args:
        kind: of the column.
        edges: of its bins, for a numeric one.
        labels: of its bins, for categories.
        open_ended: whether a label without a bin counts as `other` (the reference knows more labels than it names)
            or as `unseen`.

    >>> counter = ColumnCounter("category", labels=("Oslo",))
    >>> counter.add(["Oslo", "Rome", None])
    >>> counter.finished("city", "input", rows=3).counts
    (1, 0, 0, 0, 1, 1)

    """

    def __init__(
        self, kind: Kind, *, edges: tuple[float, ...] = (), labels: tuple[str, ...] = (), open_ended: bool = False
    ) -> None:
        self._kind, self._edges, self._labels = kind, edges, labels
        self._grid = Grid(edges) if edges else None
        self._categories = Categories(labels, others=open_ended)
        bins = self._grid.bins if self._grid else self._categories.bins
        self._counts: NDArray[np.int64] = np.zeros(bins + len(TAILS), np.int64)
        self._fine: NDArray[np.int64] = np.zeros(self._grid.cells if self._grid else 0, np.int64)
        self._moments = Moments()
        self._rows = 0

    @classmethod
    def like(cls, column: ColumnReference) -> ColumnCounter:
        """A counter, at zero, over the bins of a reference's column."""
        return cls(column.kind, edges=column.edges, labels=column.labels, open_ended=column.open_ended)

    def add(self, values: Column) -> None:
        """Count a chunk."""
        self._rows += len(values)
        if self._grid is None:
            self._counts += self._categories.count(values)
            return
        fast = as_numbers(values)
        if fast is not None:
            floats: Floats = fast.astype(np.float64, copy=False)
        else:
            floats, unseen = as_floats(values)
            self._counts[-1] += unseen
        self._counts += self._grid.count(floats)
        self._fine += self._grid.count_cells(floats)[1:-1]
        self._moments = self._moments.merge(Moments.of(floats))

    @property
    def size(self) -> int:
        """Length of the vector of counts: bins and tails."""
        return self._counts.size

    @property
    def missing(self) -> int:
        """Where a row without a value is counted."""
        return self.size - len(TAILS) + TAILS.index("missing")

    def places(self, values: Column) -> NDArray[np.intp]:
        """The place of each row in the vector of counts, without counting it.

        >>> ColumnCounter("category", labels=("Oslo",)).places(["Oslo", None, "Rome"]).tolist()
        [0, 4, 5]

        """
        if self._grid is None:
            return self._categories.places(values)
        floats, unread = as_aligned_floats(values)
        places = self._grid.assign(floats)
        if unread is not None:
            places[unread] = self.size - len(TAILS) + TAILS.index("unseen")
        return places

    def finished(self, name: str, role: Role, *, rows: int) -> ColumnReference:
        """The column as counted; rows of chunks that lacked it are missing."""
        self._counts[-2] += rows - self._rows
        self._rows = rows
        counts, fine = tuple(self._counts.tolist()), tuple(self._fine.tolist())
        moments = self._moments if self._grid is not None else None
        return ColumnReference(name, role, self._kind, rows, self._edges, self._labels, counts, fine, moments)
