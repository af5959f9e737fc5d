"""Sums of products over pairs of columns: from them come correlations and the law of their chance, and they add."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.multivariate.grades import HIGHEST

POWERS: Final = ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (1, 3), (2, 2))
"""The exponents (p, q) of the sums that are kept; those with p > q are their transposes."""

_PLACES: Final = {powers: place for place, powers in enumerate(POWERS)}
_PART: Final = 2048
"""Rows per matrix product: their powers stay in the cache, and the sums whole numbers that a float64 holds exactly."""

_NO_SPREAD: Final = 1e-9
"""A variance of graded values is 0 or at least about 1/rows."""


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """For each pair of F columns: the number of rows that have both values, and sums of their products.

    Counted exactly in whole numbers, so that sums of parts added give the sums of the whole, and a part subtracted
    leaves the rest. Good for 9e10 rows.

    Attributes:
        sums: int64 of shape (9, F, F); `sums[k, i, j]` is the sum of x_i^p x_j^q with (p, q) = `POWERS[k]`, over the
            rows where neither is missing.

    >>> halves = [PairSums.of(np.array([[1.0, 2.0], [2.0, 4.0]])), PairSums.of(np.array([[3.0, 1.0], [np.nan, 5.0]]))]
    >>> whole = halves[0] + halves[1]
    >>> whole.rows.tolist(), whole.correlation()[0, 1].round(6).tolist()
    ([[3, 3], [3, 4]], -0.327327)
    """

    sums: Ints

    @classmethod
    def of(cls, grades: Floats, *, order: int = 4) -> PairSums:
        """The sums of graded rows.

        Args:
            grades: float64 of shape (n, F), NaN where missing.
            order: of the highest moments. 2 is enough for correlations and products, in a third of the time; what
                `fisher_variance` needs beyond is then left at 0.

        Raises:
            ValueError: values that are no whole numbers from -100 to 100.

        """
        sums = np.zeros((len(POWERS), grades.shape[1], grades.shape[1]), np.int64)
        for start in range(0, len(grades), _PART):
            part = grades[start : start + _PART]
            values = part if np.isfinite(part.sum()) else np.where(np.isnan(part), 0.0, part)
            if _most(values) > HIGHEST or not np.array_equal(values, np.rint(values)):
                raise ValueError(f"values are no grades: whole numbers from -{HIGHEST} to {HIGHEST} (see Grader)")
            _add_complete(sums, values, order) if values is part else _add_holed(sums, part, values, order)
        return cls(sums)

    @classmethod
    def empty(cls, columns: int) -> PairSums:
        """No rows of so many columns."""
        return cls(np.zeros((len(POWERS), columns, columns), np.int64))

    def __add__(self, other: PairSums) -> PairSums:
        """The rows of both."""
        return PairSums(self.sums + other.sums)

    def __sub__(self, other: PairSums) -> PairSums:
        """The rows without those of `other`, which must be among them."""
        return PairSums(self.sums - other.sums)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PairSums) and np.array_equal(self.sums, other.sums)

    __hash__ = None  # type: ignore[assignment]  # arrays can change

    @property
    def rows(self) -> Ints:
        """Rows that have both values, shape (F, F)."""
        counts: Ints = self.sums[0]
        return counts

    def correlation(self) -> Floats:
        """Pearson's correlation of each pair, shape (F, F); NaN where a side is constant or there are no rows.

        Of grades, this is Spearman's correlation (1904) by the ranks of the reference.
        """
        rows = np.maximum(self.rows, 1)
        x, y = self._sum(1, 0) / rows, self._sum(0, 1) / rows
        squares = self._sum(0, 2) / rows - np.square(y)
        varied = np.where(squares > _NO_SPREAD, squares, 0.0)
        return self._ratio(self._sum(1, 1) / rows - x * y, np.sqrt(varied * varied.T))

    def fisher_variance(self) -> Floats:
        """Rows times the variance of artanh(r) by chance, shape (F, F): 1 for normal columns, NaN as `correlation`.

        Distribution-free, from fourth moments of standardised x and y: E[(xy - r (x^2 + y^2) / 2)^2] / (1 - r^2)^2.
        0 where one column determines the other.

        Source: Steiger & Hakstian, "The asymptotic distribution of elements of a correlation matrix" (1982).
        """
        xx, yy, spread = self._central(2, 0), self._central(0, 2), self._spread()
        r = self._ratio(self._central(1, 1), spread)
        with np.errstate(invalid="ignore", divide="ignore"):
            both = self._central(2, 2) / (xx * yy)
            own = self._central(4, 0) / xx**2 + self._central(0, 4) / yy**2
            mixed = self._central(3, 1) / (xx * spread) + self._central(1, 3) / (yy * spread)
            of_r = both - r * mixed + r**2 / 4 * (own + 2 * both)
            variance: Floats = np.where(1 - r**2 < 1e-9, r * 0, np.maximum(of_r, 0) / (1 - r**2) ** 2)
        return np.where(spread > 0, variance, np.nan)

    def covariance(self) -> tuple[Floats, Floats]:
        """Means, shape (F,), and covariance, (F, F), where a missing value takes its column's mean; divisor: all rows.

        All rows are as many as the fullest column has.
        """
        rows = np.maximum(self.rows, 1)
        mean = np.diagonal(self._sum(1, 0)) / np.diagonal(rows)
        return mean, self.products_about(mean) / max(1, int(self.rows.max(initial=0)))

    def products_about(self, centre: Floats) -> Floats:
        """Sums of (x_i - centre_i)(x_j - centre_j) over the rows that have both, shape (F, F).

        Args:
            centre: one number per column, shape (F,).

        """
        x, y = centre[:, None], centre[None, :]
        products: Floats = self._sum(1, 1) - x * self._sum(0, 1) - y * self._sum(1, 0) + x * y * self.rows
        return products

    def _sum(self, p: int, q: int) -> Ints:
        found: Ints = self.sums[_PLACES[p, q]] if p <= q else self.sums[_PLACES[q, p]].T
        return found

    def _central(self, p: int, q: int) -> Floats:
        """Mean of (x - mean x)^p (y - mean y)^q over the rows that have both."""
        rows = np.maximum(self.rows, 1)
        x, y = self._sum(1, 0) / rows, self._sum(0, 1) / rows
        total = np.zeros(rows.shape)
        for k in range(p + 1):
            for m in range(q + 1):
                weight = comb(p, k) * comb(q, m)
                total += weight * (-x) ** (p - k) * (-y) ** (q - m) * (self._sum(k, m) / rows)
        return total

    def _spread(self) -> Floats:
        """Product of both standard deviations, 0 where one is constant."""
        xx, yy = self._central(2, 0), self._central(0, 2)
        spread: Floats = np.sqrt(np.where((xx > _NO_SPREAD) & (yy > _NO_SPREAD), np.maximum(xx, 0) * yy, 0.0))
        return spread

    @staticmethod
    def _ratio(product: Floats, spread: Floats) -> Floats:
        ratio = np.full(product.shape, np.nan)
        np.divide(product, spread, out=ratio, where=spread > 0)
        clipped: Floats = np.clip(ratio, -1.0, 1.0)
        return clipped


def _most(values: Floats) -> float:
    return float(max(values.max(), -values.min())) if values.size else 0.0


def _add_complete(sums: Ints, values: Floats, order: int) -> None:
    """Add the products of rows of which nothing is missing: a sum over the rows that have both is one over all."""
    sums[_PLACES[0, 0]] += len(values)
    sums[_PLACES[0, 1]] += (np.ones(len(values)) @ values).astype(np.int64)
    raised = [values, values]
    while len(raised) < order:
        raised.append(raised[-1] * values)
    for place, (p, q) in enumerate(POWERS):
        if p and p + q <= order:
            product = (raised[p].T @ raised[q]).astype(np.int64)
            sums[place] += product
            if q - p <= 1:  # the sums of the powers of each column by itself
                sums[_PLACES[0, p + q]] += np.diagonal(product)


def _add_holed(sums: Ints, part: Floats, values: Floats, order: int) -> None:
    """Add the products of rows with missing values, for which `values` has 0."""
    raised = [(~np.isnan(part)).astype(np.float64), values]
    while len(raised) <= order:
        raised.append(raised[-1] * values)
    for place, (p, q) in enumerate(POWERS):
        if p + q <= order:
            sums[place] += (raised[p].T @ raised[q]).astype(np.int64)
