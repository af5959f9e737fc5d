"""Rows of numbers and categories as a design matrix: standardised, one column per category, missing marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.multivariate.standardising import Standardiser

MAX_CATEGORIES: Final = 50
"""Categories of a column with a design column of their own, the most frequent; the rest share none."""


@dataclass(frozen=True, slots=True, eq=False)
class MixedRows:
    """Rows of which some columns are numbers and some are categories.

    Attributes:
        numbers: float64 of shape (n, F), NaN where missing.
        places: int64 of shape (n, C), the number of each row's category, negative where missing.

    """

    numbers: Floats
    places: Ints

    def __post_init__(self) -> None:
        if self.numbers.ndim != 2 or self.places.ndim != 2 or len(self.numbers) != len(self.places):
            raise ValueError(
                f"numbers have shape {self.numbers.shape}, places {self.places.shape}; give rows x columns of the same"
                " rows, with 0 columns where there are none of a kind"
            )

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: Ints) -> MixedRows:
        """The rows at these positions."""
        return MixedRows(self.numbers[rows], self.places[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A design matrix and what its columns stand for.

    Attributes:
        matrix: float64 of shape (n, P).
        features: shape (P,), for each design column the position of its feature: numbers first, then categories.

    """

    matrix: Floats
    features: Ints


def design_of(rows: Sequence[MixedRows]) -> Design:
    """The rows of several tables, one below the other, as one design matrix.

    A number is standardised by all rows together, missing ones take the mean and, where there are any, an indicator of
    their own. A category has an indicator column, standardised likewise; constant columns are left out.

    >>> design_of([MixedRows(np.array([[1.0], [np.nan]]), np.array([[0], [2]]))]).features.tolist()
    [0, 1, 1]
    """
    numbers, places = (np.concatenate([getattr(part, kind) for part in rows]) for kind in ("numbers", "places"))
    blocks, features = [numbers], list(range(numbers.shape[1]))
    for feature, column in enumerate(numbers.T):
        missing = ~np.isfinite(column)
        if missing.any():
            blocks.append(missing[:, None].astype(np.float64))
            features.append(feature)
    for feature, column in enumerate(places.T, numbers.shape[1]):
        found, sizes = np.unique(np.maximum(column, -1), return_counts=True)
        frequent = found[np.argsort(-sizes, kind="stable")[:MAX_CATEGORIES]]
        blocks.append((np.maximum(column, -1)[:, None] == frequent).astype(np.float64))
        features.extend([feature] * frequent.size)
    raw = np.concatenate(blocks, axis=1)
    matrix = Standardiser.fit(raw)(raw) if len(raw) else raw
    varied = np.ptp(matrix, axis=0) > 0 if len(raw) else np.zeros(raw.shape[1], np.bool_)
    return Design(matrix[:, varied], np.array(features, np.int64)[varied])
