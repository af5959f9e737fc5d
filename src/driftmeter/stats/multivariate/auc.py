"""Area under the ROC curve: how well a score tells two groups apart, and the laws of its chance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats
from driftmeter.stats.special import normal_sf


class Auc(NamedTuple):
    """An area under the ROC curve."""

    value: float
    """P(score of a positive > score of a negative) + P(equal) / 2, in [0, 1]; 0.5 says nothing."""
    null_std: float
    """Standard deviation of the value where both groups have one distribution."""
    std_error: float
    """Standard error of the value where they differ (DeLong)."""

    @property
    def pvalue(self) -> float:
        """P(an area as large by chance), one-sided, from the normal limit of the Mann-Whitney law."""
        return normal_sf((self.value - 0.5) / self.null_std) if self.null_std > 0 else 1.0


def auc(negatives: Floats, positives: Floats) -> Auc:
    """Area under the ROC curve of scores.

    value = U / (n m) with U of Mann & Whitney. null_std^2 = (N + 1 - sum (t^3 - t) / (N (N - 1))) / (12 n m), with
    N = n + m and t the sizes of groups of tied scores. NaN where a group is empty; std_error NaN below 2 of each.

    Args:
        negatives: scores of one group, shape (n,), finite.
        positives: scores of the other, shape (m,).

    Source: Mann & Whitney (1947); Hanley & McNeil (1982); DeLong, DeLong & Clarke-Pearson, "Comparing the areas under
    two or more correlated ROC curves" (1988), by ranks as Sun & Xu (2014). Equal to scikit-learn's `roc_auc_score` and
    to `scipy.stats.mannwhitneyu(method="asymptotic", use_continuity=False, alternative="greater")`.

    >>> found = auc(np.array([0.1, 0.4, 0.35]), np.array([0.8, 0.4]))
    >>> round(found.value, 6), round(found.pvalue, 6)
    (0.916667, 0.06932)
    """
    n, m = negatives.size, positives.size
    if not n or not m:
        return Auc(math.nan, math.nan, math.nan)
    ranks, ties = _middle_ranks(np.concatenate([negatives, positives]))
    # How many of the other group lie below each score: rank among all less rank among its own.
    below_positive = ranks[n:] - _middle_ranks(positives)[0]
    below_negative = ranks[:n] - _middle_ranks(negatives)[0]
    value = float(below_positive.sum()) / (n * m)
    total = n + m
    tied = float((ties**3 - ties).sum()) / (total * (total - 1))
    null_std = math.sqrt(max(0.0, (total + 1 - tied) / (12 * n * m)))
    if n < 2 or m < 2:
        return Auc(value, null_std, math.nan)
    variance = (below_positive / n).var(ddof=1) / m + (below_negative / m).var(ddof=1) / n
    return Auc(value, null_std, math.sqrt(float(variance)))


def _middle_ranks(values: Floats) -> tuple[Floats, Floats]:
    """Rank of each value, from 1, ties sharing the middle one; and the sizes of the groups of ties."""
    _, places, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    ranks: Floats = (ends - (sizes - 1) / 2)[places]
    return ranks, sizes.astype(np.float64)
