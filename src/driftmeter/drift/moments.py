"""Mean and spread of a column that arrives in chunks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from driftmeter.columns import Floats


@dataclass(frozen=True, slots=True)
class Moments:
    """Number, mean, sum of squared deviations, minimum and maximum of finite values.

    >>> Moments.of(np.array([1.0, 3.0])).merge(Moments.of(np.array([5.0]))).std
    1.632993161855452

    """

    count: int = 0
    mean: float = 0.0
    deviations: float = 0.0
    """Sum of squared deviations from the mean."""
    low: float = math.inf
    high: float = -math.inf

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """The moments of an array; NaN and infinities are left out."""
        finite = values[np.isfinite(values)]
        if not finite.size:
            return cls()
        with np.errstate(over="ignore", invalid="ignore"):  # the variance of 1e308 has no float
            mean = float(finite.mean())
            deviations = float(np.square(finite - mean).sum())
        return cls(finite.size, mean, deviations, float(finite.min()), float(finite.max()))

    def merge(self, other: Moments) -> Moments:
        """The moments of both samples together.

        Source: Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample
        variances" (1979).
        """
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        gap = other.mean - self.mean
        return Moments(
            count,
            self.mean + gap * other.count / count,
            self.deviations + other.deviations + gap * gap * self.count * other.count / count,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def std(self) -> float:
        """Standard deviation, with divisor n."""
        return math.sqrt(self.deviations / self.count) if self.count else math.nan
