"""Whether the rows of a window lie further outside a reference's principal components than its own rows do."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.special import normal_sf


class ReconstructionLaw(NamedTuple):
    """The reconstruction error of a reference: what a window's mean error is held against."""

    mean: float
    """Of the error over the reference's rows."""
    std: float
    """Standard deviation of the error from row to row."""
    rows: int
    """Rows of the reference."""
    natural: float = 0.0
    """Variance of window means beyond what rows at random would give; see `natural_variance`."""


class ReconstructionDrift(NamedTuple):
    """Mean error of a window, its distance from the reference in standard errors, and the two-sided p-value."""

    error: float
    z: float
    pvalue: float


def reconstruction_drift(error: float, rows: int, law: ReconstructionLaw) -> ReconstructionDrift:
    """Test a window's mean reconstruction error.

    z = (error - mean) / sqrt(std^2 (1/n + 1/m) + natural), normal without drift by the central limit theorem. Where
    there are no rows on a side, z and p-value are NaN; where the reference's error never varies, any other error is
    certain drift.

    Args:
        error: mean of `PcaProjection.reconstruction_error` over the window.
        rows: of the window, m.
        law: of the reference.

    >>> found = reconstruction_drift(1.1, 400, ReconstructionLaw(mean=1.0, std=1.0, rows=10_000))
    >>> round(found.z, 3), round(found.pvalue, 3)
    (1.961, 0.05)
    """
    if not rows or not law.rows:
        return ReconstructionDrift(error, math.nan, math.nan)
    spread = math.sqrt(law.std**2 * (1 / law.rows + 1 / rows) + law.natural)
    gap = error - law.mean
    if spread <= 1e-12 * max(abs(law.mean), 1e-12):
        same = abs(gap) <= 1e-9 * max(abs(law.mean), 1e-3)
        return ReconstructionDrift(error, 0.0 if same else math.copysign(math.inf, gap), float(same))
    z = gap / spread
    return ReconstructionDrift(error, z, 2 * normal_sf(abs(z)))


def natural_variance(means: Floats, sampling: Floats | float) -> float:
    """By how much window means vary beyond chance: max(0, variance of the means - their mean sampling variance).

    The moment estimate of the between-windows variance in a random effects model, DerSimonian & Laird (1986) with
    equal weights.

    Args:
        means: of the reference's own windows, shape (W,).
        sampling: variance that each mean has by chance alone, one for all or shape (W,).

    >>> natural_variance(np.array([1.0, 3.0, 5.0]), 1.0)
    3.0
    """
    if means.size < 2:
        return 0.0
    return max(0.0, float(means.var(ddof=1) - np.mean(sampling)))


def window_means(errors: Floats, window: int) -> tuple[Floats, Ints]:
    """Mean error and rows of each full window of consecutive rows.

    >>> [found.tolist() for found in window_means(np.array([1.0, 3.0, 5.0, 7.0, 9.0]), 2)]
    [[2.0, 6.0], [2, 2]]
    """
    full = errors.size // window
    means: Floats = errors[: full * window].reshape(full, window).mean(axis=1)
    return means, np.full(full, window, np.int64)
