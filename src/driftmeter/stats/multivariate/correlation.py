"""Change of the correlations among columns: entanglement, which no column shows by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.multivariate.pair_sums import PairSums
from driftmeter.stats.special import normal_sf

MIN_ROWS: Final = 30
"""A pair with fewer rows on a side is not tested."""

MIN_WINDOWS: Final = 8
"""Fewer windows of the reference say nothing about how they vary."""

_LARGEST: Final = 1 - 1e-6
"""Where one column determines another artanh(r) is infinite; the test stops short of that."""


class CorrelationChange(NamedTuple):
    """The pair of columns whose correlation moved most, and whether chance moves any pair as far."""

    z: float
    """Difference of the pair's artanh(r), live minus reference, in standard errors; NaN where no pair can be tested."""
    pvalue: float
    """That any of the pairs moves as far by chance (Sidak); NaN likewise."""
    pair: tuple[int, int] | None
    """Positions of the two columns."""
    reference: float
    """The pair's correlation in the reference."""
    live: float
    """The pair's correlation in the window."""
    pairs: int
    """Pairs that were tested."""


def correlation_change(reference: PairSums, live: PairSums, *, natural: Floats | None = None) -> CorrelationChange:
    """Compare two correlation matrices, pair by pair.

    z = (artanh r_live - artanh r_reference) / sqrt(V (1/(n-3) + 1/(m-3)) + natural), with V from the fourth moments of
    both sides together (`PairSums.fisher_variance`), so that it holds for any distribution of the two columns; the
    p-value of the largest |z| of K pairs is 1 - (1 - p)^K, which for normal z never understates. Constant columns have
    no correlation and are not tested.

    Args:
        reference: sums of the reference's graded rows. Grades, not raw values: ranks are what heavy tails cannot bend.
        live: sums of the window's rows, graded by the same graders.
        natural: variance of artanh(r) between the reference's own windows beyond chance, shape (F, F); see
            `natural_variation`.

    Source: Fisher (1921) for artanh; Sidak (1967); entanglement: Sculley et al., "Hidden technical debt in machine
    learning systems" (2015).

    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.integers(-100, 101, (2, 2000)).astype(float)
    >>> before, after = PairSums.of(np.column_stack([x, y])), PairSums.of(np.column_stack([x, np.maximum(x, y)]))
    >>> found = correlation_change(before, after)
    >>> found.pair, found.pvalue < 1e-9
    ((0, 1), True)
    """
    z = change_scores(reference, live, natural)
    tested = int(np.count_nonzero(~np.isnan(z)))
    if not tested:
        return CorrelationChange(math.nan, math.nan, None, math.nan, math.nan, 0)
    i, j = divmod(int(np.nanargmax(np.abs(z))), len(z))
    largest = float(z[i, j])
    before, after = float(reference.correlation()[i, j]), float(live.correlation()[i, j])
    return CorrelationChange(largest, sidak(2 * normal_sf(abs(largest)), tested), (i, j), before, after, tested)


def change_scores(reference: PairSums, live: PairSums, natural: Floats | None = None) -> Floats:
    """Each pair's z as in `correlation_change`, shape (F, F); NaN below the diagonal and where nothing is tested."""
    n, m = reference.rows, live.rows
    enough = (n >= MIN_ROWS) & (m >= MIN_ROWS)
    chance = (reference + live).fisher_variance() * _spread(n, m) + (0.0 if natural is None else natural)
    gap = _artanh(live) - _artanh(reference)
    z = np.zeros(gap.shape)
    np.divide(gap, np.sqrt(chance), out=z, where=(chance > 0) & enough)
    z[~enough | np.isnan(gap) | np.isnan(chance) | np.tri(len(z), dtype=np.bool_)] = np.nan
    return z


def natural_variation(windows: Sequence[PairSums]) -> Floats:
    """How much artanh(r) varies between a reference's own windows beyond chance, a variance, shape (F, F).

    max(0, variance over windows - V mean(1/(n_w - 3))), the moment estimate of DerSimonian & Laird (1986); 0 where
    fewer than 8 windows have the pair.

    Raises:
        ValueError: no windows.

    """
    if not windows:
        raise ValueError("no windows; natural variation needs at least 8 of them to say anything")
    total = windows[0]
    for window in windows[1:]:
        total = total + window
    found = np.stack([np.where(window.rows >= MIN_ROWS, _artanh(window), np.nan) for window in windows])
    usable = ~np.isnan(found)
    counts = usable.sum(axis=0)
    divisor = np.maximum(counts, 2)
    mean = np.where(usable, found, 0.0).sum(axis=0) / divisor
    between = np.where(usable, np.square(found - mean), 0.0).sum(axis=0) / (divisor - 1)
    inverse = np.stack([1 / np.maximum(window.rows - 3, 1) for window in windows])
    chance = total.fisher_variance() * np.where(usable, inverse, 0.0).sum(axis=0) / divisor
    return np.where(counts >= MIN_WINDOWS, np.maximum(between - np.nan_to_num(chance), 0.0), 0.0)


def sidak(pvalue: float, tests: int) -> float:
    """1 - (1 - p)^K: the chance that the smallest of K p-values is this small (Sidak 1967).

    >>> round(sidak(0.01, 5), 6), sidak(1e-300, 4)
    (0.04901, 4e-300)
    """
    return 1.0 if pvalue >= 1 else -math.expm1(tests * math.log1p(-pvalue))


def _artanh(sums: PairSums) -> Floats:
    z: Floats = np.arctanh(np.clip(sums.correlation(), -_LARGEST, _LARGEST))
    return z


def _spread(n: Ints, m: Ints) -> Floats:
    spread: Floats = 1 / np.maximum(n - 3, 1) + 1 / np.maximum(m - 3, 1)
    return spread
