"""The frozen rule that turns the values of one numeric column into counts.

A grid keeps two resolutions over one range: the bins of the reference, for PSI and its kin, and a few hundred
uniform cells, for Kolmogorov-Smirnov and Wasserstein. This module states the rule plainly; `grid_set` applies it
fast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.arrays import Floats, Ints

SPECIALS: Final = ("below", "above", "missing", "unseen")
"""What can happen to a value outside every bin; the last entries of each vector of counts, in this order."""

_HUGE: Final = 2.0**1022
_TINY: Final = 2.0**-900


class Grid:
    """Bins and fine cells of one numeric column.

    Counts come as int64 vectors of two layouts:

    - bins, length B + 4: `[bin_0 ... bin_{B-1}, below, above, missing, unseen]`. Bin i holds
      edges[i] <= x < edges[i+1], the last bin its upper edge too; NaN is missing; -inf is below, +inf above.
      Nothing numeric is unseen: that place is for whoever meets a value that is no number.
    - cells, length cells + 2: `[below, cell_0 ... cell_{cells-1}, above]`, without the missing.

    Args:
        edges: B + 1 finite, strictly rising numbers.
        cells: fine cells over [edges[0], edges[-1]], at least 2.

    Raises:
        ValueError: edges that are too few, not finite or not rising; too few cells.

    >>> grid = Grid([0.0, 1.0, 2.0], cells=4)
    >>> grid.count(np.array([0.0, 0.5, 1.0, 2.0, 2.1, -1.0, np.nan])).tolist()
    [2, 2, 1, 1, 1, 0]
    >>> grid.count_cells(np.array([0.0, 0.5, 1.0, 2.0, 2.1, -1.0, np.nan])).tolist()
    [1, 1, 1, 1, 1, 1]
    """

    __slots__ = ("_bounds", "_layout", "cells", "edges", "factor", "origin", "scale")

    edges: Floats
    cells: int
    factor: float
    origin: float
    scale: float

    def __init__(self, edges: Sequence[float] | Floats, cells: int = 512) -> None:
        self.edges = _checked(edges)
        if cells < 2:
            raise ValueError(f"cells is {cells}; a fine grid needs at least 2 cells, usually 512")
        self.cells = cells
        self.factor = _factor(self.edges)
        self.origin = float(self.edges[0]) * self.factor
        self.scale = cells / (float(self.edges[-1]) * self.factor - self.origin)
        # The last bin holds its upper edge too, so what a value has to reach to be above is the next float.
        self._bounds = np.append(self.edges[:-1], math.nextafter(self.edges[-1], math.inf))
        self._layout = np.concatenate(([self.bins], np.arange(self.bins), [self.bins + 1]))

    @property
    def bins(self) -> int:
        """B, how many bins lie between the edges."""
        return len(self.edges) - 1

    @property
    def bounds(self) -> Floats:
        """The values at which the bin changes, shape (B + 1,): the number of bounds <= x tells x's place."""
        return self._bounds

    @property
    def cell_edges(self) -> Floats:
        """Edges of the fine cells, shape (cells + 1,), to within rounding of where values change cell."""
        steps = np.arange(self.cells + 1) / self.cells
        edges: Floats = self.edges[0] * (1 - steps) + self.edges[-1] * steps
        return edges

    def assign(self, values: NDArray[np.generic]) -> NDArray[np.intp]:
        """Place of each value in the layout of `count`."""
        numbers = np.asarray(values, np.float64)
        places = self._layout[np.searchsorted(self._bounds, numbers, side="right")]
        places[np.isnan(numbers)] = self.bins + 2
        return places

    def count(self, values: NDArray[np.generic]) -> Ints:
        """Counts by bin, layout as in the class. Cost grows with len(values); for many columns use `GridSet`."""
        return np.bincount(self.assign(values), minlength=self.bins + len(SPECIALS)).astype(np.int64)

    def count_cells(self, values: NDArray[np.generic]) -> Ints:
        """Counts by fine cell, layout as in the class."""
        numbers = np.asarray(values, np.float64)
        numbers = numbers[~np.isnan(numbers)]
        places = np.clip(self.steps(numbers), 1, self.cells)
        places[numbers < self.edges[0]] = 0
        places[numbers > self.edges[-1]] = self.cells + 1
        return np.bincount(places, minlength=self.cells + 2).astype(np.int64)

    def steps(self, values: Floats) -> NDArray[np.intp]:
        """The cell formula: cell number plus one, clipped to [0, cells + 1]; NaN goes to 0.

        Every operation rounds monotonically, so the formula never falls where x rises. All exactness of
        `GridSet` rests on this alone; where precisely a cell begins is free. Rounding towards zero, the cheapest,
        puts a value less than a cell below the range into the first cell.
        """
        with np.errstate(over="ignore"):
            raised = (values * self.factor - self.origin) * self.scale
        return np.minimum(np.fmax(raised, -1.0), float(self.cells)).astype(np.intp) + 1


def _checked(edges: Sequence[float] | Floats) -> Floats:
    checked = np.array(edges, np.float64)
    if checked.ndim != 1 or checked.size < 2:
        raise ValueError(f"edges has shape {checked.shape}; a grid needs at least 2 edges in one dimension")
    if not np.isfinite(checked).all():
        worst = checked[~np.isfinite(checked)][0]
        raise ValueError(f"edges hold {worst}; use finite edges, values outside them count as below or above")
    flat = np.flatnonzero(checked[1:] <= checked[:-1])
    if flat.size:
        at = int(flat[0])
        raise ValueError(
            f"edges do not rise: {checked[at]!r} is followed by {checked[at + 1]!r} at position {at + 1};"
            " sort them and merge equal ones (numpy.unique)"
        )
    checked.flags.writeable = False
    return checked


def _factor(edges: Floats) -> float:
    """A power of two that keeps the range and its reciprocal finite: 1 but for 1e308s and denormals."""
    low, high = float(edges[0]), float(edges[-1])
    if high / 4 - low / 4 > _HUGE / 8:
        return 2.0**-3
    return 2.0**900 if high - low < _TINY else 1.0
