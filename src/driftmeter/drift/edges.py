"""Where the bins of a numeric column begin and end: quantiles, with bins of their own for values that repeat."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats

FEW_VALUES = 20
"""Up to this many distinct values, each gets a bin of its own."""

_REPEATS = 5
"""Distinct fractions get bins of their own only if each came this often: five measured lengths are no five classes."""


def quantile_edges(values: Floats, bins: int, *, integral: bool, low: float, high: float) -> tuple[float, ...]:
    """Rising edges of bins [a, b), the last one [a, b], that hold about the same share of `values`.

    A value that makes up more than a bin's share gets a bin of its own, so that neither ties nor a constant hide a
    change beside it; a value outside [low, high] is outside all bins.

    Args:
        values: finite sample, shape (n,), n >= 1, in any order.
        bins: quantile bins asked for; ties give fewer or, with bins of their own, up to twice as many.
        integral: whether all values are whole numbers, so that a value's own bin may reach to the next whole number.
        low: smallest value of the column, not above the sample's.
        high: largest value of the column, not below the sample's.

    >>> quantile_edges(np.arange(1.0, 101.0), 4, integral=True, low=1.0, high=100.0)
    (1.0, 25.0, 50.0, 75.0, 100.0)
    >>> quantile_edges(np.array([0.0] * 50 + [0.5, 1.5]), 4, integral=False, low=0.0, high=1.5)
    (0.0, 5e-324, 1.5)

    """
    levels = np.arange(1, bins) / bins
    inner = np.quantile(values, levels, method="inverted_cdf") if bins > 1 else np.empty(0)
    starts, repeats = np.unique(np.concatenate([[low], inner, [high]]), return_counts=True)
    alone = starts[repeats > 1]
    return _edges(starts, alone, integral=integral)


def value_edges(values: Floats, *, integral: bool) -> tuple[float, ...]:
    """Edges that give each of a few distinct values a bin of its own, and what lies between them bins too.

    The two largest of all floats share one, as nothing lies above them.

    >>> value_edges(np.array([0.0, 1.0, 5.0]), integral=True)
    (0.0, 1.0, 2.0, 5.0, 5.5)

    """
    return _edges(values, values, integral=integral)


def deserve_own_bins(distinct: Floats, rows: int, *, integral: bool) -> bool:
    """Whether so few distinct values came that each is better counted by itself."""
    return distinct.size <= FEW_VALUES and (integral or rows >= _REPEATS * distinct.size)


def _edges(starts: NDArray[np.float64], alone: NDArray[np.float64], *, integral: bool) -> tuple[float, ...]:
    """The starts of bins, and the ends of those that hold one value alone, never beyond the next start."""
    with np.errstate(over="ignore"):
        just_above = np.nextafter(alone, math.inf)
    whole = integral and starts.size > 1  # a constant keeps the narrowest bin: 3.25 instead of 3 is a change
    ends = np.maximum(alone + 1, just_above) if whole else just_above
    top = np.maximum(alone[-1:] + 0.5, just_above[-1:]) if whole else just_above[-1:]
    following = np.append(starts, top)[np.searchsorted(starts, alone, side="right")]
    edges = np.unique(np.concatenate([starts, np.minimum(ends, following)]))
    if np.isinf(edges[-1]):  # the largest float has none above it: its own bin begins one below
        edges = np.unique([*edges[:-2], np.nextafter(edges[-2], 0), edges[-2]])
    return tuple(edges.tolist())


def check_edges(edges: tuple[float, ...], name: str) -> None:
    """Raise ValueError unless there are at least two finite edges, each above the one before."""
    if len(edges) < 2:
        raise ValueError(f"column {name!r} has {len(edges)} bin edges; a numeric column needs at least 2")
    for before, after in pairwise(edges):
        if not (math.isfinite(before) and math.isfinite(after) and before < after):
            raise ValueError(
                f"the bin edges of column {name!r} do not rise: {before!r} is followed by {after!r};"
                " edges must be finite and each above the one before (build the reference again with from_data)"
            )
