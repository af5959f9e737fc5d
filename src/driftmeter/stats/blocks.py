"""Rows of many columns in blocks small enough that every pass over one stays in the processor's cache."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.arrays import Floats
from driftmeter.stats.grid import Grid

Values: TypeAlias = "NDArray[np.generic] | Sequence[NDArray[np.generic]]"
"""Rows of F columns: a matrix of shape (n, F), or F arrays of shape (n,)."""

BLOCK_VALUES: Final = 65_536  # 512 KB of float64: larger blocks gain nothing, smaller ones cost more calls
LINE_VALUES: Final = 4096  # half of NumPy's buffer: shorter lines it copies there, which takes as long as the operation


class Work(NamedTuple):
    """Memory for what is computed of a block of values."""

    floats: Floats
    numbers: NDArray[np.int32]
    steps: NDArray[np.intp]
    flags: NDArray[np.bool_]

    @classmethod
    def of(cls, size: int) -> Work:
        """For blocks of so many values."""
        return cls(np.empty(size), np.empty(size, np.int32), np.empty(size, np.intp), np.empty(size, np.bool_))

    def first(self, size: int) -> Work:
        """The part for so many values."""
        return Work(self.floats[:size], self.numbers[:size], self.steps[:size], self.flags[:size])


class _Held(threading.local):
    work, block = Work.of(0), np.empty(0)


_held: Final = _Held()


def scratch(size: int) -> Work:
    """Memory that this thread writes over time and again: to have it anew would cost as much as the counting."""
    held = _held.work
    if held.flags.size < size:
        held = _held.work = Work.of(size)
    return held if held.flags.size == size else held.first(size)


def block_of(values: Values, columns: slice, rows: slice, memory: Floats | None = None) -> Floats:
    """Some rows of some columns as float64 of shape (r, F) in C order, not to be written to.

    Args:
        values: all rows of all columns.
        columns: which of them.
        rows: which of them.
        memory: for the block, shape (r * F,), used where it does not lie ready in `values`; by default the thread's
            own, which the next block is written to.

    >>> block_of([np.array([1, 2]), np.array([3.0, 4.0])], slice(0, 2), slice(0, 2)).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values[rows, columns], np.float64)
    chosen = [column[rows] for column in values[columns]]
    size = len(chosen) * len(chosen[0])
    if memory is None:
        if _held.block.size < size:
            _held.block = np.empty(size)
        memory = _held.block[:size]
    block = memory.reshape(-1, len(chosen))
    for place, column in enumerate(chosen):
        block[:, place] = column
    return block


def column_of(values: Values, place: int) -> NDArray[np.generic]:
    """One of the columns, shape (n,)."""
    return values[:, place] if isinstance(values, np.ndarray) else values[place]


def row_count(values: Values) -> int:
    """How many rows, n, there are."""
    return len(values) if isinstance(values, np.ndarray) else len(values[0])


def rows_per_block(columns: int) -> int:
    """How many rows of so many columns make a block: whole lines of constants."""
    rows = _rows_per_line(columns)
    return max(1, BLOCK_VALUES // columns // rows) * rows


def line_of(constants: Sequence[float] | Floats, rows: int | None = None) -> Floats:
    """One number per column, repeated for as many rows as `along` takes fastest, or for fewer if there are no more."""
    repeats = _rows_per_line(len(constants))
    line = np.empty((repeats if rows is None else max(1, min(rows, repeats)), len(constants)))
    line[:] = constants
    return line.reshape(-1)


def along(function: np.ufunc, values: NDArray[Any], line: NDArray[Any], out: NDArray[Any]) -> None:
    """Write a function of each value and its column's constant to `out`.

    Args:
        function: of two arguments.
        values: rows end to end, shape (r * F,).
        line: of constants, as `line_of` has it.
        out: of the shape of the values, may be them.

    >>> values = np.array([1.0, 20.0, 3.0, 40.0])
    >>> along(np.subtract, values, line_of([1.0, 10.0]), values)
    >>> values.tolist()
    [0.0, 10.0, 2.0, 30.0]
    """
    lines = values.size - values.size % line.size
    if lines:
        function(values[:lines].reshape(-1, line.size), line, out=out[:lines].reshape(-1, line.size))
    if lines < values.size:
        function(values[lines:], line[: values.size - lines], out=out[lines:])


class Stepper:
    """`Grid.steps` for blocks of several columns, the steps of the columns numbered one after the other.

    Args:
        grids: one per column, all with the same number of cells.

    >>> stepper = Stepper([Grid([0.0, 1.0], cells=2), Grid([0.0, 10.0], cells=2)])
    >>> stepper(np.array([[0.25, 7.5], [2.0, -1.0]]), Work.of(4)).tolist()
    [1, 6, 3, 5]
    """

    def __init__(self, grids: Sequence[Grid]) -> None:
        self._cells = float(grids[0].cells)
        factors = np.array([grid.factor for grid in grids])
        self._factors = factors if (factors != 1).any() else None
        self._origins = line_of([grid.origin for grid in grids])
        self._scales = line_of([grid.scale for grid in grids])
        # Numbers are rounded towards zero one step lower than they are meant, see `Grid.steps`.
        self._offsets = line_of([place * (grids[0].cells + 2) + 1 for place in range(len(grids))]).astype(np.int32)

    def __call__(self, block: Floats, work: Work) -> NDArray[np.intp]:
        """The numbers of the steps, row after row, shape (r * F,), in the memory of `work`.

        Args:
            block: rows, shape (r, F), in C order.
            work: for as many values.
        """
        floats, numbers = work.floats, work.numbers
        with np.errstate(over="ignore"):
            scaled = block if self._factors is None else block * self._factors
            along(np.subtract, scaled.ravel(), self._origins, floats)
            along(np.multiply, floats, self._scales, floats)
        np.fmax(floats, -1.0, out=floats)
        np.minimum(floats, self._cells, out=floats)
        np.copyto(numbers, floats, casting="unsafe")  # 32 bits cost a third of 64 here, widened at the end
        along(np.add, numbers, self._offsets, numbers)
        np.copyto(work.steps, numbers)
        return work.steps


def _rows_per_line(columns: int) -> int:
    """A power of two, so that batches of usual sizes are whole lines."""
    return 1 << (LINE_VALUES // columns).bit_length()
