"""Whether two samples can come from one distribution.

Every p-value is relatively accurate down to 1e-300. Where a side is empty there is nothing to test: statistic and
p-value are nan.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.distances import count_pair
from driftmeter.stats.special import chi2_sf, kolmogorov_sf, normal_sf

EXACT_PAIRS: Final = 1_000_000
EXACT_SUM: Final = 10_000
"""While n m and n + m are no more than these, `ks` counts lattice paths; beyond, it takes the limit law."""

EXACT_EXPECTED: Final = 10
"""Where a cell of the 2 x 2 table expects less than this, `proportion_test` takes Fisher's exact p-value."""


class Chi2(NamedTuple):
    """A chi-square statistic, its degrees of freedom and its p-value."""

    statistic: float
    dof: int
    pvalue: float


class KS(NamedTuple):
    """A Kolmogorov-Smirnov distance and its p-value."""

    statistic: float
    pvalue: float


class Proportions(NamedTuple):
    """A z score, positive where the live proportion is the higher, and its two-sided p-value."""

    z: float
    pvalue: float


def chi2(reference: ArrayLike, live: ArrayLike) -> Chi2:
    """Pearson's chi-square test of homogeneity of two count vectors, without Yates' correction.

    sum (observed - expected)^2 / expected over both sides, expected from the pooled shares; bins empty on both
    sides are dropped. One bin or none left is no evidence: statistic 0, 0 degrees of freedom, p-value 1. The law is
    the limit one; it wants about 5 expected per bin.

    Args:
        reference: counts, shape (B,).
        live: counts over the same bins, shape (B,).

    Raises:
        ValueError: counts that are not 1-D, of unequal length, negative or not finite.

    Source: Pearson (1900). Equal to `scipy.stats.chi2_contingency([reference, live], correction=False)`.

    >>> statistic, dof, pvalue = chi2([10, 20], [20, 10])
    >>> round(statistic, 9), dof, round(pvalue, 9)
    (6.666666667, 1, 0.009823275)
    """
    p, q = count_pair(reference, live)
    statistic, dof = chi2_of(p, q)
    return Chi2(float(statistic), int(dof), float(chi2_sf(statistic, dof)))


def chi2_of(reference: Floats | Ints, live: Floats | Ints) -> tuple[Floats, Ints]:
    """Statistic and degrees of freedom over the last axis."""
    p, q = np.asarray(reference, np.float64), np.asarray(live, np.float64)  # whole counts would overflow squared
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    pooled = p + q
    gap = q * n[..., None] - p * m[..., None]  # exact for whole counts: equal shares give exactly 0
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(pooled > 0, np.square(gap) / pooled, 0.0)
        statistic: Floats = terms.sum(axis=-1) / (n * m)
    dof: Ints = np.maximum(np.count_nonzero(pooled, axis=-1) - 1, 0)
    return statistic, dof


def ks(reference: ArrayLike, live: ArrayLike) -> KS:
    """Two-sample Kolmogorov-Smirnov test, two-sided: the largest gap between the distribution functions.

    NaN is left out; infinities count as values. The p-value is exact, a count of lattice paths, while the sizes n
    and m have n m <= 1,000,000 and n + m <= 10,000; beyond, it is Smirnov's limit law, which is the
    larger of the two wherever an alarm is near. With ties both are conservative.

    Args:
        reference: values, any shape.
        live: values, any shape.

    Source: Smirnov (1948); Hodges (1957) for the exact law. Equal to `scipy.stats.ks_2samp(..., method="exact")`.

    >>> statistic, pvalue = ks([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    >>> statistic, round(pvalue, 12)
    (1.0, 0.1)
    """
    p, q = _sorted_values(reference), _sorted_values(live)
    n, m = p.size, q.size
    if not n or not m:
        return KS(math.nan, math.nan)
    both = np.concatenate([p, q])
    gaps = np.searchsorted(p, both, side="right") * m - np.searchsorted(q, both, side="right") * n
    largest = int(np.abs(gaps).max())
    statistic = largest / (n * m)
    return KS(statistic, ks_pvalue(largest, n, m))


def ks_pvalue(largest: int, n: int, m: int) -> float:
    """P(n m D >= largest) for samples of n and m without drift, as `ks` defines it."""
    if n * m > EXACT_PAIRS or n + m > EXACT_SUM:
        return kolmogorov_sf(largest / math.sqrt(n * m) / math.sqrt(n + m))
    return _hitting_probability(largest, n, m)


def _hitting_probability(largest: int, n: int, m: int) -> float:
    """The share of lattice paths from (0, 0) to (n, m) that touch |i m - j n| >= largest.

    Walked diagonal by diagonal: a random path to (i, j) came from (i - 1, j) with probability i / (i + j). Only
    positive terms are added, so the smallest p-values are as accurate as the largest.
    """
    n, m = min(n, m), max(n, m)
    steps = np.arange(m + 1)
    hit = np.zeros(n + 2)  # hit[i + 1] belongs to (i, total - i)
    for total in range(n + m + 1):
        low, end = max(0, total - m), min(n, total) + 1
        i = steps[low:end]
        j = total - i
        if total:
            hit[low + 1 : end + 1] = (hit[low:end] * i + hit[low + 1 : end + 1] * j) / total
        hit[low + 1 : end + 1][np.abs(i * m - j * n) >= largest] = 1.0
    return float(hit[n + 1])


def _sorted_values(values: ArrayLike) -> Floats:
    flat = np.asarray(values, np.float64).ravel()
    ordered: Floats = np.sort(flat[~np.isnan(flat)])
    return ordered


def ks_counts(reference: ArrayLike, live: ArrayLike) -> KS:
    """Kolmogorov-Smirnov test on counts over the same cells, such as `Grid.count_cells` gives.

    The statistic compares the distribution functions at the cells' edges only: a lower bound of the distance on the
    samples, short of it by at most `ks_counts_error`.
    The p-value is Smirnov's limit law at the statistic, hence conservative.

    Args:
        reference: counts, shape (C,), in the order of the values.
        live: counts over the same cells, shape (C,).

    Raises:
        ValueError: counts that are not 1-D or of unequal length.

    >>> ks_counts([50, 50], [25, 75]).statistic
    0.25
    """
    p, q = count_pair(reference, live)
    statistic = float(ks_of(p, q))
    n, m = p.sum(), q.sum()
    effective = n * m / (n + m) if n and m else math.nan
    return KS(statistic, kolmogorov_sf(statistic * math.sqrt(effective)))


def ks_of(reference: Floats | Ints, live: Floats | Ints) -> Floats:
    """The largest gap of the cumulative shares over the last axis, nan for an empty side."""
    n, m = reference.sum(axis=-1, keepdims=True), live.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        gaps = np.cumsum(reference, axis=-1) / n - np.cumsum(live, axis=-1) / m
    largest: Floats = np.abs(gaps).max(axis=-1, initial=0.0)
    return largest


def ks_counts_error(reference: ArrayLike, live: ArrayLike) -> float:
    """By how much `ks_counts` can fall short of `ks` on the samples behind the counts.

    Within a cell the one distribution function rises by its share at most while the other cannot fall, either way
    round: so the gap grows by no more than the smaller of the two shares, and the bound is the largest of these.

    >>> ks_counts_error([50, 50], [25, 75])
    0.5
    """
    p, q = count_pair(reference, live)
    with np.errstate(invalid="ignore"):
        return float(np.minimum(p / p.sum(), q / q.sum()).max(initial=0.0))


def proportion_test(k1: int, n1: int, k2: int, n2: int) -> Proportions:
    """Two-sided test that two proportions are equal: k1 of n1 in the reference, k2 of n2 live.

    z is the pooled score, (k2/n2 - k1/n1) over its standard error. Its p-value is the normal one, or Fisher's exact
    one where any of the four expected counts is below 10.

    Raises:
        ValueError: not 0 <= k <= n on a side.

    Source: Fisher (1922, 1935). Equal to `scipy.stats.fisher_exact` where exact.

    >>> z, pvalue = proportion_test(20, 1000, 150, 1000)
    >>> round(z, 4), round(pvalue, 28)
    (10.4234, 1.939e-25)
    """
    for k, n in ((k1, n1), (k2, n2)):
        if not 0 <= k <= n:
            raise ValueError(f"{k} of {n} is no proportion; counts satisfy 0 <= k <= n")
    if not n1 or not n2:
        return Proportions(math.nan, math.nan)
    k1, n1, k2, n2 = map(int, (k1, n1, k2, n2))  # products of NumPy's integers would overflow
    total, hits = n1 + n2, k1 + k2
    if hits in (0, total):
        return Proportions(0.0, 1.0)
    # Whole numbers up to here: equal proportions give exactly 0.
    z = (k2 * n1 - k1 * n2) / math.sqrt(n1 * n2) * math.sqrt(total / hits / (total - hits))
    if min(n1, n2) * min(hits, total - hits) < EXACT_EXPECTED * total:
        return Proportions(z, _fisher(k2, n2, hits, total))
    return Proportions(z, min(2 * normal_sf(abs(z)), 1.0))


def _fisher(k: int, n: int, hits: int, total: int) -> float:
    """Two-sided Fisher p-value: the weight of all tables no likelier than the one with k hits among n draws."""
    low, high = max(0, n + hits - total), min(n, hits)
    before = np.arange(low, high, dtype=np.float64)  # log ratio of each table's weight to that of the one before
    rises = np.log((hits - before) * (n - before) / ((before + 1) * (total - hits - n + before + 1)))
    weights = np.concatenate(([0.0], np.cumsum(rises)))
    relative = weights - weights[k - low]
    # Tables that are equally likely differ by rounding; the tolerance is the usual one.
    unlikely = np.exp(relative[relative <= 1e-7]).sum()
    top = weights.max()
    return float(min(unlikely / np.exp(weights - top).sum() * math.exp(weights[k - low] - top), 1.0))
