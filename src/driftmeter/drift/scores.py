"""A row's rank in seven steps: what a shift moves first, and its size a change of scale; laws known from counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.bin_names import TAILS
from driftmeter.drift.column import ColumnReference
from driftmeter.stats.blocks import along, line_of

_FALLS: Final = (0.1, 0.2, 0.4)
_RISES: Final = (0.6, 0.8, 0.9)
_HIGHEST: Final = len(_RISES)

BLOCK: Final = 16
"""Rows whose scores are added up at once; 16 of 3 fit a byte."""

_FEWEST: Final = 100
"""Rows of the reference that must lie on either side of a bound: the share of fewer is known too badly."""


class Scores:
    """Scores of rows of numeric columns: how many of three upper bounds a value reaches, less the lower ones it misses.

    The bounds are the bin edges nearest to the quantiles 0.1, 0.2, 0.4, 0.6, 0.8 and 0.9, so that the reference's
    counts tell the law of the score exactly, whatever the distribution, ties and all. On normal rows the score knows
    95 % of what the mean knows of a shift (the scores 3, 2, 1 are nearly the normal means of their groups; Chernoff &
    Savage, "Asymptotic normality and efficiency of certain nonparametric test statistics", 1958), and no outlier
    moves it by more than one. A row without a number scores 0. The size of a score, 0 to 3, tells in the same way of a
    change of scale.

    Args:
        columns: numeric columns of a reference.

    >>> from driftmeter.drift import Reference
    >>> scores = Scores(list(Reference.from_data({"x": list(range(1000))}, model="demo").columns.values()))
    >>> scores.of(np.array([[0.0], [500.0], [999.0], [np.nan]]))[:, 0].tolist()
    [-3, 0, 3, 0]

    """

    def __init__(self, columns: Sequence[ColumnReference]) -> None:
        bounds = [_bounds(column) for column in columns]
        self._bounds = np.tile(np.array(bounds).reshape(-1, 2, _HIGHEST).transpose(1, 2, 0), BLOCK)
        by_bin = [_of_bins(column, *each) for column, each in zip(columns, bounds, strict=True)]
        self.by_bin: tuple[NDArray[np.int64], ...] = (*by_bin, *map(np.abs, by_bin))
        """The score of each bin of each column, tails and all; then the sizes of these scores."""

    def of(self, matrix: Floats) -> NDArray[np.int8]:
        """Scores of rows, shape (n, F) like the matrix, between -3 and 3."""
        falls, rises = self._told(matrix)
        scores: NDArray[np.int8] = rises - falls
        return scores

    def sums(self, matrix: Floats) -> NDArray[np.int64]:
        """Sums of the scores of some rows, and of their sizes, shape (2 F,)."""
        return _together(self._told(matrix).sum(axis=1, dtype=np.int64))

    def of_blocks(self, matrix: Floats) -> NDArray[np.int64]:
        """The same of each `BLOCK` rows, shape (K, 2 F), from K times as many rows."""
        told = self._told(matrix)
        return _together(_halved(told.reshape(2, -1, BLOCK, told.shape[2])))

    def _told(self, matrix: Floats) -> NDArray[np.int8]:
        """How many lower bounds each value misses, then how many upper ones it reaches, shape (2, n, F)."""
        values = matrix.reshape(-1)
        told, flags = np.zeros((2, values.size), np.int8), np.empty(values.size, np.bool_)
        for compare, bounds, found in zip((np.less, np.greater_equal), self._bounds, told, strict=True):
            for bound in bounds:
                along(compare, values, line_of(bound, math.ceil(len(matrix) / BLOCK)), flags)
                np.add(found, flags.view(np.int8), out=found)
        return told.reshape(2, *matrix.shape)

    def laws(self, counts: Sequence[Sequence[float] | Floats]) -> Floats:
        """Shares of the scores -3 to 3 among rows counted by bin, and of their sizes, shape (2 F, 7)."""
        found = np.zeros((len(self.by_bin), 2 * _HIGHEST + 1))
        for law, scores, rows in zip(found, self.by_bin, [*counts, *counts], strict=True):
            np.add.at(law, scores + _HIGHEST, rows)
        shares: Floats = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)
        return shares


VALUES: Final = np.arange(-_HIGHEST, _HIGHEST + 1, dtype=np.float64)
"""What a score can be, in the order of `Scores.laws`."""


def _together(told: NDArray[np.signedinteger[Any]]) -> NDArray[np.int64]:
    """Scores and their sizes side by side, shape (..., 2 F), from falls and rises, shape (2, ..., F)."""
    falls, rises = told
    return np.concatenate([rises - falls, rises + falls], axis=-1, dtype=np.int64)


def _halved(counts: NDArray[np.int8]) -> NDArray[np.int8]:
    """Sums over the last axis but one."""
    while counts.shape[-2] > 1:
        half = counts.shape[-2] // 2
        counts = counts[..., :half, :] + counts[..., half:, :]
    return counts[..., 0, :]


def _bounds(column: ColumnReference) -> tuple[list[float], list[float]]:
    """Lower bounds, missed by values below them, and upper ones; infinite where no edge has enough rows beyond it."""
    counts = np.array(column.counts, np.float64)
    bins, below, above = counts[: -len(TAILS)], counts[-len(TAILS)], counts[1 - len(TAILS)]
    under = below + np.cumsum(bins)[:-1]
    numbers = below + bins.sum() + above
    known = (under >= _FEWEST) & (numbers - under >= _FEWEST)
    edges, shares = np.array(column.edges)[1:-1][known], under[known] / max(numbers, 1.0)
    low, high = shares <= 0.5, shares > 0.5  # the median
    falls = [_nearest(edges[low], shares[low], quantile, -np.inf) for quantile in _FALLS]
    rises = [_nearest(edges[high], shares[high], quantile, np.inf) for quantile in _RISES]
    return falls, rises


def _nearest(edges: Floats, shares: Floats, quantile: float, none: float) -> float:
    return float(edges[np.argmin(np.abs(shares - quantile))]) if edges.size else none


def _of_bins(column: ColumnReference, falls: Sequence[float], rises: Sequence[float]) -> NDArray[np.int64]:
    starts = np.array(column.edges[:-1])
    scores = np.zeros(len(column.counts), np.int64)
    scores[: starts.size] = sum((starts >= bound).astype(int) for bound in rises)
    scores[: starts.size] -= sum((starts < bound).astype(int) for bound in falls)
    scores[starts.size] = -sum(bound > -np.inf for bound in falls)
    scores[starts.size + 1] = sum(bound < np.inf for bound in rises)
    return scores
