"""Many grids at once: a matrix of rows becomes counts in a few array operations per block.

The trick: within a uniform fine cell few bin edges lie, mostly one, so a value's bin is known from its cell and one
comparison. The outcome becomes the last digit of a slot number, one `bincount` over the slots gives everything,
and the slots of a column, which rise with the value, are summed into bins and cells afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.grid import SPECIALS, Grid

BLOCK_VALUES: Final = 16_384  # 128 KB of float64: each pass over a block stays in the second-level cache
MAX_LEVELS: Final = 4  # bounds that may lie in one step before their column is searched instead
SEARCH_COST: Final = 18  # what searching one value costs, in levels
BLOCK_COLUMNS: Final = 20  # more columns would make the slots, not the values, the bulk of the work


class GridSet:
    """Counts of F numeric columns, accumulated from (n, F) matrices; equal to `Grid.count` column by column.

    Args:
        grids: one per column, in column order, all with the same number of cells.

    Raises:
        ValueError: no grid, or grids of unequal cells.

    >>> both = GridSet([Grid([0.0, 1.0, 2.0]), Grid([0.0, 10.0])])
    >>> bins, cells = both.count(np.array([[0.5, 5.0], [1.5, np.nan], [9.0, -1.0]]))
    >>> [bins[a:b].tolist() for a, b in both.slices]
    [[1, 1, 0, 1, 0, 0], [1, 1, 0, 1, 0]]
    >>> cells.shape
    (2, 514)
    """

    __slots__ = ("_groups", "cells", "columns", "slices", "total")

    cells: int
    columns: int
    slices: list[tuple[int, int]]
    total: int

    def __init__(self, grids: Sequence[Grid]) -> None:
        sizes = {grid.cells for grid in grids}
        if len(sizes) != 1:
            raise ValueError(f"grids have cells {sorted(sizes)}; a set needs one number of cells for all")
        self.cells = sizes.pop()
        self.columns = len(grids)
        ends = np.cumsum([grid.bins + len(SPECIALS) for grid in grids]).tolist()
        self.slices = list(zip([0, *ends[:-1]], ends, strict=True))
        self.total = ends[-1]
        self._groups = [
            _Group(grids[first : first + BLOCK_COLUMNS], first, self.slices[first][0])
            for first in range(0, self.columns, BLOCK_COLUMNS)
        ]

    def count(self, matrix: NDArray[np.generic]) -> tuple[Ints, Ints]:
        """The counts of one matrix, as `add` would leave them in zeros."""
        bins = np.zeros(self.total, np.int64)
        cells = np.zeros((self.columns, self.cells + 2), np.int64)
        self.add(matrix, bins, cells)
        return bins, cells

    def add(self, matrix: NDArray[np.generic], bins: Ints, cells: Ints) -> None:
        """Add the counts of a matrix to running ones, in place.

        Args:
            matrix: shape (n, F), any real dtype; NaN is missing.
            bins: int64, shape (total,): the vectors of `Grid.count` end to end, column j at `slices[j]`.
            cells: int64, shape (F, cells + 2): one line of `Grid.count_cells` per column.

        Raises:
            ValueError: a matrix that is not (n, F) or does not hold real numbers.
        """
        if matrix.ndim != 2 or matrix.shape[1] != self.columns or matrix.dtype.kind not in "fiub":
            raise ValueError(
                f"matrix is {matrix.dtype} of shape {matrix.shape}; these grids count real numbers of shape"
                f" (n, {self.columns})"
            )
        for group in self._groups:
            group.add(matrix, bins, cells)


class _Group:
    """Neighbouring columns that share one slot array.

    Slots: column after column, step after step of the cell formula, `levels + 1` per step: how many of the bounds
    in that step a value reaches. Step 0 has no bound of its own and takes -inf, so that its slot 1 is what lies
    below and its slot 0, where every comparison fails, is NaN.
    """

    def __init__(self, grids: Sequence[Grid], first: int, start: int) -> None:
        self.columns = slice(first, first + len(grids))
        self.cells = grids[0].cells
        self.factors = np.array([grid.factor for grid in grids])
        self.origins = np.array([grid.origin for grid in grids])
        self.scales = np.array([grid.scale for grid in grids])
        self.offsets = np.arange(len(grids)) * (self.cells + 2)
        self.searched: list[tuple[int, Grid, slice]] = []
        needed = [_most_in_one_step(grid) for grid in grids]
        levels = min(range(1, MAX_LEVELS + 1), key=lambda n: n * len(grids) + SEARCH_COST * sum(m > n for m in needed))
        self.bounds = np.full((levels, len(grids) * (self.cells + 2)), np.inf)
        self.bounds[0, self.offsets] = -np.inf
        starts: list[int] = []
        targets: list[int] = []
        self.missing_at = np.empty(len(grids), np.intp)
        for j, grid in enumerate(grids):
            place = slice(start, start + grid.bins + len(SPECIALS))
            start = place.stop
            below, above, missing = (place.start + grid.bins + i for i in range(3))
            inside = list(range(place.start, place.start + grid.bins))
            bounds = grid.bounds
            if needed[j] > levels:  # its bins are searched for; the outermost bounds still hold its cells together
                self.searched.append((j, grid, place))
                bounds, inside = bounds[[0, -1]], [-1]
            self.missing_at[j] = len(starts)
            starts += self._enter(bounds, grid.steps(bounds).astype(np.intp) + self.offsets[j], self.offsets[j])
            targets += [missing, below, *inside, above]
        self.starts, self.targets = np.array(starts), np.array(targets)
        self.above_at = np.append(self.missing_at[1:], len(starts)) - 1

    def _enter(self, bounds: Floats, steps: NDArray[np.intp], offset: np.intp) -> list[int]:
        """Enter a column's bounds; gives the slots where missing, below and the reach of each bound begin."""
        ranks = np.arange(len(steps)) - np.searchsorted(steps, steps)
        self.bounds[ranks, steps] = bounds
        width = len(self.bounds) + 1
        return [int(offset) * width, int(offset) * width + 1, *(steps * width + ranks + 1).tolist()]

    def add(self, matrix: NDArray[np.generic], bins: Ints, cells: Ints) -> None:
        part = matrix[:, self.columns]
        if not part.size:
            return
        slots = self._slots(part)
        sums = np.add.reduceat(slots, self.starts)
        known = self.targets >= 0
        bins[self.targets[known]] += sums[known]
        for j, grid, place in self.searched:
            bins[place.start : place.start + grid.bins] += grid.count(part[:, j])[: grid.bins]
        width = len(self.bounds) + 1
        steps = (slots[::width] + slots[1::width]).reshape(-1, self.cells + 2)
        for slot in range(2, width):
            steps += slots[slot::width].reshape(steps.shape)
        # Rounding can carry a value just outside the range into the outermost cell, or the reverse; the sums know.
        below, above = sums[self.missing_at + 1], sums[self.above_at]
        steps[:, 1] += steps[:, 0] - sums[self.missing_at] - below
        steps[:, -2] += steps[:, -1] - above
        steps[:, 0], steps[:, -1] = below, above
        cells[self.columns] += steps

    def _slots(self, part: NDArray[np.generic]) -> Ints:
        """How many values fall in each slot."""
        slots = np.zeros(self.bounds.size + self.bounds.shape[1], np.int64)
        rows = max(1, BLOCK_VALUES // part.shape[1])
        for first in range(0, len(part), rows):
            block = np.asarray(part[first : first + rows], np.float64)
            slots += np.bincount(self._slot_numbers(block).ravel(), minlength=len(slots))
        return slots

    def _slot_numbers(self, block: Floats) -> NDArray[np.intp]:
        """Slot of each value.

        `Grid.steps` never falls where x rises, hence a bound in an earlier step is at most x and one in a later step
        above x; only the bounds in x's own step have to be compared. So slots rise with x, and those between
        two bounds hold exactly what `searchsorted` puts between them.
        """
        with np.errstate(over="ignore"):
            steps = block * self.factors
            steps -= self.origins
            steps *= self.scales
        steps += 1.0
        np.fmax(steps, 0.0, out=steps)
        np.minimum(steps, self.cells + 1.0, out=steps)
        numbers: NDArray[np.intp] = steps.astype(np.intp)
        numbers += self.offsets
        slots = numbers * (len(self.bounds) + 1)
        for bounds in self.bounds:
            np.take(bounds, numbers, out=steps, mode="clip")
            slots += block >= steps
        return slots


def _most_in_one_step(grid: Grid) -> int:
    return int(np.unique(grid.steps(grid.bounds).astype(np.intp), return_counts=True)[1].max())
