"""Many grids at once: a matrix of rows becomes counts in a few array operations per block.

The trick: within a uniform fine cell at most one bin edge lies, so a value's bin is known from its cell and one
comparison. That comparison becomes the last bit of a slot number, one `bincount` over the slots gives everything,
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

    Slots: column after column, two per step of the cell formula, even below and odd from the bound in that
    step. Step 0 has no bound of its own and takes -inf, so that its odd slot is what lies below and its even
    slot, where the comparison fails, is NaN.
    """

    def __init__(self, grids: Sequence[Grid], first: int, start: int) -> None:
        self.columns = slice(first, first + len(grids))
        self.cells = grids[0].cells
        self.factors = np.array([grid.factor for grid in grids])
        self.origins = np.array([grid.origin for grid in grids])
        self.scales = np.array([grid.scale for grid in grids])
        self.offsets = np.arange(len(grids)) * (self.cells + 2)
        self.bounds = np.full(len(grids) * (self.cells + 2), np.inf)
        self.bounds[self.offsets] = -np.inf
        self.crowded: list[tuple[int, Grid, slice]] = []
        starts: list[int] = []
        targets: list[int] = []
        last_steps = np.empty(len(grids), np.intp)
        for j, grid in enumerate(grids):
            place = slice(start, start + grid.bins + len(SPECIALS))
            start = place.stop
            steps = grid.steps(grid.bounds).astype(np.intp)
            last_steps[j] = steps[-1]
            even = 2 * int(self.offsets[j])
            if np.all(np.diff(steps) > 0):
                self.bounds[self.offsets[j] + steps] = grid.bounds
                starts += [even, even + 1, *(even + 2 * steps + 1).tolist()]
                order = [grid.bins + 2, grid.bins, *range(grid.bins), grid.bins + 1]
                targets += [place.start + at for at in order]
            else:  # several bounds in one step: only the outermost matter here, for the cells
                self.bounds[self.offsets[j] + steps[[0, -1]]] = grid.bounds[[0, -1]]
                self.crowded.append((j, grid, place))
                starts.append(even)
                targets.append(-1)
        self.starts = np.array(starts)
        self.targets = np.array(targets)
        self._set_corrections(last_steps)

    def _set_corrections(self, last_steps: NDArray[np.intp]) -> None:
        """Which slots sit on the wrong side of the range, where rounding took a value over an outer edge.

        The first bound lies in step 1, the last in step `cells` or the one after.
        """
        self.missing = 2 * self.offsets
        self.low = 2 * (self.offsets + 1)
        inside = last_steps == self.cells
        self.high = 2 * (self.offsets + last_steps) + inside
        self.high_sign = np.where(inside, 1, -1)

    def add(self, matrix: NDArray[np.generic], bins: Ints, cells: Ints) -> None:
        part = matrix[:, self.columns]
        if not part.size:
            return
        slots = self._slots(part)
        known = self.targets >= 0
        bins[self.targets[known]] += np.add.reduceat(slots, self.starts)[known]
        for j, grid, place in self.crowded:
            bins[place] += grid.count(part[:, j])
        steps = (slots[0::2] + slots[1::2]).reshape(-1, self.cells + 2)
        low, high = slots[self.low], self.high_sign * slots[self.high]
        steps[:, 0] += low - slots[self.missing]
        steps[:, 1] -= low
        steps[:, -2] -= high
        steps[:, -1] += high
        cells[self.columns] += steps

    def _slots(self, part: NDArray[np.generic]) -> Ints:
        """How many values fall in each slot."""
        slots = np.zeros(2 * len(self.bounds), np.int64)
        rows = max(1, BLOCK_VALUES // part.shape[1])
        for first in range(0, len(part), rows):
            block = np.asarray(part[first : first + rows], np.float64)
            slots += np.bincount(self._slot_numbers(block).ravel(), minlength=len(slots))
        return slots

    def _slot_numbers(self, block: Floats) -> NDArray[np.intp]:
        """Twice the step, plus whether the bound in that step is reached.

        `Grid.steps` never falls where x rises, hence a bound in an earlier step is below x and one in a later
        step above x; only the bound in x's own step has to be compared. So slots rise with x, and the slots
        between two bounds hold exactly what `searchsorted` puts between them.
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
        np.take(self.bounds, numbers, out=steps, mode="clip")
        reached = block >= steps
        numbers += numbers
        numbers += reached
        return numbers
