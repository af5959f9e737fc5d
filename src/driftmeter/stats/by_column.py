"""The same statistics for many columns at once: one line per column, padded with zeros to the widest.

Every array of counts here has shape (F, W): F columns, W at least as many bins as the widest column has,
zeros beyond a column's own. The formulas are those of the functions for one column; shared work is done once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.distances import (
    check_prior,
    hellinger_of,
    js_of,
    kl_of,
    linf_of,
    log_ratio,
    psi_of,
    shares,
    total_variation_of,
)


class Padding:
    """Lays count vectors that stand end to end out as one padded line per column.

    Args:
        lengths: length of each column's vector, in order.

    >>> padding = Padding([2, 3])
    >>> padding(np.array([1, 2, 3, 4, 5])).tolist()
    [[1, 2, 0], [3, 4, 5]]
    """

    __slots__ = ("_own", "bins")

    bins: Ints
    """The lengths, shape (F,), as `distances` takes them."""

    def __init__(self, lengths: Sequence[int] | Ints) -> None:
        self.bins = np.array(lengths, np.int64)
        self._own = np.arange(self.bins.max(initial=0)) < self.bins[:, None]

    def __call__(self, flat: Ints) -> Ints:
        """Padded lines, shape (F, W), from counts of shape (sum of lengths,)."""
        lines = np.zeros(self._own.shape, np.int64)
        lines[self._own] = flat
        return lines


class Distances(NamedTuple):
    """All distances of F columns, each float64 of shape (F,). `js` is in base 2, the KLs are in nats."""

    psi: Floats
    kl: Floats
    """KL(reference || live)."""
    kl_reverse: Floats
    """KL(live || reference)."""
    js: Floats
    hellinger: Floats
    total_variation: Floats
    linf: Floats


def distances(reference: Ints, live: Ints, bins: Ints | int, *, prior: float = 0.5) -> Distances:
    """Every distance of `driftmeter.stats.distances` for F columns, equal to the functions of those names.

    Args:
        reference: counts, shape (F, W), zeros beyond each column's own bins.
        live: counts over the same bins, shape (F, W).
        bins: how many of the W bins each column has, shape (F,), or one number for all.
        prior: pseudo-counts per bin for PSI and the KLs.

    Raises:
        ValueError: unequal shapes, or a negative prior.

    >>> found = distances(np.array([[50, 50, 0]]), np.array([[25, 75, 0]]), bins=2, prior=0)
    >>> found.psi.round(6).tolist(), found.linf.tolist()
    ([0.274653], [0.25])
    """
    check_prior(prior)
    if reference.ndim != 2 or reference.shape != live.shape:
        raise ValueError(f"reference is {reference.shape}, live {live.shape}; both are (columns, bins)")
    own = np.arange(reference.shape[1]) < np.asarray(bins).reshape(-1, 1)
    pseudo = prior * own
    smooth_p, smooth_q = shares(reference + pseudo), shares(live + pseudo)
    ratio = log_ratio(smooth_p, smooth_q)
    p, q = shares(reference), shares(live)
    return Distances(
        psi=psi_of(smooth_p, smooth_q, ratio),
        kl=kl_of(smooth_p, ratio),
        kl_reverse=kl_of(smooth_q, -ratio),
        js=js_of(p, q) / math.sqrt(math.log(2)),
        hellinger=hellinger_of(p, q),
        total_variation=total_variation_of(p, q),
        linf=linf_of(p, q),
    )
