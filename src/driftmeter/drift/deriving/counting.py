"""Counting a derived column of a reference of which some rows were used up for learning how to derive it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column
from driftmeter.drift.column import ColumnReference, Role
from driftmeter.drift.counting import ColumnCounter
from driftmeter.drift.deriving.derivation import SKIPPED, UNREAD


class PartialCounter(ColumnCounter):
    """A counter that passes over the rows that are `SKIPPED`.

    >>> counter = PartialCounter("numeric", edges=(0.0, 1.0, 2.0))
    >>> counter.add([0.5, SKIPPED, None])
    >>> counter.finished("e.pc0", "input", rows=3).counts
    (1, 0, 0, 0, 1, 0)

    """

    _skipped = 0

    def add(self, values: Column) -> None:
        """Count a chunk."""
        kept = [value for value in values if value is not SKIPPED]
        self._skipped += len(values) - len(kept)
        super().add(kept)

    def places(self, values: Column) -> NDArray[np.intp]:
        """The place of each row in the vector of counts, -1 where it has none."""
        places = super().places([UNREAD if value is SKIPPED else value for value in values])
        places[[value is SKIPPED for value in values]] = -1
        return places

    def finished(self, name: str, role: Role, *, rows: int) -> ColumnReference:
        """The column as counted; rows of chunks that lacked it are missing."""
        return super().finished(name, role, rows=max(0, rows - self._skipped))
