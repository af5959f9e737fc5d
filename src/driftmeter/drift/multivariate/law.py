"""How far the columns together may move without drift: by chance, by nature, and for practical purposes."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.limits import SMALLEST_P
from driftmeter.drift.multivariate.gathering import FIRST_WINDOW, MOST_WINDOWS, Outside
from driftmeter.drift.multivariate.row_ring import Sampled
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.stats.f_law import f_isf, f_logsf
from driftmeter.stats.multivariate import PairSums
from driftmeter.stats.multivariate.correlation import sidak
from driftmeter.stats.special import chi2_isf

CORRELATION_FLOOR: Final = 0.1
"""A difference of artanh(r) of no practical account: Cohen's (1988) q calls 0.1 a small effect."""

RECONSTRUCTION_FLOOR: Final = 0.05
"""A relative change of the reconstruction error of no practical account."""

FEWEST_ROWS: Final = 30
"""Rows of a pair or a column below which nothing is said of it."""

NAMED: Final = 3
"""Columns that a change of the reconstruction error names."""

_LARGEST: Final = 0.98
"""Beyond it, of two columns that nearly determine each other, artanh(r) hangs on single rows."""

_KNOWN: Final = 10**9
"""From so many windows a variance might as well be known."""

_ALWAYS: Final = _KNOWN - 1.0
"""Degrees of freedom of a variance that is known."""

_SMALLEST: Final = 1e-12
_NODES_PER_OCTAVE: Final = 8
_REMEMBERED: Final = 256

Number = TypeVar("Number", np.float64, np.int64)


class Moved(NamedTuple):
    """How far one statistic of the columns together lies from the reference."""

    value: float
    limit: float
    """What chance and nature exceed with the probability that was asked for."""
    clear: float
    """Below it an alarm is over."""
    columns: tuple[str, ...]
    """Those that moved most: the pair of the correlation."""
    rows: int
    """That were looked at."""
    chance: float
    """Variance of the value by chance."""
    natural: float
    """Variance by nature, which was itself estimated."""
    tests: int
    """Of how many values this is the farthest."""
    windows: int
    """From how many the natural variance was estimated."""


class TogetherLaw:
    """What undrifted windows show, from a reference's pair sums.

    *Correlation*: of each pair |artanh r_live - artanh r_reference|, whose variance by chance is V (1/(n-3) + 1/(m-3))
    (Fisher, 1921; V: Steiger & Hakstian, 1982), taken over all pairs by Bonferroni. *Reconstruction*: |e/E - 1|, e
    being the window's mean error and E the reference's, both from second moments alone: the mean of squared distances
    from a space is the trace of what its complement cuts out of them. Its law is the wider of the normal one and, as
    sums of squares are skewed, the chi-square of the same mean and variance (Satterthwaite, 1946).

    A reference that was built in the order of its times adds the variance between its own windows, which was itself
    learnt from J windows: Student's t with J - 1 degrees of freedom stands for the normal law there. What those
    windows could not have shown is granted besides, one standard error. Windows shorter than the reference's own are
    granted more in inverse proportion, which is the most that a stationary stream can have.

    Args:
        section: of the reference.
        in_order: whether its rows came in the order of their times.

    """

    def __init__(self, section: MultivariateReference, *, in_order: bool) -> None:
        self._section, self._names = section, tuple(section.graders)
        length = FIRST_WINDOW
        while section.rows // length >= MOST_WINDOWS:
            length *= 2
        self._length = length
        # Of every other window the components know too much. What was not measured need not be allowed for.
        windows = max(2, section.rows // length), max(2, section.rows // length // 2)
        self._windows, self._held = windows if in_order else (_KNOWN, _KNOWN)
        self._missed, self._missed_error = (math.sqrt(2 / (each - 1)) / length if in_order else 0.0 for each in windows)
        self._nature = 1.0 if in_order else 0.0
        known = section.sums.correlation()
        first, second = np.triu_indices(len(self._names), 1)
        tested = ~np.isnan(known[first, second]) & (section.sums.rows[first, second] >= FEWEST_ROWS)
        self._first, self._second = first[tested], second[tested]
        self._places = self._first * len(self._names) + self._second
        self._known = _artanh(self._pairs(known))
        self._spread_reference = 1 / np.maximum(self._pairs(section.sums.rows) - 3.0, 1.0)
        # Where one column nearly determines the other, the reference's moments say too little of rows to come.
        self._of_one = np.maximum(np.nan_to_num(self._pairs(section.sums.fisher_variance())), 1.0)
        self._natural = self._pairs(section.natural) * self._nature
        self._outside = Outside(section.projection) if section.projection is not None else None
        parts = self._outside.by_column(section.sums) if self._outside is not None else np.zeros(len(self._names))
        self._parts: Floats = parts / max(1, section.rows)
        self._expected = 0.5 * _present(section.sums)
        self._quantiles: dict[tuple[float, float, float], float] = {}

    def correlation(self, seen: Sampled, halvings: int, clear: int) -> Moved | None:
        """The pair that lies farthest beyond its limit, or nearest below it; None where no pair can be told.

        Args:
            seen: the window.
            halvings: the limit's probability as a power of a half, over all pairs.
            clear: likewise, where an alarm is over.

        """
        rows = self._pairs(seen.sums.rows)
        found = self._pairs(seen.sums.correlation())
        tested = ~np.isnan(found) & (rows >= FEWEST_ROWS)
        if not tested.any():
            return None
        gap = np.where(tested, np.abs(_artanh(found) - self._known), 0.0)
        longer = self._longer(seen)
        chance = self._of_one * (1 / np.maximum(rows - 3.0, 1.0) + self._spread_reference + self._missed * longer)
        natural = self._natural * longer
        tests = int(np.count_nonzero(tested))
        pairs = math.log2(tests)
        by_chance, by_nature = (
            self._quantile(halvings + pairs, 1.0, freedom) for freedom in (_ALWAYS, self._windows - 1.0)
        )
        limits = np.maximum(np.sqrt(by_chance * chance + by_nature * natural), CORRELATION_FLOOR)
        farthest = int(np.argmax(gap / limits))
        of_one = float(chance[farthest]), float(natural[farthest])
        return Moved(
            float(gap[farthest]),
            float(limits[farthest]),
            self._limit(*of_one, clear + pairs, self._windows, CORRELATION_FLOOR),
            (self._names[self._first[farthest]], self._names[self._second[farthest]]),
            int(rows[farthest]),
            *of_one,
            tests,
            self._windows,
        )

    def reconstruction(self, seen: Sampled, halvings: int, clear: int) -> Moved | None:
        """The mean reconstruction error; None where the reference has none, or a column is mostly missing."""
        law = self._section.law
        rows = int(seen.sums.rows.max(initial=0))
        if self._outside is None or law is None or law.mean <= 0 or rows < FEWEST_ROWS:
            return None
        if (_present(seen.sums) < self._expected).any():
            return None
        parts = self._outside.by_column(seen.sums) / rows
        longer = self._longer(seen)
        chance = (law.std / law.mean) ** 2 * (1 / rows + 1 / max(1, law.rows) + self._missed_error * longer)
        natural = self._nature * law.natural / law.mean**2 * longer
        gap = abs(float(parts.sum()) / law.mean - 1)
        names = np.argsort(-np.abs(parts - self._parts), kind="stable")[:NAMED].tolist()
        limits = [self._of_error(chance, natural, each) for each in (halvings, clear)]
        return Moved(
            gap, limits[0], limits[1], tuple(self._names[name] for name in names), rows, chance, natural, 1, self._held
        )

    def p_value(self, moved: Moved) -> float:
        """The probability of so much without drift, at least 1e-300; of an estimated variance by Welch (1947).

        It costs far more than a limit, so that only those who ask are told.
        """
        variance = max(moved.chance + moved.natural, _SMALLEST)
        freedom = _ALWAYS
        if moved.natural > 0:
            freedom = min((moved.windows - 1) * (variance / moved.natural) ** 2, _ALWAYS)
        of_one = math.exp(float(f_logsf(moved.value**2 / variance, 1.0, freedom)))
        return max(sidak(of_one, moved.tests), SMALLEST_P)

    def _of_error(self, chance: float, natural: float, halvings: float) -> float:
        freedom = 2 / max(chance + natural, _SMALLEST)
        node = 2.0 ** (math.floor(_NODES_PER_OCTAVE * math.log2(freedom)) / _NODES_PER_OCTAVE)
        skewed = self._quantile(halvings + 1, node, _ALWAYS) - 1
        return max(self._limit(chance, natural, halvings, self._held, RECONSTRUCTION_FLOOR), skewed)

    def _limit(self, chance: float, natural: float, halvings: float, windows: int, floor: float) -> float:
        """Student's t of a variance that is known, and of one that was estimated, in squares."""
        by_chance, by_nature = (self._quantile(halvings, 1.0, freedom) for freedom in (_ALWAYS, windows - 1.0))
        return max(math.sqrt(by_chance * chance + by_nature * natural), floor)

    def _quantile(self, halvings: float, numerator: float, denominator: float) -> float:
        """What an F law exceeds with probability 2^-halvings; with one degree above, Student's t squared."""
        key = (halvings, numerator, denominator)
        if key not in self._quantiles:
            if len(self._quantiles) >= _REMEMBERED:
                self._quantiles.clear()
            if denominator == _ALWAYS:
                whole = max(1, math.floor(numerator))
                self._quantiles[key] = chi2_isf(2.0**-halvings, whole) / whole
            else:
                self._quantiles[key] = float(f_isf(-math.log(2) * halvings, numerator, denominator))
        return self._quantiles[key]

    def _longer(self, seen: Sampled) -> float:
        """How many times as long the reference's own windows are."""
        return max(1.0, self._length / max(1, seen.rows))

    def _pairs(self, matrix: NDArray[Number]) -> NDArray[Number]:
        of_pairs: NDArray[Number] = np.take(matrix, self._places)
        return of_pairs


def _artanh(correlation: Floats) -> Floats:
    z: Floats = np.arctanh(np.clip(correlation, -_LARGEST, _LARGEST))
    return z


def _present(sums: PairSums) -> Floats:
    """The share of rows that each column has."""
    shares: Floats = np.diagonal(sums.rows) / max(1, int(sums.rows.max(initial=0)))
    return shares
