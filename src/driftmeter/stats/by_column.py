"""The same statistics for many columns at once: one line per column, padded with zeros to the widest.

Every array of counts here has shape (F, W): F columns, W at least as many bins as the widest column has,
zeros beyond a column's own. The formulas are those of the functions for one column; shared work is done once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats, Ints
from driftmeter.stats.special import kolmogorov_tails

AT_ONCE: Final = 128
"""Columns whose fine cells are compared at once: their work arrays are small enough to be had for little."""

LANE: Final = 2**31
"""Rows from which on the sums of two columns do not fit into one whole number any more."""

_PRIOR: Final = 0.5  # pseudo-counts per bin
_TINY: Final = 1e-300  # below every share that is not 0


class Padding:
    """Lays count vectors that stand end to end out as one padded line per column.

    Args:
        lengths: length of each column's vector, in order.

    >>> padding = Padding([2, 3])
    >>> padding(np.array([1, 2, 3, 4, 5])).tolist()
    [[1, 2, 0], [3, 4, 5]]
    """

    __slots__ = ("_from", "_own", "bins")

    bins: Ints
    """The lengths, shape (F,), as `distances` takes them."""

    def __init__(self, lengths: Sequence[int] | Ints) -> None:
        self.bins = np.array(lengths, np.int64)
        places = np.arange(self.bins.max(initial=0))
        self._own = (places < self.bins[:, None]).astype(np.int64)
        self._from = (np.cumsum(self.bins) - self.bins)[:, None] + places

    def __call__(self, flat: Ints) -> Ints:
        """Padded lines, shape (F, W), from counts of shape (sum of lengths,); (K, F, W) from K vectors of them."""
        lines: Ints = np.take(flat, self._from, axis=-1, mode="clip")
        lines *= self._own
        return lines


class Bins:
    """The binned counts of F reference columns, held ready for comparison with live ones.

    Args:
        reference: counts, shape (F, W), zeros beyond each column's own bins.

    >>> live = Bins(np.array([[50, 50, 0]])).beside(np.array([[25, 75, 0]]))
    >>> live.psi().round(6).tolist(), live.total_variation().tolist(), live.bins.tolist()
    ([0.268677], [0.25], [2])
    """

    __slots__ = ("counts", "n", "raised", "roots", "shares")

    def __init__(self, reference: Ints) -> None:
        _check_lines(reference)
        self.counts = _columns_last(reference)
        self.n: Floats = self.counts.sum(axis=0)
        with np.errstate(invalid="ignore"):
            self.shares: Floats = self.counts / self.n
        self.roots: Floats = np.sqrt(self.shares)
        self.raised: Floats = np.maximum(self.shares, _TINY)

    def beside(self, live: Ints) -> BesideBins:
        """The reference beside live counts over the same bins, shape (F, W), or those of K windows, (K, F, W).

        Raises:
            ValueError: another shape than the reference's.
        """
        _check_lines(live[0] if live.ndim > 2 and len(live) else live, self.counts.shape[::-1])
        return BesideBins(self, live)


class BesideBins:
    """Reference and live counts side by side; each distance is computed when it is asked for, of shape (F,) or (K, F).

    Equal to the functions of those names on the bins that either side has filled, with half a pseudo-count per bin
    where those take a prior. Without rows on a side PSI and KL say what the pseudo-counts say, all else is nan.
    """

    __slots__ = ("_kept", "_live", "_p", "_pooled", "_q", "_ratio", "_reference", "bins", "rows")

    bins: Ints
    """How many bins either side has filled, of the distances' shape."""
    rows: Floats
    """Live rows of each column, likewise."""

    def __init__(self, reference: Bins, live: Ints) -> None:
        self._reference, self._live = reference, _columns_last(live)
        self.rows = self._live.sum(axis=-2)
        self._pooled = reference.counts + self._live
        pseudo = (self._pooled > 0) * _PRIOR
        priors = pseudo.sum(axis=-2)
        self.bins = (priors / _PRIOR).astype(np.int64)
        with np.errstate(invalid="ignore"):
            self._p = (reference.counts + pseudo) / _beside(reference.n + priors)
            self._q = (self._live + pseudo) / _beside(self.rows + priors)
        self._ratio = _log_ratio(self._p, self._q)
        self._kept: Floats | None = None

    def psi(self) -> Floats:
        """Population stability index."""
        return _products(self._p - self._q, self._ratio)

    def kl(self) -> Floats:
        """KL(reference || live), in nats."""
        return _products(self._p, self._ratio)

    def kl_reverse(self) -> Floats:
        """KL(live || reference), in nats."""
        return -_products(self._q, self._ratio)

    def js(self) -> Floats:
        """Jensen-Shannon distance in base 2."""
        p, q = self._reference.raised, np.maximum(self._shares(), _TINY)
        middle = (p + q) / 2
        nats = _products(p, np.log(p / middle)) + _products(q, np.log(q / middle))
        distance: Floats = np.sqrt(np.maximum(nats, 0.0) / (2 * math.log(2)))  # rounding can leave -1e-17
        return distance

    def hellinger(self) -> Floats:
        """Hellinger distance."""
        gaps = self._reference.roots - np.sqrt(self._shares())
        distance: Floats = np.sqrt(_products(gaps, gaps) / 2)
        return distance

    def total_variation(self) -> Floats:
        """Total variation distance."""
        distance: Floats = np.abs(self._reference.shares - self._shares()).sum(axis=-2) / 2
        return distance

    def linf(self) -> Floats:
        """Chebyshev distance."""
        distance: Floats = np.abs(self._reference.shares - self._shares()).max(axis=-2, initial=0.0)
        return distance

    def chi2(self) -> Floats:
        """The statistic of the chi-square test of homogeneity; its degrees of freedom are `bins` - 1."""
        n, m = self._reference.n, self.rows
        # Exact for whole counts: equal shares give exactly 0.
        gaps = self._live * n - self._reference.counts * _beside(m)
        with np.errstate(invalid="ignore"):
            statistic: Floats = _products(gaps, gaps / np.maximum(self._pooled, 1.0)) / (n * m)
        return statistic

    def _shares(self) -> Floats:
        """Of the live rows, without pseudo-counts."""
        if self._kept is None:
            with np.errstate(invalid="ignore"):
                self._kept = self._live / _beside(self.rows)
        return self._kept


class OnCells(NamedTuple):
    """What fine cells tell about F columns, each of shape (F,); nan where a side is empty."""

    ks: Floats
    wasserstein: Floats
    rows: Floats
    """Live rows of each column."""


class Cells:
    """The fine cells of F reference columns, held ready for comparison with live ones.

    Equal to `ks_counts` and `wasserstein_counts` with cells of one width per column. Counts are summed up as whole
    numbers, without rounding, and two columns at once, one in each half of a number: a sum has to wait for the one
    before, which takes longer than the adding.

    Args:
        reference: counts, shape (F, C).
        widths: of a cell of each column, shape (F,), in the column's unit.

    >>> found = Cells(np.array([[4, 0, 0]]), np.array([1.0])).compare(np.array([[0, 2, 2]]))
    >>> found.ks.tolist(), found.wasserstein.tolist()
    ([1.0], [1.5])
    """

    __slots__ = ("_reached", "_rows", "_widths")

    def __init__(self, reference: Ints, widths: Floats) -> None:
        _check_lines(reference)
        self._reached = np.empty(reference.shape)
        self._rows = _reach(reference, self._reached)
        self._widths = widths

    def compare(self, live: Ints) -> OnCells:
        """Statistics against live counts over the same cells, shape (F, C).

        Raises:
            ValueError: another shape than the reference's.
        """
        _check_lines(live, self._reached.shape)
        found = OnCells(*np.empty((3, len(live))))
        work = np.empty((min(len(live), AT_ONCE), live.shape[1]))
        for first in range(0, len(live), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            gaps = work[: len(live[part])]
            found.rows[part] = _reach(live[part], gaps)
            gaps -= self._reached[part]
            np.abs(gaps, out=gaps)
            gaps.max(axis=1, out=found.ks[part])
            np.einsum("ij->i", gaps, out=found.wasserstein[part])
        np.multiply(found.wasserstein, self._widths, out=found.wasserstein)
        return found

    def ks_pvalues(self, found: OnCells) -> Floats:
        """P-values of the KS distances that `compare` found, by Smirnov's limit law."""
        n, m = self._rows, found.rows
        with np.errstate(invalid="ignore"):
            effective = n * (m / (n + m))
        return kolmogorov_tails(found.ks * np.sqrt(effective))


def _reach(counts: Ints, out: Floats) -> Floats:
    """Write the shares of the rows up to each cell to `out`, shape (F, C); gives the rows, shape (F,)."""
    rows: Ints = counts.sum(axis=1)
    if rows.max(initial=0) < LANE:
        _sums_by_twos(counts, out)
    else:
        np.cumsum(counts, axis=1, out=out)
    with np.errstate(divide="ignore", invalid="ignore"):
        out *= (1 / rows)[:, None]
    return rows.astype(np.float64)


def _sums_by_twos(counts: Ints, out: Floats) -> None:
    """Write the sums up to each cell to `out`; no column has `LANE` rows."""
    half, odd = divmod(len(counts), 2)
    sums = np.empty((half, counts.shape[1]), "<i8")
    np.left_shift(counts[half : 2 * half], 32, out=sums)
    sums += counts[:half]
    np.cumsum(sums, axis=1, out=sums)
    lanes = sums.view("<i4")
    out[:half], out[half : 2 * half] = lanes[:, ::2], lanes[:, 1::2]
    if odd:
        np.cumsum(counts[-1], out=out[-1])


def _columns_last(lines: Ints) -> Floats:
    """The same counts as float64 of shape (W, F): sums over few bins of many columns then run along the memory."""
    return np.array(np.swapaxes(lines, -1, -2), np.float64, order="C")


def _beside(of_columns: Floats) -> Floats:
    """What is one number per column, to be held against lines whose columns are last."""
    return of_columns[..., None, :]


def _log_ratio(p: Floats, q: Floats) -> Floats:
    """Ln(p / q) where q is 0 only with p: 0 where p is, nan where a share is undefined."""
    ratio: Floats = np.log(np.maximum(p, _TINY) / np.maximum(q, _TINY))
    return ratio


def _products(left: Floats, right: Floats) -> Floats:
    """Sum of the products over the bins."""
    total: Floats = np.einsum("...ij,...ij->...j", left, right)
    return total


def _check_lines(lines: Ints, expected: tuple[int, ...] | None = None) -> None:
    if lines.ndim != 2 or (expected is not None and lines.shape != expected):
        raise ValueError(f"counts are {lines.shape}; reference and live are (columns, bins) both, with the same bins")
