"""A reference's own scale for a numeric column: where a value ranks among the reference's, in whole steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Floats

HIGHEST: Final = 100
"""Grades are the whole numbers from -100, below all of the reference, to 100, above all of it."""

_KNOTS: Final = 64


@dataclass(frozen=True, slots=True)
class Grader:
    """A rising map from a column's values to grades.

    Grades put every column on one bounded scale: the correlation of two graded columns is Spearman's, by ranks in the
    reference, so heavy tails and values like 1e308 have no more weight than their rank; and as grades are small whole
    numbers, sums of their products are exact.

    Attributes:
        knots: rising values of the reference, at most 65.
        levels: middle rank of each knot in the reference, from -1 to 1; between knots the rank is interpolated.

    >>> grader = Grader.fit(np.arange(1001.0))
    >>> grader(np.array([-5.0, 0.0, 250.0, 500.0, 9e9, np.nan])).tolist()
    [-100.0, -100.0, -50.0, 0.0, 100.0, nan]
    """

    knots: tuple[float, ...]
    levels: tuple[float, ...]

    @classmethod
    def fit(cls, sample: Floats) -> Grader:
        """From the finite values of a sample of the reference; a sample without any gives every value grade 0."""
        ordered = np.sort(sample[np.isfinite(sample)])
        if not ordered.size:
            return cls((0.0,), (0.0,))
        picks = np.round(np.linspace(0, ordered.size - 1, _KNOTS + 1)).astype(np.intp)
        knots = np.unique(ordered[picks])
        ranks = np.searchsorted(ordered, knots, side="left") + np.searchsorted(ordered, knots, side="right")
        return cls(tuple(knots.tolist()), tuple(np.round(ranks / ordered.size - 1, 6).tolist()))

    def __call__(self, values: Floats) -> Floats:
        """Grades of values, same shape, whole numbers as float64; NaN stays NaN."""
        # Halved, no two knots are further apart than a float can say.
        ranks = np.interp(values / 2, np.array(self.knots) / 2, self.levels)
        # One knot alone would give NaN its level too.
        grades: Floats = np.where(np.isnan(values), np.nan, np.rint(ranks * HIGHEST) + 0.0)
        return grades
