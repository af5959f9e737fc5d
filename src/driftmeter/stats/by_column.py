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
from driftmeter.stats.hypothesis_tests import chi2_of
from driftmeter.stats.special import chi2_sf, kolmogorov_tails


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
    _check_lines(reference, live)
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


class Chi2(NamedTuple):
    """Chi-square statistics, degrees of freedom and p-values of F columns, each of shape (F,)."""

    statistic: Floats
    dof: Ints
    pvalue: Floats


def chi2(reference: Ints, live: Ints) -> Chi2:
    """`hypothesis_tests.chi2` for F columns.

    Args:
        reference: counts, shape (F, W), zeros beyond each column's own bins.
        live: counts over the same bins, shape (F, W).

    Raises:
        ValueError: unequal shapes.

    >>> chi2(np.array([[10, 20, 0]]), np.array([[20, 10, 0]])).pvalue.round(6).tolist()
    [0.009823]
    """
    _check_lines(reference, live)
    statistic, dof = chi2_of(reference, live)
    return Chi2(statistic, dof, chi2_sf(statistic, dof))


class OnCells(NamedTuple):
    """What fine cells tell about F columns, each of shape (F,)."""

    ks: Floats
    ks_pvalue: Floats
    wasserstein: Floats


class Cells:
    """The fine cells of F reference columns, held ready for comparison with live ones.

    Equal to `ks_counts` and `wasserstein_counts` with cells of one width per column.

    Args:
        reference: counts, shape (F, C).
        widths: of a cell of each column, shape (F,), in the column's unit.

    >>> found = Cells(np.array([[4, 0, 0]]), np.array([1.0])).compare(np.array([[0, 2, 2]]))
    >>> found.ks.tolist(), found.wasserstein.tolist()
    ([1.0], [1.5])
    """

    __slots__ = ("_n", "_share", "_widths")

    def __init__(self, reference: Ints, widths: Floats) -> None:
        self._n = reference.sum(axis=1)
        self._share = shares(reference)
        self._widths = widths

    def compare(self, live: Ints) -> OnCells:
        """Statistics against live counts over the same cells, shape (F, C); nan where a side is empty.

        Raises:
            ValueError: another shape than the reference's.
        """
        _check_lines(self._share, live)
        m = live.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            gaps = live * (1 / m)[:, None]
            effective = self._n * (m / (self._n + m))
        gaps -= self._share
        np.cumsum(gaps, axis=1, out=gaps)
        np.abs(gaps, out=gaps)
        ks = np.minimum(gaps.max(axis=1), 1.0)
        return OnCells(ks, kolmogorov_tails(ks * np.sqrt(effective)), gaps[:, :-1].sum(axis=1) * self._widths)


def _check_lines(reference: Ints | Floats, live: Ints) -> None:
    if reference.ndim != 2 or reference.shape != live.shape:
        raise ValueError(f"reference is {reference.shape}, live {live.shape}; both are (columns, bins)")
