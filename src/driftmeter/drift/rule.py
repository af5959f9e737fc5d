"""The rule that turns distances into alarms that keep a budget of false pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.alarms import Flags, Standing
from driftmeter.drift.evaluation import Glance
from driftmeter.drift.limits import CLEAR, Limits
from driftmeter.drift.ring import Counts


class Chance(Protocol):
    """Knows how probable a false page may be at one look: `Budget`, or `FixedChance`."""

    def halvings(self, rows: int) -> int:
        """That probability as a power of a half, after so many rows of the model."""


class Verdict(NamedTuple):
    """Of one look at F columns, arrays of shape (F,)."""

    beyond: Flags
    """Which are beyond their limit."""
    limits: Floats
    """The PSI that each was held against: beyond it means an alarm, whatever made it the limit."""


class BudgetRule:
    """Raises an alarm where neither chance, nor nature, nor a trifle explains the PSI; clears it where they would.

    1. *Evidence.* The PSI must exceed what chance gives in independent rows, (1/n + 1/m) chi-square(B - 1) (Yurdakul,
       "Statistical properties of population stability index", 2018), and what the reference's own windows show, see
       `NaturalLaw`. Chi-square of homogeneity must exceed its law as well: with rare bins one of the two statistics
       overstates what the other understates, and the smaller claim of both held at every size tried.
    2. *Effect.* And it must exceed its mean without drift by a floor, see `limits.FLOOR`.
    3. *Many columns.* Benjamini & Hochberg's procedure (1995) over the columns of a look, with the probability of a
       false page at this look as its rate: without drift the chance that it names any column is no larger. That holds
       for independent columns and for those that tend to be far together (Benjamini & Yekutieli, 2001); steps are
       taken at 1, 2, 4, 8, ... columns only, which names no more. A column whose alarm stands takes no part:
       it would loosen the limits of the others for as long as it stands.
    4. *Persistence.* One look is enough `far` beyond the limit, else two of the last three looks.
    5. *Hysteresis.* An alarm stays until the PSI is below the limit of `CLEAR`.

    Args:
        limits: of the columns in this window.
        chance: how probable a false page may be at one look.

    """

    statistic = "psi"
    far = 1.5
    """How many times the limit is so far beyond it that one look is enough."""

    def __init__(self, limits: Limits, chance: Chance) -> None:
        self.limits, self._chance = limits, chance

    def between_windows(self) -> BudgetRule:
        """The same rule where the window is compared with another one, not with the reference."""
        return BudgetRule(self.limits.between_windows(), self._chance)

    def start(self, columns: int) -> Standing:
        """Nothing held against any column."""
        return Standing(np.zeros(columns, np.bool_), np.zeros(columns, np.uint8), np.full(columns, np.inf))

    def calm(self, seen: Glance, n_reference: Counts, before: Standing, rows: Sequence[int]) -> Standing | None:
        """The standing after K looks, if nothing stood against any column and no look tells of anything; else None.

        Args:
            seen: the window at these looks, arrays of shape (K, F).
            n_reference: as for `judge`.
            before: likewise.
            rows: of the model at each look.

        """
        halvings = self._chance.halvings(rows[0])
        if before.alarms.any() or before.suspects.any() or self._chance.halvings(rows[-1]) != halvings:
            return None
        limits = self.limits.psi(_steps(halvings, before.alarms.size), seen, n_reference)
        return None if (seen.psi > limits[-1]).any() else before._replace(thresholds=limits[0, -1])

    def judge(self, seen: Glance, n_reference: Counts, enough: Flags, before: Standing, rows: int) -> Standing:
        """The standing after one more look; a column with too few rows keeps its own.

        Args:
            seen: the window at this look.
            n_reference: rows of what it is compared with, shape (F,).
            enough: which columns have enough rows to judge, shape (F,).
            before: the standing after the look before.
            rows: of the model so far.

        """
        beyond, limits = self.look(seen, n_reference, enough & ~before.alarms, rows)
        history = before.suspects.astype(np.uint8)
        with np.errstate(invalid="ignore"):
            now = beyond & ((history > 0) | (seen.psi > self.far * limits))
            if before.alarms.any():
                now = np.where(before.alarms, seen.psi > self.limits.psi(CLEAR, seen, n_reference)[0], now)
        remembered = ((history << 1) & 3) | beyond
        return Standing(
            np.where(enough, now, before.alarms), np.where(enough, remembered, history).astype(np.uint8), limits
        )

    def look(self, seen: Glance, n_reference: Counts, taking_part: Flags, rows: int) -> Verdict:
        """Which columns of one look are beyond their limits, and what those are."""
        steps = _steps(self._chance.halvings(rows), seen.psi.size)
        limits = self._guarded(steps, seen, n_reference)
        beyond = (seen.psi > limits) & taking_part
        if not beyond[-1].any():
            return Verdict(beyond[0], limits[0])
        reached = np.flatnonzero(np.count_nonzero(beyond, axis=1) >= 2 ** np.arange(len(steps)))
        step = int(reached[-1]) if reached.size else 0
        return Verdict(beyond[step], limits[step])

    def _guarded(self, steps: tuple[int, ...], seen: Glance, n_reference: Counts) -> Floats:
        """Limits of the PSI; raised in proportion where chi-square is not beyond its own limit though PSI is."""
        limits = self.limits.psi(steps, seen, n_reference)
        doubtful = np.flatnonzero(seen.psi > limits[-1])
        if doubtful.size:
            few = Glance(seen.rows[doubtful], seen.bins[doubtful], seen.psi[doubtful], seen.chi2[doubtful])
            raised = self.limits.chi2(steps, few) * (few.psi / few.chi2)
            limits[:, doubtful] = np.maximum(limits[:, doubtful], raised)
        return limits


def _steps(halvings: int, columns: int) -> tuple[int, ...]:
    """Powers of a half, for one column among so many, for two of them, for four, and so on."""
    single = halvings + math.ceil(math.log2(max(columns, 1)))
    return tuple(range(single, single - columns.bit_length(), -1))
