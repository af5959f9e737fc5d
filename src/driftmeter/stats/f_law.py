"""Snedecor's F law far out in its tail, for real degrees of freedom: a mean square beside one that was only estimated.

Everything is kept as a logarithm, so that a probability of 1e-300 is a number like any other.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Floats

_TINY: Final = 1e-300
_FRACTIONS: Final = 300
"""Partial fractions at most; the continued fraction needs about the root of the degrees of freedom."""

_STEPS: Final = 60
_FARTHEST: Final = 600.0
"""Logarithm of the largest quantile that is told; beyond, an alarm cannot be anyway."""


def f_logsf(x: ArrayLike, numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Log P(F > x) for an F law with real degrees of freedom above 0, elementwise.

    The regularised incomplete beta function as a continued fraction (Didonato & Morris, "Algorithm 708", 1992;
    evaluated by Lentz's method, 1976).

    Args:
        x: values of at least 0, any shape that broadcasts with the degrees of freedom.
        numerator: degrees of freedom of what is judged.
        denominator: degrees of freedom of what it is judged by.

    >>> round(float(np.exp(f_logsf(3.0, 2.0, 10.0))), 6)
    0.095367
    """
    value, d1, d2 = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (x, numerator, denominator)))
    a, b = d2 / 2, d1 / 2
    with np.errstate(divide="ignore", over="ignore"):
        ratio = d1 * value / d2
        log_z, log_rest = -np.log1p(ratio), -np.log1p(1 / ratio)  # z = d2 / (d2 + d1 x), and 1 - z
    z, rest = np.exp(log_z), np.exp(log_rest)
    swapped = z > (a + 1) / (a + b + 2)
    first, second = np.where(swapped, b, a), np.where(swapped, a, b)
    near = np.where(swapped, rest, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_front = a * log_z + np.where(value > 0, b * log_rest, 0.0) - _log_beta(a, b) - np.log(first)
        log_part = log_front + np.log(_fraction(first, second, near))
        log_tail: Floats = np.where(swapped, np.log1p(-np.exp(np.minimum(log_part, 0.0))), log_part)
    return np.where(value > 0, np.minimum(log_tail, 0.0), 0.0)


def f_isf(log_alpha: ArrayLike, numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """The value that an F law exceeds with a probability given by its logarithm, elementwise.

    Newton's method on the logarithm of the tail over the logarithm of the value, where the tail is concave: from the
    second step on it comes down to the answer from one side.

    Raises:
        ValueError: a logarithm that is not below -0.7, that is a probability of more than a half.

    >>> round(float(f_isf(np.log(0.05), 2.0, 10.0)), 6)
    4.102821
    """
    given = (log_alpha, numerator, denominator)
    target, d1, d2 = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in given))
    if target.size and not target.max() < math.log(0.5):
        raise ValueError(f"log_alpha is {target.max()}; the upper tail is told for probabilities below a half")
    log_x = np.zeros(target.shape)
    for _ in range(_STEPS):
        tail = f_logsf(np.exp(log_x), d1, d2)
        slope = np.exp(_log_density(log_x, d1, d2) - tail)
        step = (tail - target) / np.maximum(slope, _TINY)
        following = np.clip(log_x + step, -_FARTHEST, _FARTHEST)
        if np.all(np.abs(following - log_x) <= 1e-12 * np.maximum(1.0, np.abs(log_x))):
            break
        log_x = following
    quantiles: Floats = np.exp(log_x)
    return quantiles


def _log_density(log_x: Floats, d1: Floats, d2: Floats) -> Floats:
    """Log of x times the density at x."""
    a, b = d2 / 2, d1 / 2
    log_ratio = np.log(d1 / d2) + log_x
    density: Floats = b * log_ratio - (a + b) * np.logaddexp(0.0, log_ratio) - _log_beta(a, b)
    return density


def _log_beta(a: Floats, b: Floats) -> Floats:
    flat = [math.lgamma(p) + math.lgamma(q) - math.lgamma(p + q) for p, q in zip(a.flat, b.flat, strict=True)]
    return np.array(flat).reshape(a.shape)


def _fraction(a: Floats, b: Floats, z: Floats) -> Floats:
    """The continued fraction of the incomplete beta function, 1 + d1 z/(1 + d2 z/(1 + ...)), inverted."""
    c = np.ones(z.shape)
    d = 1 / _away_from_zero(1 - (a + b) * z / (a + 1))
    total = d
    for m in range(1, _FRACTIONS):
        even = m * (b - m) * z / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _away_from_zero(1 + even * d)
        c = _away_from_zero(1 + even / c)
        total = total * d * c
        odd = -(a + m) * (a + b + m) * z / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _away_from_zero(1 + odd * d)
        c = _away_from_zero(1 + odd / c)
        factor = d * c
        total = total * factor
        if np.all(np.abs(factor - 1) < 1e-14):
            break
    return total


def _away_from_zero(values: Floats) -> Floats:
    return np.where(np.abs(values) < _TINY, _TINY, values)
