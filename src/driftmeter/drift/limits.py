"""The PSI that an undrifted window of a column does not reach: by chance, by nature, and for practical purposes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.evaluation import Glance
from driftmeter.drift.natural import NaturalLaw
from driftmeter.drift.ring import Counts
from driftmeter.stats.special import chi2_isf, chi2_sf

FLOOR: Final = 0.005
"""A PSI so far above its mean without drift is of no practical account, however many rows prove it: a shift of the mean
of a normal column by a fourteenth of its standard deviation."""

SMALLEST_P: Final = 1e-300
"""What a p-value is told as when it is smaller: 0 would claim a certainty that nobody has."""

CLEAR: Final = (7,)
"""An alarm is over when chance and nature would do in one look of 2^7."""

_NODES_PER_OCTAVE: Final = 16
_REMEMBERED: Final = 256


class Limits:
    """Limits of F columns in one window, for probabilities that are powers of a half.

    Args:
        natural: how the reference varied by itself, if it knows.
        length: of the window in the reference's panes.
        sides: 1 where the window is held against the reference, 2 where against another window like it.

    """

    def __init__(self, natural: NaturalLaw | None = None, length: float = 1.0, *, sides: int = 1) -> None:
        self._natural, self._length, self._sides = natural, length, sides
        self._quantiles: dict[tuple[int, ...], Floats] = {}
        self._found: dict[tuple[tuple[int, ...], int], Floats] = {}

    def between_windows(self) -> Limits:
        """The limits where the window is held against another one, which varies as it does itself."""
        return Limits(self._natural, self._length, sides=2)

    def psi(self, halvings: tuple[int, ...], seen: Glance, n_reference: Counts) -> Floats:
        """The PSI that chance and nature exceed with probability 2^-h for each h of `halvings`, shape (A, F).

        Infinite where a side has no rows. Of K windows at once, shape (A, K, F).
        """
        spread = _spread(seen.rows, n_reference)
        empty = np.isinf(spread)
        if empty.any():
            spread = np.where(empty, 1.0, spread)
        limits = self.chi2(halvings, seen) * spread
        if self._natural is not None:
            np.maximum(limits, self._by_nature(halvings, spread), out=limits)
        np.maximum(limits, (seen.bins - 1) * spread + FLOOR, out=limits)
        limits[:, empty] = np.inf
        return limits

    def chi2(self, halvings: tuple[int, ...], seen: Glance) -> Floats:
        """The chi-square of homogeneity that chance exceeds with the same probabilities, shape (A, F)."""
        table = self._quantiles.get(halvings)
        widest = int(seen.bins.max(initial=1)) + 1
        if table is None or table.shape[1] < widest:
            table = self._quantiles[halvings] = np.full((len(halvings), widest), np.nan)
        found: Floats = table[:, seen.bins]
        if np.isnan(found).any():
            for bins in np.unique(seen.bins).tolist():
                table[:, bins] = [chi2_isf(2.0**-halving, max(0, bins - 1)) for halving in halvings]
            found = table[:, seen.bins]
        return found

    def p_value(self, seen: Glance, n_reference: Counts, place: int) -> float:
        """The probability of the PSI of one column without drift, by the law that makes it the most likely.

        At least `SMALLEST_P`.
        """
        dof, psi = max(0, int(seen.bins[place]) - 1), float(seen.psi[place])
        spread = _spread(seen.rows, n_reference)[place]
        by_chance = max(float(chi2_sf(psi / spread, dof)), float(chi2_sf(seen.chi2[place], dof)))
        by_nature = 0.0
        if self._natural is not None and math.isfinite(spread):
            spreads = np.full(seen.rows.shape, spread)
            by_nature = math.exp(self._natural.log_chance(psi, place, self._length, spreads, sides=self._sides))
        return max(by_chance, by_nature, SMALLEST_P)

    def _by_nature(self, halvings: tuple[int, ...], spread: Floats) -> Floats:
        """Solved for a few spreads, the next larger one being taken: the limit grows with it."""
        nodes = np.ceil(_NODES_PER_OCTAVE * np.log2(spread)).astype(np.int64)
        limits = np.empty((len(halvings), *spread.shape))
        for node in np.unique(nodes).tolist():
            found = self._at_node(halvings, node)
            of_all = found if spread.ndim == 1 else found[:, None, :]
            np.copyto(limits, of_all, where=nodes == node)
        return limits

    def _at_node(self, halvings: tuple[int, ...], node: int) -> Floats:
        key = (halvings, node)
        if key not in self._found and self._natural is not None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            log_alphas = -math.log(2) * np.array(halvings, np.float64)
            spread = np.full(self._natural.columns, 2.0 ** (node / _NODES_PER_OCTAVE))
            self._found[key] = self._natural.limits(log_alphas, self._length, spread, sides=self._sides)
        return self._found[key]


def _spread(rows: Counts, n_reference: Counts) -> Floats:
    """1/n + 1/m, infinite where a side is empty."""
    with np.errstate(divide="ignore"):
        spread: Floats = 1 / rows + 1 / n_reference
    return spread
