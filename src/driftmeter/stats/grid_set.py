"""Many grids at once: rows become counts in a few array operations per block.

The trick: within a uniform fine cell few bin edges lie, mostly one, so a value's bin is known from its cell and one
comparison. One `bincount` of all cells and one of those whose edge is reached give everything: the cells of a column
rise with the value, and what lies between two edges is summed up afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.blocks import Stepper, Values, Work, block_of, column_of, row_count, rows_per_block, scratch
from driftmeter.stats.grid import SPECIALS, Grid

FEW_ROWS: Final = 768  # so many are placed value by value, which costs less than a look at every cell
MAX_LEVELS: Final = 4  # bounds that may lie in one step before their column is searched instead
SEARCH_COST: Final = 18  # what searching one value costs, in levels
BLOCK_COLUMNS: Final = 20  # more columns would make the cells, not the values, the bulk of the work


class GridSet:
    """Counts of F numeric columns, accumulated from their rows; equal to `Grid.count` column by column.

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

    def count(self, values: Values) -> tuple[Ints, Ints]:
        """The counts of some rows, as `add` would leave them in zeros."""
        bins = np.zeros(self.total, np.int64)
        cells = np.zeros((self.columns, self.cells + 2), np.int64)
        self.add(values, bins, cells)
        return bins, cells

    def add(self, values: Values, bins: Ints, cells: Ints) -> None:
        """Add the counts of some rows to running ones, in place.

        Args:
            values: a matrix of shape (n, F), or F arrays of shape (n,); any real dtype, NaN is missing.
            bins: int64, shape (total,): the vectors of `Grid.count` end to end, column j at `slices[j]`.
            cells: int64, shape (F, cells + 2): one line of `Grid.count_cells` per column.

        Raises:
            ValueError: another number of columns, columns of unequal length, or what holds no real numbers.
        """
        _check(values, self.columns)
        for group in self._groups:
            group.add(values, bins, cells)

    def count_each(self, values: Values, bounds: Sequence[int]) -> list[Ints]:
        """The counts of the rows between each two bounds.

        Args:
            values: as for `add`.
            bounds: rising positions of rows.

        Returns:
            For each part of the rows one new int64 vector: bins and then cells as `count` has them, end to end.

        """
        _check(values, self.columns)
        found: list[Ints] = []
        first = 0
        while first < len(bounds) - 1:
            last = bisect_right(bounds, bounds[first] + FEW_ROWS, lo=first) - 1
            if last > first:
                found += self._few(values, bounds[first : last + 1])
            else:
                last = first + 1
                found.append(self._many(values, slice(bounds[first], bounds[last])))
            first = last
        return found

    def _many(self, values: Values, rows: slice) -> Ints:
        counts = np.zeros(self.total + self.columns * (self.cells + 2), np.int64)
        chosen = values[rows] if isinstance(values, np.ndarray) else [column[rows] for column in values]
        self.add(chosen, counts[: self.total], counts[self.total :].reshape(self.columns, -1))
        return counts

    def _few(self, values: Values, bounds: Sequence[int]) -> list[Ints]:
        rows, size = slice(bounds[0], bounds[-1]), self.total + self.columns * (self.cells + 2)
        places = [group.places(values, rows, self.total, size) for group in self._groups]
        together = places[0] if len(places) == 1 else np.concatenate(places, axis=1)
        return [
            np.bincount(together[start - rows.start : stop - rows.start].ravel(), minlength=size + 1)[:size]
            for start, stop in pairwise(bounds)
        ]


class _Group:
    """Neighbouring columns whose steps are numbered together.

    Column after column, step after step of the cell formula, it is counted how many values fall there and how many of
    these reach each bound in it. Step 0 has no bound of its own and takes -inf, which is reached by what lies below,
    and by NaN is not. A slot is what reaches so many of the bounds of a step, `levels` + 1 of them to each step.
    """

    def __init__(self, grids: Sequence[Grid], first: int, start: int) -> None:
        self.columns = slice(first, first + len(grids))
        self.cells = grids[0].cells
        self.stepper = Stepper(grids)
        offsets = np.arange(len(grids)) * (self.cells + 2)
        self.searched: list[tuple[int, Grid, slice]] = []
        needed = [_most_in_one_step(grid) for grid in grids]
        levels = min(range(1, MAX_LEVELS + 1), key=lambda n: n * len(grids) + SEARCH_COST * sum(m > n for m in needed))
        self.bounds = np.full((levels, len(grids) * (self.cells + 2)), np.inf)
        self.bounds[0, offsets] = -np.inf
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
                self.searched.append((first + j, grid, place))
                bounds, inside = bounds[[0, -1]], [-1]
            self.missing_at[j] = len(starts)
            starts += self._enter(bounds, grid.steps(bounds) + offsets[j], offsets[j])
            targets += [missing, below, *inside, above]
        self.starts, self.targets = np.array(starts), np.array(targets)
        self.known = np.flatnonzero(self.targets >= 0)
        self.steps, level = np.divmod(self.starts, levels + 1)
        self.apart = np.append(self.steps[:-1] != self.steps[1:], True)
        self.by_level = [(at, self.steps[at]) for at in (np.flatnonzero(level == n) for n in range(1, levels + 1))]
        self.above_at = np.append(self.missing_at[1:], len(starts)) - 1
        self._placed: Ints | None = None

    def _enter(self, bounds: Floats, steps: NDArray[np.intp], offset: np.intp) -> list[int]:
        """Enter a column's bounds; gives the slots where missing, below and the reach of each bound begin."""
        ranks = np.arange(len(steps)) - np.searchsorted(steps, steps)
        self.bounds[ranks, steps] = bounds
        width = len(self.bounds) + 1
        return [int(offset) * width, int(offset) * width + 1, *(steps * width + ranks + 1).tolist()]

    def places(self, values: Values, rows: slice, cells_from: int, nowhere: int) -> NDArray[np.int32]:
        """Where each value of some rows counts in a vector of all columns' bins and then their cells.

        Args:
            values: of all columns.
            rows: which.
            cells_from: where in that vector the cells of the first column begin.
            nowhere: the place for the cell of a missing value.

        Returns:
            Bin and cell of each value in turn, shape (rows, 2 F).

        """
        if self._placed is None:
            self._placed = self._slot_places(cells_from, nowhere)
        work = scratch((rows.stop - rows.start) * len(self.missing_at))
        block = block_of(values, self.columns, rows)
        steps = self.stepper(block, work)
        pairs = np.take(self._placed[0], steps, mode="clip")
        for placed, flags in zip(self._placed[1:], self._reaching(block, work), strict=True):
            reaching = flags.nonzero()[0]
            pairs[reaching] = placed[steps[reaching]]
        places = pairs.view(np.int32).reshape(-1, 2 * len(self.missing_at))
        for j, grid, place in self.searched:
            places[:, 2 * (j - self.columns.start)] = place.start + grid.assign(column_of(values, j)[rows])
        return places

    def _slot_places(self, cells_from: int, nowhere: int) -> Ints:
        """The places for a value in each step, by how many bounds it reaches there, shape (1 + levels, steps).

        A pair is taken as one number of 8 bytes, which is faster than two.
        """
        lines, slot_count = self.cells + 2, self.bounds.size + self.bounds.shape[1]
        columns, steps = np.divmod(np.arange(slot_count) // (len(self.bounds) + 1), lines)
        reach = np.diff(np.append(self.starts, slot_count))
        # The outermost cells hold what lies beyond the range, and nothing else: see `add`.
        beyond = np.zeros(self.starts.size, np.intp)
        beyond[self.missing_at + 1], beyond[self.above_at] = -1, 1
        side = np.repeat(beyond, reach)
        cells = np.where(side < 0, 0, np.where(side > 0, self.cells + 1, np.clip(steps, 1, self.cells)))
        places = np.stack([np.repeat(self.targets, reach), cells_from + (self.columns.start + columns) * lines + cells])
        places[1, self.starts[self.missing_at]] = nowhere
        pairs = np.ascontiguousarray(places.T, np.int32).view(np.int64)
        return np.ascontiguousarray(pairs.reshape(-1, len(self.bounds) + 1).T)

    def add(self, values: Values, bins: Ints, cells: Ints) -> None:
        reached = self._reached(values)
        if not reached:
            return
        short = np.zeros(self.steps.size, np.int64)  # of the bound: what its step holds before it
        for line, (places, steps) in zip(reached[1:], self.by_level, strict=True):
            short[places] = reached[0][steps] - line[steps]
        sums = np.add.reduceat(reached[0], self.steps) * self.apart - short
        sums[:-1] += short[1:]
        bins[self.targets[self.known]] += sums[self.known]
        for j, grid, place in self.searched:
            bins[place.start : place.start + grid.bins] += grid.count(column_of(values, j))[: grid.bins]
        steps = reached[0].reshape(-1, self.cells + 2)
        # Rounding can carry a value just outside the range into the outermost cell, or the reverse; the sums know.
        below, above = sums[self.missing_at + 1], sums[self.above_at]
        steps[:, 1] += steps[:, 0] - sums[self.missing_at] - below
        steps[:, -2] += steps[:, -1] - above
        steps[:, 0], steps[:, -1] = below, above
        cells[self.columns] += steps

    def _reached(self, values: Values) -> list[Ints]:
        """How many values fall in each step, then of those how many reach each level's bound; empty without rows."""
        total: list[Ints] = []
        rows, width = row_count(values), len(self.missing_at)
        for first in range(0, rows, step := rows_per_block(width)):
            work = scratch(min(step, rows - first) * width)
            block = block_of(values, self.columns, slice(first, first + step))
            steps = self.stepper(block, work)
            falling = [steps, *(steps.compress(flags) for flags in self._reaching(block, work))]
            counts = [np.bincount(some, minlength=self.bounds.shape[1]) for some in falling]
            total = [line + more for line, more in zip(total, counts, strict=True)] if total else counts
        return total

    def _reaching(self, block: Floats, work: Work) -> Iterator[NDArray[np.bool_]]:
        """Which values reach the bounds of each level in their step, of which the numbers are in `work`.

        The steps never fall where x rises, hence a bound in an earlier step is at most x and one in a later step
        above x; only the bounds in x's own step have to be compared. So what comes before a bound is exactly what
        `searchsorted` puts there.
        """
        for bounds in self.bounds:
            np.take(bounds, work.steps, out=work.floats, mode="clip")
            yield np.greater_equal(block.ravel(), work.floats, out=work.flags)


def _check(values: Values, columns: int) -> None:
    if isinstance(values, np.ndarray):
        fits = values.ndim == 2 and values.shape[1] == columns and values.dtype.kind in "fiub"
    else:
        fits = len(values) == columns and all(
            column.shape == (len(values[0]),) and column.dtype.kind in "fiub" for column in values
        )
    if not fits:
        raise ValueError(f"{_described(values)}; these grids count real numbers of shape (n, {columns})")


def _described(values: Values) -> str:
    if isinstance(values, np.ndarray):
        return f"matrix is {values.dtype} of shape {values.shape}"
    return f"columns are {[f'{column.dtype} of shape {column.shape}' for column in values[:8]]}"


def _most_in_one_step(grid: Grid) -> int:
    return int(np.bincount(grid.steps(grid.bounds)).max())
