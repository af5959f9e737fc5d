"""Distances between two count vectors over the same bins.

One convention for all: counts become shares, with `prior` pseudo-counts in every bin of both sides where a
function takes a prior; bins empty on both sides add nothing; where a side has no counts and no prior its
shares are undefined and so the distance is nan. `driftmeter.stats.by_column` computes them for many columns
at once, from the same formulas.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Floats, Ints


def psi(reference: ArrayLike, live: ArrayLike, *, prior: float = 0.5) -> float:
    """Population stability index: sum of (q - p) ln(q / p), Jeffreys' symmetric divergence.

    Args:
        reference: counts, 1-D, shape (B,).
        live: counts over the same bins, shape (B,).
        prior: pseudo-counts per bin on both sides: p = (count + prior) / (n + prior B). With 0, a bin that is
            empty on one side only makes the index infinite.

    Raises:
        ValueError: counts that are not 1-D, of unequal length, negative or not finite, or a negative prior.

    Source: Siddiqi, "Credit Risk Scorecards" (2006); Jeffreys (1946). Its law without drift: `psi_threshold`.

    >>> round(psi([50, 50], [25, 75], prior=0), 12)
    0.274653072167
    """
    p, q = _shares(reference, live, prior)
    return float(psi_of(p, q, log_ratio(p, q)))


def kl(reference: ArrayLike, live: ArrayLike, *, base: float | None = None, prior: float = 0.5) -> float:
    """Kullback-Leibler divergence KL(reference || live): sum of p ln(p / q), p of reference and q of live.

    The argument order is that of `scipy.stats.entropy(p, q)`; for KL(live || reference) swap the arguments.

    Args:
        reference: counts, shape (B,).
        live: counts over the same bins, shape (B,).
        base: of the logarithm; None for nats.
        prior: pseudo-counts per bin on both sides, as in `psi`.

    Raises:
        ValueError: as in `psi`, or a base that is not above 1.

    Source: Kullback & Leibler (1951).

    >>> round(kl([50, 50], [25, 75], base=2, prior=0), 12)
    0.207518749639
    """
    p, q = _shares(reference, live, prior)
    return float(kl_of(p, log_ratio(p, q))) / _log_base(base)


def js_distance(reference: ArrayLike, live: ArrayLike, *, base: float | None = 2) -> float:
    """Jensen-Shannon distance: square root of (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2.

    A metric, in [0, 1] for base 2; `base` None for nats. Counts and errors as in `psi`, without a prior.

    Source: Lin (1991); Endres & Schindelin (2003) for the root.

    >>> js_distance([1, 0], [0, 1])
    1.0
    """
    return float(js_of(*_shares(reference, live, 0.0))) / math.sqrt(_log_base(base))


def hellinger(reference: ArrayLike, live: ArrayLike) -> float:
    """Hellinger distance: square root of half the sum of (sqrt p - sqrt q)^2, in [0, 1].

    Counts and errors as in `psi`, without a prior. Source: Hellinger (1909).

    >>> hellinger([1, 0], [0, 1])
    1.0
    """
    return float(hellinger_of(*_shares(reference, live, 0.0)))


def total_variation(reference: ArrayLike, live: ArrayLike) -> float:
    """Total variation distance: half the sum of |p - q|, the share of rows that would have to move bins.

    Counts and errors as in `psi`, without a prior.

    Source: Levin & Peres, "Markov Chains and Mixing Times", section 4.1.

    >>> total_variation([50, 50], [25, 75])
    0.25
    """
    return float(total_variation_of(*_shares(reference, live, 0.0)))


def linf(reference: ArrayLike, live: ArrayLike) -> float:
    """Chebyshev distance: the largest |p - q| of any bin.

    Counts and errors as in `psi`, without a prior.

    Source: Breck et al., "Data validation for machine learning" (2019).

    >>> linf([50, 30, 20], [30, 40, 30])
    0.2
    """
    return float(linf_of(*_shares(reference, live, 0.0)))


# The formulas, on shares p and q and their log ratio, reduced over the last axis.


def psi_of(p: Floats, q: Floats, ratio: Floats) -> Floats:
    """Jeffreys' divergence; `ratio` is the log ratio of p to q."""
    total: Floats = ((p - q) * ratio).sum(axis=-1)
    return total


def kl_of(p: Floats, ratio: Floats) -> Floats:
    """KL from p, given its log ratio to the other side."""
    with np.errstate(invalid="ignore"):
        terms = p * ratio
    terms[p == 0] = 0.0
    total: Floats = terms.sum(axis=-1)
    return total


def js_of(p: Floats, q: Floats) -> Floats:
    """Jensen-Shannon distance in nats."""
    middle = (p + q) / 2
    nats = kl_of(p, log_ratio(p, middle)) + kl_of(q, log_ratio(q, middle))
    distance: Floats = np.sqrt(np.maximum(nats, 0.0) / 2)  # rounding can leave -1e-17 for nearly equal shares
    return distance


def hellinger_of(p: Floats, q: Floats) -> Floats:
    """Hellinger distance."""
    distance: Floats = np.sqrt(np.square(np.sqrt(p) - np.sqrt(q)).sum(axis=-1) / 2)
    return distance


def total_variation_of(p: Floats, q: Floats) -> Floats:
    """Total variation distance."""
    distance: Floats = np.abs(p - q).sum(axis=-1) / 2
    return distance


def linf_of(p: Floats, q: Floats) -> Floats:
    """Chebyshev distance."""
    distance: Floats = np.abs(p - q).max(axis=-1, initial=0.0)
    return distance


def log_ratio(p: Floats, q: Floats) -> Floats:
    """Ln(p / q): 0 where both shares are 0, nan where a share is undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = np.log(p / q)
    ratio[(p == 0) & (q == 0)] = 0.0
    return ratio


def shares(counts: Floats | Ints) -> Floats:
    """Counts over their sum along the last axis; nan where the sum is 0."""
    with np.errstate(invalid="ignore"):
        share: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return share


def _shares(reference: ArrayLike, live: ArrayLike, prior: float) -> tuple[Floats, Floats]:
    p, q = count_pair(reference, live)
    check_prior(prior)
    return shares(p + prior), shares(q + prior)


def count_pair(reference: ArrayLike, live: ArrayLike) -> tuple[Floats, Floats]:
    """Two count vectors as float64. Raises ValueError unless both are 1-D, of one length, not 0, and finite counts."""
    p, q = np.asarray(reference, np.float64), np.asarray(live, np.float64)
    if p.ndim != 1 or p.shape != q.shape or not p.size:
        raise ValueError(
            f"reference has shape {p.shape}, live {q.shape}; counts are two 1-D arrays over the same bins, at least one"
            " (driftmeter.stats.by_column takes many columns at once)"
        )
    for name, counts in (("reference", p), ("live", q)):
        if not (right := (counts >= 0) & (counts < math.inf)).all():
            raise ValueError(f"{name} has {counts[~right][0]:g} among its counts; they are finite, and 0 or more")
    return p, q


def check_prior(prior: float) -> None:
    """Raise ValueError unless the prior is finite and not negative."""
    if not 0 <= prior < math.inf:
        raise ValueError(f"prior is {prior}; pseudo-counts per bin are 0 or more, usually 0.5")


def _log_base(base: float | None) -> float:
    if base is None:
        return 1.0
    if not base > 1:
        raise ValueError(f"base is {base}; the base of a logarithm is above 1, or None for nats")
    return math.log(base)
