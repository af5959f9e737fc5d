"""From live rows to one vector of counts: every column of a reference, its bins and its fine cells, end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Columns, Floats
from driftmeter.drift.bin_names import TAILS
from driftmeter.drift.column import ColumnReference, Role
from driftmeter.drift.deriving.derivation import expand
from driftmeter.drift.reference import Reference
from driftmeter.drift.ring import Counts
from driftmeter.drift.values import as_aligned_floats, as_numbers
from driftmeter.stats.blocks import Values, block_of, rows_per_block
from driftmeter.stats.categories import Categories
from driftmeter.stats.grid import Grid
from driftmeter.stats.grid_set import GridSet

Rows: TypeAlias = "slice | NDArray[np.intp]"
"""Which rows of a batch: a range, or positions."""

_MISSING, _UNSEEN = TAILS.index("missing") - len(TAILS), TAILS.index("unseen") - len(TAILS)


@dataclass(frozen=True, slots=True)
class Batch:
    """The watched columns of some live rows, each row in its place and nothing copied that lies ready.

    Attributes:
        rows: number of rows.
        numbers: of the numeric columns, real numbers of any type, NaN where there is none.
        unread: rows of numeric columns that hold something else than a number, by position of the column.
        texts: values of the categorical columns in order, None for one that did not arrive.
        absent: positions of all columns that did not arrive.
        unknown: columns that the reference does not have.

    """

    rows: int
    numbers: Values
    unread: dict[int, NDArray[np.bool_]]
    texts: list[Column | None]
    absent: list[int]
    unknown: int

    @property
    def matrix(self) -> Floats:
        """The numeric columns side by side, float64 of shape (rows, numeric columns); a copy where they lie apart."""
        if isinstance(self.numbers, np.ndarray):
            return cast("Floats", self.numbers)
        matrix = np.empty((self.rows, len(self.numbers)))
        step = rows_per_block(max(1, len(self.numbers)))
        for first in range(0, self.rows if self.numbers else 0, step):
            rows = slice(first, first + step)
            block_of(self.numbers, slice(None), rows, matrix[rows].ravel())
        return matrix


class Binning:
    """The layout of the counts of one reference, and the way live rows get there.

    The flat vector holds the bins of the numeric columns, then those of the categorical ones, then the fine cells of
    the numeric ones, line by line.

    Args:
        reference: whose columns and bins to use.

    Raises:
        ValueError: a reference without columns.

    >>> reference = Reference.from_data({"age": [31, 64], "city": ["Oslo", "Rome"]}, model="demo")
    >>> binning = Binning(reference)
    >>> batch = binning.read(Columns(["age", "city"], 1, arrays=[[64], ["Bonn"]]), None, rows=1)
    >>> binning.by_column(binning.count(batch, slice(None)))["city"].tolist()
    [0, 0, 0, 0, 0, 0, 1]

    """

    def __init__(self, reference: Reference) -> None:
        if not reference.columns:
            raise ValueError(f"the reference of {reference.model!r} has no columns; build one with at least one")
        columns = reference.columns.values()
        self._derivations = reference.derivations
        self._names = {"input": reference.input_names, "output": reference.output_names}
        self.numeric = tuple(column for column in columns if column.numeric)
        self.categories = tuple(column for column in columns if not column.numeric)
        all_inputs = all(column.role == "input" for column in self.numeric)
        self._numeric_inputs = tuple(column.name for column in self.numeric) if all_inputs else None
        self.columns: tuple[ColumnReference, ...] = self.numeric + self.categories
        self._grids = GridSet([Grid(column.edges) for column in self.numeric]) if self.numeric else None
        self._labels = [Categories(column.labels, others=column.open_ended) for column in self.categories]
        ends = np.cumsum([len(column.counts) for column in self.columns]).tolist()
        self.slices: tuple[tuple[int, int], ...] = tuple(zip([0, *ends[:-1]], ends, strict=True))
        self.bins: int = ends[-1]
        self.cells = self._grids.cells + 2 if self._grids else 0
        self.size = self.bins + len(self.numeric) * self.cells

    def read(self, inputs: Columns | None, outputs: Columns | None, rows: int) -> Batch:
        """Find the watched columns of a batch; never raises for what the values are."""
        sides = {"input": self._named(inputs, "input", rows), "output": self._named(outputs, "output", rows)}
        if self._derivations:
            sides = {role: side and expand(side, self._derivations) for role, side in sides.items()}
        given = sum(side.width for side in sides.values() if side is not None)
        whole = self._whole(sides["input"])
        first = 0 if whole is None else len(self.numeric)
        found = [_found(sides[column.role], column) for column in self.columns[first:]]
        absent = [place for place, values in enumerate(found, first) if values is None]
        unknown = given - (len(self.columns) - len(absent))
        if whole is not None:
            return Batch(rows, whole, {}, found, absent, unknown)
        unread: dict[int, NDArray[np.bool_]] = {}
        numbers = [_numbers(values, place, rows, unread) for place, values in enumerate(found[: len(self.numeric)])]
        return Batch(rows, numbers, unread, found[len(self.numeric) :], absent, unknown)

    def count(self, batch: Batch, rows: Rows) -> Counts:
        """The counts of some rows of a batch, int64 of shape (size,)."""
        counts = np.zeros(self.size, np.int64)
        if self._grids is not None:
            cells = counts[self.bins :].reshape(len(self.numeric), self.cells)
            numbers = batch.numbers
            chosen = numbers[rows] if isinstance(numbers, np.ndarray) else [column[rows] for column in numbers]
            self._grids.add(chosen, counts[: self._grids.total], cells)
        return self._completed(counts, batch, rows)

    def count_each(self, batch: Batch, bounds: Sequence[int]) -> list[Counts]:
        """The counts of the rows between each two bounds, as `count` has them."""
        numeric = [np.zeros(0, np.int64)] * (len(bounds) - 1)
        total = 0
        if self._grids is not None:
            numeric, total = self._grids.count_each(batch.numbers, bounds), self._grids.total
        if total < self.bins:
            empty = np.zeros(self.bins - total, np.int64)
            numeric = [np.concatenate([counts[:total], empty, counts[total:]]) for counts in numeric]
        parts = (slice(start, stop) for start, stop in pairwise(bounds))
        return [self._completed(counts, batch, rows) for counts, rows in zip(numeric, parts, strict=True)]

    def _completed(self, counts: Counts, batch: Batch, rows: Rows) -> Counts:
        """The counts of numbers, and what else is to be counted written to them."""
        for place, unread in batch.unread.items():
            times = int(np.count_nonzero(unread[rows]))
            end = self.slices[place][1]
            counts[end + _MISSING] -= times
            counts[end + _UNSEEN] += times
        for place, (labels, values) in enumerate(zip(self._labels, batch.texts, strict=True), len(self.numeric)):
            if values is not None:
                counts[slice(*self.slices[place])] = labels.count(_chosen(values, rows))
        for place in batch.absent:
            counts[slice(*self.slices[place])] = 0
        return counts

    def by_column(self, counts: Counts) -> dict[str, Counts]:
        """The bins of a flat vector, by column name."""
        return {column.name: counts[slice(*at)] for column, at in zip(self.columns, self.slices, strict=True)}

    def reference_counts(self) -> Counts:
        """The reference itself in the layout of live counts."""
        bins = [count for column in self.columns for count in column.counts]
        cells = [line for column in self.numeric for line in _cell_line(column)]
        return np.array(bins + cells, np.int64)

    def _whole(self, inputs: Columns | None) -> Floats | None:
        """The matrix of the inputs, where it is all numeric columns in their order."""
        return inputs.matrix if inputs is not None and inputs.names == self._numeric_inputs else None

    def _named(self, given: Columns | None, role: Role, rows: int) -> Columns | None:
        """One side of the call under the reference's names; None where it is not there or has other rows."""
        names = self._names[role]
        if given is None or not names or given.rows != rows:
            return None
        single_output = role == "output" and len(names) == given.width == 1
        return given.named(names) if single_output or (given.positional and given.width == len(names)) else given


def _found(side: Columns | None, column: ColumnReference) -> Column | None:
    """The column's values, None where it did not arrive."""
    if side is None or column.name not in side:
        return None
    return side[column.name] if column.numeric else side.as_it_came(column.name)


def _numbers(values: Column | None, place: int, rows: int, unread: dict[int, NDArray[np.bool_]]) -> NDArray[np.generic]:
    if values is None:
        return np.broadcast_to(np.nan, rows)
    fast = as_numbers(values)
    if fast is not None:
        return fast
    floats, failed = as_aligned_floats(values)
    if failed is not None:
        unread[place] = failed
    return floats


def _chosen(values: Column, rows: Rows) -> Column:
    if isinstance(values, np.ndarray):
        return values[rows]
    return values[rows] if isinstance(rows, slice) else [values[row] for row in rows.tolist()]


def _cell_line(column: ColumnReference) -> tuple[int, ...]:
    """Fine cells between what lies below and above, as a grid lays them out."""
    bins = len(column.edges) - 1
    return (column.counts[bins], *column.fine, column.counts[bins + 1])
