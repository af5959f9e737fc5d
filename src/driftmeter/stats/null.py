"""How large a distance chance alone makes, by sample size: what an alarm has to exceed."""

from __future__ import annotations

from typing import overload

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.special import chi2_isf, chi2_sf, kolmogorov_isf


@overload
def psi_threshold(n_reference: float, n_live: float, bins: int, alpha: float) -> float: ...
@overload
def psi_threshold(
    n_reference: Ints | float, n_live: Ints | float, bins: Ints | int, alpha: float
) -> float | Floats: ...
def psi_threshold(n_reference: Ints | float, n_live: Ints | float, bins: Ints | int, alpha: float) -> float | Floats:
    """The PSI that chance exceeds with probability `alpha` when nothing has drifted.

    Without drift PSI follows (1/n + 1/m) chi2(B - 1), for n reference rows, m live rows and B bins (Yurdakul,
    "Statistical properties of population stability index", 2018). The law needs some 5 rows expected per bin.

    Args:
        n_reference: rows of the reference, or one number per column.
        n_live: rows of the live window, or one number per column.
        bins: bins that the reference can fill, or one number per column.
        alpha: probability of a false alarm, in (0, 1).

    Returns:
        A float for scalars, an array for arrays; infinite where a side is empty.

    Raises:
        ValueError: `alpha` outside (0, 1), or fewer than 1 bin.

    >>> round(psi_threshold(5000, 1000, 10, 0.05), 4)
    0.0203
    """
    return _plain(_spread(n_reference, n_live) * _chi2_quantiles(bins, alpha))


@overload
def psi_excess(value: float, n_reference: float, n_live: float, bins: int) -> float: ...
@overload
def psi_excess(
    value: Floats | float, n_reference: Ints | float, n_live: Ints | float, bins: Ints | int
) -> float | Floats: ...
def psi_excess(
    value: Floats | float, n_reference: Ints | float, n_live: Ints | float, bins: Ints | int
) -> float | Floats:
    """PSI minus its mean without drift, (B - 1)(1/n + 1/m): about 0 when nothing has drifted.

    Arguments as `psi_threshold`, with `value` the PSI. Comparable between windows of different size, which
    the bare PSI is not. Minus infinity where a side is empty.

    >>> round(psi_excess(0.0108, 5000, 1000, 10), 6)
    0.0
    """
    with np.errstate(invalid="ignore"):  # a single bin has no spread even where a side is empty
        mean = np.nan_to_num((np.asarray(bins) - 1) * _spread(n_reference, n_live), posinf=np.inf)
    return _plain(np.asarray(value) - mean)


@overload
def psi_pvalue(value: float, n_reference: float, n_live: float, bins: int) -> float: ...
@overload
def psi_pvalue(
    value: Floats | float, n_reference: Ints | float, n_live: Ints | float, bins: Ints | int
) -> float | Floats: ...
def psi_pvalue(
    value: Floats | float, n_reference: Ints | float, n_live: Ints | float, bins: Ints | int
) -> float | Floats:
    """The probability of a PSI this large without drift, by the law of `psi_threshold`.

    1 where a side is empty.

    >>> round(psi_pvalue(0.0203, 5000, 1000, 10), 3)
    0.05
    """
    with np.errstate(invalid="ignore"):
        scaled = np.asarray(value) / _spread(n_reference, n_live)
    return _plain(chi2_sf(scaled, np.asarray(bins) - 1))


@overload
def ks_threshold(n_reference: float, n_live: float, alpha: float) -> float: ...
@overload
def ks_threshold(n_reference: Ints | float, n_live: Ints | float, alpha: float) -> float | Floats: ...
def ks_threshold(n_reference: Ints | float, n_live: Ints | float, alpha: float) -> float | Floats:
    """The Kolmogorov-Smirnov distance that chance exceeds with probability at most about `alpha`.

    Smirnov's (1948) limit law, sqrt(1/n + 1/m) times Kolmogorov's quantile: a little conservative for small
    or tied samples. Arguments as `psi_threshold`; infinite where a side is empty.

    >>> round(ks_threshold(5000, 1000, 0.05), 4)
    0.047
    """
    return _plain(np.sqrt(_spread(n_reference, n_live)) * kolmogorov_isf(alpha))


def _spread(n_reference: Ints | float, n_live: Ints | float) -> Floats:
    """1/n + 1/m, infinite where a side is empty."""
    with np.errstate(divide="ignore"):
        spread: Floats = 1 / np.asarray(n_reference, np.float64) + 1 / np.asarray(n_live, np.float64)
    return spread


def _chi2_quantiles(bins: Ints | int, alpha: float) -> Floats:
    """chi2.isf(alpha, bins - 1) per entry; each distinct number of bins is solved once and remembered."""
    counts = np.asarray(bins)
    if counts.size and counts.min() < 1:
        raise ValueError(f"bins is {counts.min()}; a distance needs at least 1 bin")
    return np.array([chi2_isf(alpha, int(b) - 1) for b in counts.flat]).reshape(counts.shape)


def _plain(values: Floats) -> float | Floats:
    return float(values) if values.ndim == 0 else values
