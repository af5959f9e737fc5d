"""Tail probabilities of the null laws, relatively accurate down to 1e-300, from numpy and math alone.

Every tail is a sum of positive terms times one prefactor taken in log space, so nothing cancels and nothing
underflows before the result does.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Floats

_CERTAIN: Final = 1e3  # K exceeds this with probability exp(-2e6)
_ODD_SQUARES: Final = np.array([1.0, 9.0, 25.0, 49.0])
_SQUARES: Final = np.array([1.0, 4.0, 9.0, 16.0, 25.0, 36.0])
_SIGNS: Final = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])

_LAST_STEP: Final = 1e-10


def chi2_sf(x: ArrayLike, dof: ArrayLike) -> Floats:
    """P(chi-square with `dof` degrees of freedom > x), elementwise.

    Args:
        x: values, any shape that broadcasts with `dof`; negative values count as 0.
        dof: degrees of freedom, whole numbers; 0 means the law of the constant 0. NaN in x stays NaN.

    The two sums are Abramowitz & Stegun (1964) 26.4.4, 26.4.5 (finite, above the mean) and 26.4.6 (below it).

    >>> float(chi2_sf(3.841458820694124, 1).round(12))
    0.05
    >>> chi2_sf([0.0, 10.0], [2, 0]).tolist()
    [1.0, 0.0]
    """
    half, shape = np.broadcast_arrays(np.minimum(np.asarray(x, np.float64) / 2, 1e300), np.asarray(dof, np.float64) / 2)
    tail = np.full(half.shape, np.nan)
    tail[half <= 0] = 1.0
    tail[(half > 0) & (shape == 0)] = 0.0
    positive = (half > 0) & (shape > 0)
    low, high = positive & (half < shape), positive & (half >= shape)
    if low.any():
        tail[low] = -np.expm1(_log_gamma_below(shape[low], half[low]))
    if high.any():
        tail[high] = np.exp(_log_gamma_above(shape[high], half[high]))
    return tail


def _log_gamma_above(a: Floats, x: Floats) -> Floats:
    """Log Q(a, x) for half-integer a and x >= a: a finite sum, walked down from its largest term."""
    steps = np.arange(1, math.ceil(float(a.max())) + 1)
    falling = a[:, None] - steps
    ratios = np.where(falling >= 1, falling, 0.0) / x[:, None]
    total = 1 + np.cumprod(ratios, axis=1).sum(axis=1)
    finite = _log_density(a - 1, x) + np.log(total)
    finite[a == 0.5] = -np.inf  # one degree of freedom is the normal tail alone
    normal = np.array([math.erfc(root) for root in np.sqrt(x)])
    with np.errstate(divide="ignore"):
        log_above: Floats = np.where(a % 1 != 0, np.logaddexp(finite, np.log(normal)), finite)
    return log_above


def _log_gamma_below(a: Floats, x: Floats) -> Floats:
    """Log P(a, x) for 0 < x < a: the rising series, cut where its terms vanish beside 1."""
    largest = float(a.max())
    steps = np.arange(1, 40 + math.ceil(9 * math.sqrt(largest)))
    ratios = x[:, None] / (a[:, None] + steps)
    total = 1 + np.cumprod(ratios, axis=1).sum(axis=1)
    log_below: Floats = np.minimum(_log_density(a, x) + np.log(total), 0.0)
    return log_below


def _log_density(a: Floats, x: Floats) -> Floats:
    """Log(x^a exp(-x) / Gamma(a + 1)), the Poisson weight at real a."""
    factorials = np.array([math.lgamma(value + 1) for value in a])
    log_weight: Floats = a * np.log(x) - x - factorials
    return log_weight


@lru_cache(maxsize=4096)
def chi2_isf(alpha: float, dof: int) -> float:
    """The value that a chi-square variable with `dof` degrees of freedom exceeds with probability `alpha`.

    Newton's method on the logarithm of the tail, held inside a bracket, started by Wilson & Hilferty (1931).

    Raises:
        ValueError: `alpha` outside (0, 1), or negative `dof`.

    >>> round(chi2_isf(0.05, 9), 9)
    16.918977605
    """
    check_alpha(alpha)
    if dof < 0:
        raise ValueError(f"dof is {dof}; degrees of freedom are 0 or more (bins - 1)")
    if dof == 0:
        return 0.0
    log_alpha = math.log(alpha)
    low, high = 0.0, _upper_bracket(log_alpha, dof)
    x = min(max(_wilson_hilferty(alpha, dof), high * 1e-12), high)
    for _ in range(200):
        log_tail = _log_chi2_sf(x, dof)
        low, high = (x, high) if log_tail > log_alpha else (low, x)
        log_slope = (dof / 2 - 1) * math.log(x / 2) - x / 2 - math.lgamma(dof / 2) - math.log(2) - log_tail
        slope = math.exp(log_slope)  # 0 far below the mean, where the tail is flat
        step = x + (log_tail - log_alpha) / slope if slope else high
        following = step if low < step < high else (low + high) / 2
        # Newton's error is of the order of the square of his step.
        if abs(following - x) <= (_LAST_STEP if following == step else 4e-16) * x:
            return following
        x = following
    return x


def _log_chi2_sf(x: float, dof: int) -> float:
    half, shape = np.array([x / 2]), np.array([dof / 2])
    if x < dof:
        return math.log1p(-math.exp(float(_log_gamma_below(shape, half)[0])))
    return float(_log_gamma_above(shape, half)[0])


def _upper_bracket(log_alpha: float, dof: int) -> float:
    """Laurent & Massart (2000): P(X > k + 2 sqrt(k t) + 2 t) <= exp(-t)."""
    return dof + 2 * math.sqrt(-dof * log_alpha) - 2 * log_alpha + 1e-9


def _wilson_hilferty(alpha: float, dof: int) -> float:
    """A start within some per cent of the answer, with the leading terms of the normal quantile."""
    square = -2 * math.log(min(alpha, 1 - alpha))
    z = math.sqrt(max(square - math.log(max(square, 1.0)) - math.log(2 * math.pi), 0.0))
    z = z if alpha < 0.5 else -z
    ninth = 2 / (9 * dof)
    return dof * max(1 - ninth + z * math.sqrt(ninth), 1e-3) ** 3


def normal_sf(z: float) -> float:
    """P(standard normal > z).

    >>> normal_sf(0.0)
    0.5
    """
    return 0.5 * math.erfc(z / math.sqrt(2))


def kolmogorov_sf(x: float) -> float:
    """P(K > x) for Kolmogorov's law, the limit of sqrt(n) times the KS distance (Kolmogorov 1933).

    >>> round(kolmogorov_sf(1.3580986393225505), 12)
    0.05
    """
    return float(kolmogorov_tails(np.array([x]))[0])


def kolmogorov_tails(values: Floats) -> Floats:
    """`kolmogorov_sf` of an array of any shape; nan stays nan.

    >>> kolmogorov_tails(np.array([0.0, 1.0])).round(6).tolist()
    [1.0, 0.27]
    """
    # Two series of one theta function, each where it converges at once; K's distribution function is below 1e-330
    # under 0.04.
    low = np.clip(values, 0.04, 0.8)
    below = np.exp(np.multiply.outer(_ODD_SQUARES, -(math.pi**2) / 8 / np.square(low))).sum(axis=0)
    square = np.square(np.clip(values, 0.8, _CERTAIN))
    corrections = np.tensordot(_SIGNS, np.exp(np.multiply.outer(1 - _SQUARES, 2 * square)), axes=1)
    above = 2 * np.exp(-2 * square) * corrections
    tails: Floats = np.where(values < 0.8, 1 - math.sqrt(2 * math.pi) / low * below, above)
    return tails


def kolmogorov_logsf(x: float) -> float:
    """Log P(K > x), finite where the probability itself underflows.

    >>> round(kolmogorov_logsf(30.0), 6)
    -1799.306853
    """
    if x < 0.8:
        return math.log(kolmogorov_sf(x))
    corrections = float(_SIGNS @ np.exp((1 - _SQUARES) * (2 * min(x, _CERTAIN) ** 2)))
    return math.log(2) - 2 * x * x + math.log(corrections)


@lru_cache(maxsize=1024)
def kolmogorov_isf(alpha: float) -> float:
    """The value that Kolmogorov's law exceeds with probability `alpha`, in (0, 1).

    >>> round(kolmogorov_isf(0.05), 12)
    1.358098639323
    """
    check_alpha(alpha)
    low, high = 0.02, math.sqrt((math.log(2) - math.log(alpha)) / 2) + 1e-9
    log_alpha = math.log(alpha)
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if kolmogorov_logsf(middle) > log_alpha else (low, middle)
    return (low + high) / 2


def check_alpha(alpha: float) -> None:
    """Raise ValueError unless 0 < alpha < 1."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; a false-alarm probability lies in (0, 1), for example 0.001")
