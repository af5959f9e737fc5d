"""Columns brought to mean 0 and standard deviation 1 by what a reference was, with bounds that no value can break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Floats

LIMIT: Final = 100.0
"""Standard deviations beyond which a value counts no further: its square stays finite, one row stays one row."""

_SMALLEST: Final = 1e-300
"""A spread below this has no float of half its size left; the column counts as constant."""


@dataclass(frozen=True, slots=True, eq=False)
class Standardiser:
    """Centre and scale of F columns.

    Attributes:
        centre: means, shape (F,).
        scale: standard deviations with divisor n, shape (F,); 1 for a constant column.

    >>> Standardiser.fit(np.array([[1.0], [3.0]]))(np.array([[3.0], [np.nan], [1e308]])).tolist()
    [[1.0], [0.0], [100.0]]
    """

    centre: Floats
    scale: Floats

    @classmethod
    def fit(cls, matrix: Floats) -> Standardiser:
        """From the finite values of a matrix of shape (n, F); a column without any has centre 0 and scale 1."""
        finite = np.isfinite(matrix)
        counts = np.maximum(finite.sum(axis=0), 1)
        values = np.where(finite, matrix, 0.0)
        # A power of two is divided out without rounding, so that neither sum nor square overflows.
        unit = np.exp2(np.frexp(np.abs(values).max(axis=0, initial=0.0))[1] - 1.0)
        small = values / unit
        mean = small.sum(axis=0) / counts
        spread = np.sqrt(np.where(finite, np.square(small - mean), 0.0).sum(axis=0) / counts)
        constant = (spread <= 1e-14 * np.abs(mean)) | (spread * unit < _SMALLEST)
        return cls(mean * unit, np.where(constant, 1.0, spread * unit))

    def __call__(self, matrix: Floats) -> Floats:
        """(x - centre) / scale, shape (n, F), within `LIMIT`; what is not finite takes the mean, 0."""
        present = np.where(np.isfinite(matrix), matrix, self.centre)
        with np.errstate(over="ignore"):
            standardised: Floats = (present / 2 - self.centre / 2) / (self.scale / 2)
        return np.clip(standardised, -LIMIT, LIMIT)
