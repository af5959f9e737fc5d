"""How far windows of a reference lie from the rest of it, and so how far an undrifted window may lie from it all.

Rows that arrive together share a day, a storm, a campaign: they are not independent, and windows of them lie farther
from the whole than (1/n + 1/m) chi-square(B - 1) says. How much farther is measured on the reference's own windows.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.binning import Binning
from driftmeter.drift.ring import Counts
from driftmeter.drift.variation import Variation
from driftmeter.stats.by_column import Padding
from driftmeter.stats.distances import log_ratio, psi_of, shares
from driftmeter.stats.f_law import f_isf, f_logsf

FEWEST_WINDOWS: Final = 4
"""No window of the reference longer than a quarter of it is measured: there would be too few to learn from."""

_MOST_CONCENTRATED: Final = 2.0
"""A variation along one direction has 1; a single storm in the reference may show more."""


class Measured(NamedTuple):
    """What the reference's own windows of one length show, arrays of shape (F,)."""

    excess: Floats
    """By how much their mean PSI exceeds that of independent rows, at least 0."""
    concentration: Floats
    """1 where all of that excess lies along one direction (every storm moves the same bins the same way), 1/(B - 1)
    where it is spread over all."""
    windows: Floats
    """How many independent windows that was learnt from."""


class ShiftedF(NamedTuple):
    """The law of shift + mean x F(upper, lower), arrays of shape (F,)."""

    shift: Floats
    mean: Floats
    upper: Floats
    lower: Floats


class NaturalLaw:
    """The law of the PSI of an undrifted window, learnt from a reference's consecutive panes.

    All runs of panes of the window's length, overlapping ones too (the moving blocks of Künsch, "The jackknife and
    the bootstrap for general stationary observations", 1989, each taken once), are held against the rest of the
    reference. Their PSI is the sum of what independent rows give and of an excess; its mean and variance give a scaled
    chi-square with real degrees of freedom (Satterthwaite, "An approximate distribution of estimates of variance
    components", 1946). That falls short far out where one direction outweighs the others, as weather does; there the
    tail is that of the heavy directions alone, moved on by what the light ones add (Zolotarev, "Concerning a certain
    probability problem", 1961), and the higher of the two limits holds. As the scale was itself estimated, from J
    independent windows, quantiles are not those of the chi-square but of Snedecor's F with J times as many degrees of
    freedom below: the allowance for a short reference. Windows that resemble the next one count for less than one.

    A window longer than a quarter of the reference is given the excess of that quarter; one shorter than a pane the
    excess of a pane in inverse proportion, which is the most that a stationary stream can have.

    Args:
        binning: the layout of the reference.
        variation: the reference's panes.

    """

    def __init__(self, binning: Binning, variation: Variation) -> None:
        padding = Padding([stop - start for start, stop in binning.slices])
        flat = np.concatenate([np.array(variation.counts[column.name]) for column in binning.columns], axis=1)
        panes = np.stack([padding(pane) for pane in flat])
        self.panes, self.columns = len(panes), len(binning.columns)
        self._until: Counts = np.concatenate([np.zeros_like(panes[:1]), np.cumsum(panes, axis=0)])
        self._dof = np.maximum(np.count_nonzero(self._until[-1], axis=1) - 1, 1).astype(np.float64)
        self._rows_per_pane: float = float(self._until[-1].sum(axis=1).max()) / self.panes
        self._pane_s = None if variation.duration_s is None else variation.duration_s / self.panes
        self._known: dict[int, Measured] = {}

    def length_of_rows(self, rows: float) -> float:
        """The length of a window by rows, in panes."""
        return rows / self._rows_per_pane

    def length_of_time(self, duration_s: float) -> float:
        """The length of a window by time, in panes; 1 where the reference's times are numbers of an unknown unit."""
        return duration_s / self._pane_s if self._pane_s else 1.0

    def limits(self, log_alphas: Floats, length: float, spread: Floats, *, sides: int = 1) -> Floats:
        """The PSI that an undrifted window exceeds with given probabilities, shape (A, F).

        Args:
            log_alphas: logarithms of the probabilities, shape (A,).
            length: of the window, in panes.
            spread: 1/n + 1/m of each column, shape (F,), finite.
            sides: 1 where the window is held against the reference, 2 where against another window of its length.

        """
        laws = self._laws(length, spread, sides)
        limits = [law.shift + law.mean * f_isf(log_alphas[:, None], law.upper, law.lower) for law in laws]
        highest: Floats = np.maximum(*limits)
        return highest

    def log_chance(self, psi: float, place: int, length: float, spread: Floats, *, sides: int = 1) -> float:
        """The logarithm of the probability of a PSI of one column; other arguments as `limits`."""
        laws = self._laws(length, spread, sides)
        return max(
            float(f_logsf(max(0.0, psi - law.shift[place]) / law.mean[place], law.upper[place], law.lower[place]))
            for law in laws
        )

    def _laws(self, length: float, spread: Floats, sides: int) -> tuple[ShiftedF, ShiftedF]:
        whole = min(max(math.floor(length), 1), max(1, self.panes // FEWEST_WINDOWS))
        known = self._measured(whole)
        excess = sides * known.excess / min(length, 1.0)
        return (
            _blended(self._dof, spread, excess, known),
            _concentrated(self._dof, spread, excess, known),
        )

    def _measured(self, length: int) -> Measured:
        if length not in self._known:
            self._known[length] = self._measure(length)
        return self._known[length]

    def _measure(self, length: int) -> Measured:
        runs = self._until[length:] - self._until[:-length]
        found, spread = _distances(runs, self._until[-1] - runs)
        excess = np.maximum((found - self._dof * spread).mean(axis=0), 0.0)
        products, chance = _products(runs, self._until[-1])
        own = np.diagonal(products, axis1=1, axis2=2).mean(axis=1)
        windows = _independent(own, np.diagonal(products, length, 1, 2).mean(axis=1), self.panes / length)
        apart = np.abs(np.subtract.outer(np.arange(len(runs)), np.arange(len(runs)))) >= length
        by_spread = self._concentration(found.var(axis=0, ddof=1) / 2, spread.mean(axis=0), excess, windows)
        by_pairs = self._concentration(
            np.square(products[:, apart]).mean(axis=1), chance, np.maximum(own - self._dof * chance, 0.0), windows
        )
        return Measured(excess, np.maximum(by_spread, by_pairs), windows)

    def _concentration(self, square: Floats, chance: Floats, excess: Floats, windows: Floats) -> Floats:
        """The share of `excess` squared in the sum of squared eigenvalues, `square`, once chance is taken out.

        An excess that may be chance, being less than two standard errors, is taken as spread over all directions; and
        the share is told beside the noise that `square` has in independent rows.
        """
        evident = excess > 2 * chance * np.sqrt(2 * self._dof / windows)
        noise = 2 * self._dof * chance**2 / np.sqrt(windows)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (square - self._dof * chance**2 - 2 * chance * excess) / (excess**2 + noise)
        return np.clip(np.where(evident, share, 0.0), 1 / self._dof, _MOST_CONCENTRATED)


def _blended(dof: Floats, spread: Floats, excess: Floats, known: Measured) -> ShiftedF:
    """All directions as one scaled chi-square of the same mean and variance."""
    mean = dof * spread + excess
    upper = mean**2 / (dof * spread**2 + 2 * spread * excess + known.concentration * excess**2)
    return ShiftedF(np.zeros_like(mean), mean, upper, upper * known.windows)


def _concentrated(dof: Floats, spread: Floats, excess: Floats, known: Measured) -> ShiftedF:
    """The heavy directions by themselves, 1/concentration of them; nothing where they are not twice as heavy.

    For light directions of scale s beside heavy ones of scale a, P(heavy + light > t) tends to
    (1 - s/a)^(-k/2) P(heavy > t), k being the number of light ones: as if t were less by a k ln(1/(1 - s/a)).
    """
    heavy = np.minimum(1 / known.concentration, dof)
    scale = spread + excess / heavy
    outweigh = scale > 2 * spread
    shift = np.where(outweigh, -scale * (dof - heavy) * np.log1p(-np.minimum(spread / scale, 0.5)), 0.0)
    upper = np.where(outweigh, heavy, dof)
    return ShiftedF(shift, np.where(outweigh, scale * heavy, dof * spread), upper, upper * known.windows)


def _distances(runs: Counts, rest: Counts) -> tuple[Floats, Floats]:
    """PSI of each run against the rest, and 1/n + 1/m of each, both of shape (R, F); 0 where a side has no rows."""
    filled = (runs + rest) > 0
    p, q = shares(rest + 0.5 * filled), shares(runs + 0.5 * filled)
    n, m = rest.sum(axis=2), runs.sum(axis=2)
    shown = (n > 0) & (m > 0)
    with np.errstate(divide="ignore"):
        spread = np.where(shown, 1 / n + 1 / m, 0.0)
    return np.where(shown, psi_of(p, q, log_ratio(p, q)), 0.0), spread


def _products(runs: Counts, whole: Counts) -> tuple[Floats, Floats]:
    """Scalar products of the runs' displacements from the whole, each bin's over the root of its share.

    Returns:
        The products, shape (F, R, R); and the mean square that one degree of freedom of chance adds to each, (F,).

    """
    pooled = shares(whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(pooled > 0, (shares(runs) - pooled) / np.sqrt(pooled), 0.0)
        chance = 1 / runs.sum(axis=2) - 1 / whole.sum(axis=1)
    by_column = np.nan_to_num(moved).transpose(1, 0, 2)
    return by_column @ by_column.transpose(0, 2, 1), np.where(np.isfinite(chance), chance, 0.0).mean(axis=0)


def _independent(own: Floats, following: Floats, windows: float) -> Floats:
    """How many windows are independent where each resembles the next: n (1 - r)/(1 + r) of a first-order chain."""
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = np.where(own > 0, following / own, 0.0) + 1 / windows  # the mean was taken out of so many
    alike = np.clip(alike, 0.0, 0.9)
    independent: Floats = np.maximum(windows * (1 - alike) / (1 + alike), 1.0)
    return independent
