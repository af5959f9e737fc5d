"""Many graders at once: a matrix of rows becomes grades in a few array operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.multivariate.grades import HIGHEST, Grader

CELLS: Final = 1024
MAX_LEVELS: Final = 4
"""Bounds of grades that may lie in one cell before a column is graded by itself."""

_REACHES: Final = (2**6, 2**16, 2**32)
"""How far the bounds of grades are looked for at first, in floats."""

_MASK: Final = np.int64(2**63 - 1)


class GradeSet:
    """Grades of F columns; equal to each column's own `Grader`, at a third of its price for hundreds of rows.

    A grader is a staircase of at most 200 steps. The range of each column is cut into uniform cells; a value's grade is
    that of where its cell begins, and one more for each bound in the cell that it reaches. Columns that are so skewed
    that many bounds share a cell are graded by their own graders.

    Args:
        graders: one per column.

    >>> graders = [Grader.fit(np.arange(1001.0)), Grader.fit(np.array([0.0, 1.0]))]
    >>> GradeSet(graders)(np.array([[250.0, 1.0], [np.nan, -np.inf]])).tolist()
    [[-50.0, 50.0], [nan, -50.0]]
    """

    def __init__(self, graders: Sequence[Grader]) -> None:
        self._graders = tuple(graders)
        columns = len(self._graders)
        self._origins, self._scales = np.zeros(columns), np.zeros(columns)
        self._offsets = np.arange(columns) * (CELLS + 2) + 1
        self._lowest = np.zeros(columns * (CELLS + 2), np.int8)
        self._bounds = np.full((MAX_LEVELS, columns * (CELLS + 2)), np.nan)  # which nothing reaches, not even inf
        self._alone = [place for place, grader in enumerate(self._graders) if not self._enter(place, grader)]
        filled = np.isfinite(self._bounds).any(axis=1)
        self._bounds = self._bounds[filled]

    def __call__(self, matrix: Floats) -> Floats:
        """Grades of a matrix of shape (n, F), same shape; NaN stays NaN."""
        with np.errstate(over="ignore", invalid="ignore"):
            steps = matrix - self._origins
            steps *= self._scales
        np.clip(steps, -1.0, float(CELLS), out=steps)
        holed = bool(np.isnan(steps.sum()))
        if holed:
            np.fmax(steps, -1.0, out=steps)
        cells = steps.astype(np.intp)
        cells += self._offsets
        whole = np.take(self._lowest, cells, mode="clip")
        for bounds in self._bounds:
            np.take(bounds, cells, out=steps, mode="clip")
            whole += np.greater_equal(matrix, steps).view(np.int8)
        grades: Floats = whole.astype(np.float64)
        if holed:
            grades[np.isnan(matrix)] = np.nan
        for place in self._alone:
            grades[:, place] = self._graders[place](matrix[:, place])
        return grades

    def _enter(self, place: int, grader: Grader) -> bool:
        """Lay out one column; False where its bounds lie too close together for cells."""
        lowest, bounds = _staircase(grader)
        cells = np.zeros(bounds.size, np.intp)
        if bounds.size:
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                scale = np.float64(CELLS) / (bounds[-1] - bounds[0])
                scale = scale if np.isfinite(scale) else np.float64(0.0)
                self._origins[place], self._scales[place] = bounds[0], scale
                cells = np.clip((bounds - bounds[0]) * scale, -1.0, CELLS).astype(np.intp) + 1
        ranks = np.arange(bounds.size) - np.searchsorted(cells, cells)
        if ranks.max(initial=0) >= MAX_LEVELS or not _faithful(grader, lowest, bounds):
            self._scales[place] = 0.0
            return False
        start = place * (CELLS + 2)
        per_cell = np.bincount(cells, minlength=CELLS + 2)
        self._lowest[start : start + CELLS + 2] = lowest + np.cumsum(per_cell) - per_cell
        self._bounds[ranks, start + cells] = bounds
        return True


def _staircase(grader: Grader) -> tuple[float, Floats]:
    """The lowest grade, and the smallest value of each grade above it, by bisection over the floats around a guess."""
    ends = grader(np.array([-np.inf, np.inf]))
    wanted = np.arange(ends[0] + 1, ends[1] + 1)
    below, reached = _around(grader, wanted)
    while (below + 1 < reached).any():
        middle = (below >> 1) + (reached >> 1) + (below & reached & 1)
        there = grader(_floats(middle)) >= wanted
        below, reached = np.where(there, below, middle), np.where(there, middle, reached)
    return float(ends[0]), _floats(reached)


def _around(grader: Grader, wanted: Floats) -> tuple[Ints, Ints]:
    """Ranks of floats of a lower grade than is wanted, and of such that reach it, near to where that should be."""
    lowest, highest = _ranked(np.array([-np.inf, np.inf])).tolist()
    below = reached = _ranked(np.interp((wanted - 0.5) / HIGHEST, grader.levels, grader.knots))
    for reach in _REACHES:
        short, far = grader(_floats(below)) >= wanted, grader(_floats(reached)) < wanted
        below = np.where(short, np.maximum(below - reach, lowest), below)
        reached = np.where(far, np.minimum(reached + reach, highest), reached)
    short, far = grader(_floats(below)) >= wanted, grader(_floats(reached)) < wanted
    return np.where(short, lowest, below), np.where(far, highest, reached)


def _faithful(grader: Grader, lowest: float, bounds: Floats) -> bool:
    """Whether the staircase gives the knots, which discrete columns consist of, the grades that the grader does."""
    knots = np.array(grader.knots)
    return bool((lowest + np.searchsorted(bounds, knots, side="right") == grader(knots)).all())


def _ranked(values: Floats) -> Ints:
    """Whole numbers in the order of the floats."""
    bits = values.view(np.int64)
    ranked: Ints = bits ^ ((bits >> 63) & _MASK)
    return ranked


def _floats(ranked: Ints) -> Floats:
    values: Floats = (ranked ^ ((ranked >> 63) & _MASK)).view(np.float64)
    return values
