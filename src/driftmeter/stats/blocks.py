"""Rows of many columns in blocks small enough that every pass over one stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.arrays import Floats
from driftmeter.stats.grid import Grid

Values: TypeAlias = "NDArray[np.generic] | Sequence[NDArray[np.generic]]"
"""Rows of F columns: a matrix of shape (n, F), or F arrays of shape (n,)."""

BLOCK_VALUES: Final = 32_768  # 256 KB of float64
TILE_VALUES: Final = 256  # with lines of constants about as long, beginning a line costs next to nothing


def block_of(values: Values, columns: slice, rows: slice, work: Floats) -> Floats:
    """Some rows of some columns as float64 of shape (r, F) in C order, not to be written to.

    Args:
        values: all rows of all columns.
        columns: which of them.
        rows: which of them.
        work: memory for the block, shape (r * F,), used where it does not lie ready in `values`.

    >>> block_of([np.array([1, 2]), np.array([3.0, 4.0])], slice(0, 2), slice(0, 2), np.empty(4)).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values[rows, columns], np.float64)
    chosen = values[columns]
    block = work.reshape(-1, len(chosen))
    for place, column in enumerate(chosen):
        block[:, place] = column[rows]
    return block


def column_of(values: Values, place: int) -> NDArray[np.generic]:
    """One of the columns, shape (n,)."""
    return values[:, place] if isinstance(values, np.ndarray) else values[place]


def row_count(values: Values) -> int:
    """How many rows, n, there are."""
    return len(values) if isinstance(values, np.ndarray) else len(values[0])


def rows_per_block(columns: int) -> int:
    """How many rows of so many columns make a block: whole tiles."""
    tile = _rows_per_tile(columns)
    return max(1, BLOCK_VALUES // columns // tile) * tile


class Stepper:
    """`Grid.steps` for blocks of several columns, the steps of the columns numbered one after the other.

    Args:
        grids: one per column, all with the same number of cells.

    >>> stepper = Stepper([Grid([0.0, 1.0], cells=2), Grid([0.0, 10.0], cells=2)])
    >>> stepper(np.array([[0.25, 7.5], [2.0, -1.0]]), np.empty(4), np.empty(4, np.intp)).tolist()
    [1, 6, 3, 5]
    """

    def __init__(self, grids: Sequence[Grid]) -> None:
        self._cells = float(grids[0].cells)
        self._columns = len(grids)
        self._rows = _rows_per_tile(len(grids))
        factors = np.array([grid.factor for grid in grids])
        self._factors = factors if (factors != 1).any() else None
        self._origins = np.tile([grid.origin for grid in grids], self._rows)
        self._scales = np.tile([grid.scale for grid in grids], self._rows)
        # Numbers are rounded towards zero one step lower than they are meant, see `Grid.steps`.
        self._offsets = np.tile(np.arange(len(grids)) * (grids[0].cells + 2) + 1, self._rows)

    def __call__(self, block: Floats, work: Floats, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """The numbers of the steps, row after row, shape (r * F,).

        Args:
            block: rows, shape (r, F), in C order.
            work: to be written over, shape (r * F,); fresh memory for every block would double the cost.
            numbers: to hold the result.
        """
        width = self._columns * (1 if len(block) % self._rows else self._rows)
        with np.errstate(over="ignore"):
            scaled = block if self._factors is None else block * self._factors
            np.subtract(scaled.reshape(-1, width), self._origins[:width], out=work.reshape(-1, width))
            work.reshape(-1, width)[:] *= self._scales[:width]
        np.clip(work, -1.0, self._cells, out=work)
        if np.isnan(work.sum()):
            np.fmax(work, -1.0, out=work)
        np.copyto(numbers, work, casting="unsafe")
        numbers.reshape(-1, width)[:] += self._offsets[:width]
        return numbers


def _rows_per_tile(columns: int) -> int:
    """A power of two, so that batches of usual sizes are whole tiles."""
    return 1 << (max(1, TILE_VALUES // columns).bit_length() - 1)
