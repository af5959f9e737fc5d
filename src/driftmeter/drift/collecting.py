"""Evidence that one property of each of some columns has changed, collected from steps of their scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.cusums import Blocks, Cusums, Limits, Lines, Turn
from driftmeter.drift.inflation import inflation, no_inflation
from driftmeter.drift.limits import CLEAR
from driftmeter.drift.rule import Chance
from driftmeter.drift.scores import BLOCK
from driftmeter.drift.tilts import tilts
from driftmeter.drift.variation import Variation

Flags = NDArray[np.bool_]

STAYING: Final = (0.125,)
"""An alarm stays while rows rather speak for this shift than for none, so that one of about half the smallest does not
come and go."""

LEAST: Final = 14 * math.log(2)
"""However few looks a budget has to cover, less evidence is no page: as for windows, see `budget.LEAST_HALVINGS`."""

_CLEAR: Final = CLEAR[0] * math.log(2)
"""The evidence that the change is gone which ends an alarm."""

_OVERSHOOT: Final = 1.6
"""Nats by which sums that move in steps stay behind those that creep (Siegmund, "Sequential Analysis", 1985, 10.3:
1.166 a + log(2/a^2) for steps of a standard deviations, here at the a where it is least)."""

_GRAIN: Final = 2.0**24
"""Steps are whole multiples of its inverse, so that sums are exact and do not depend on how rows were batched."""


class Sought(NamedTuple):
    """What is looked for.

    Attributes:
        statistic: its name.
        sizes: of alternatives, in the standard deviations by which the mean of a normal column would have to shift to
            be as far from the reference.
        shares: of the chance of a false page, for each of them.
        step: blocks of rows that are taken at once.

    """

    statistic: str
    sizes: tuple[float, ...]
    shares: tuple[float, ...]
    step: int


class Collector:
    """Cumulative sums of the scores of F columns, for alternatives that make them higher or lower.

    Args:
        sought: what they are evidence of.
        columns: the columns.
        by_bin: the score of each of their bins.
        laws: of these scores in the reference, shape (F, 7).
        variation: how the reference varied by itself, if it knows.
        chance: how probable a false page may be at one look, each block being one.

    """

    def __init__(
        self,
        sought: Sought,
        columns: Sequence[ColumnReference],
        by_bin: Sequence[NDArray[np.int64]],
        laws: Floats,
        *,
        variation: Variation | None,
        chance: Chance,
    ) -> None:
        self._chance, self._shares = chance, sought.shares
        self.step, self._rows = sought.step, sought.step * BLOCK
        self._n = np.array([float(sum(column.counts)) for column in columns])
        self._inflation = no_inflation(len(columns))
        if variation is not None:
            self._inflation = inflation(by_bin, laws, [variation.counts[column.name] for column in columns])
        slope, self._cost = tilts(laws, sought.sizes)
        staying, cost = tilts(laws, STAYING)
        self._slope, self._staying = _exact(slope), Lines(_exact(staying), _exact(self._rows * cost))
        self._sums = Cusums(*slope.shape)
        self._left = np.zeros((0, len(columns)), np.int64)
        self._asked: dict[int, tuple[float, Limits, Lines]] = {}
        self.evidence = np.zeros(len(columns))
        """Of each column, in nats of independent rows; of an alarm, what is left of `needed` until it is over."""
        self.needed = math.inf
        """The evidence that raises an alarm; infinite before the first look."""

    @property
    def alarms(self) -> Flags:
        """Which columns have one."""
        return self._sums.alarms

    def add(self, blocks: Blocks, rows: int, here: Flags | None) -> list[Turn]:
        """Take in blocks, which turns are counted in; what is no whole step yet waits for the next.

        Args:
            blocks: sums of scores, shape (K, F).
            rows: of the model at the end of the first block.
            here: which columns the rows had, None for all; the sums of others stay as they are.

        """
        step, before = self.step, len(self._left)
        waiting = np.concatenate([self._left, blocks]) if before else blocks
        whole = len(waiting) // step * step
        steps, self._left = _summed(waiting[:whole], step), waiting[whole:]
        ends = rows + (step - before - 1) * BLOCK
        return [
            turn._replace(block=(turn.block + 1) * step - before - 1, began=turn.began * step - before)
            for turn in self._judged(steps, ends, here)
        ]

    def _judged(self, steps: Blocks, rows: int, here: Flags | None) -> list[Turn]:
        """Steps, the first of which ends with that row of the model; cut where the chance of a look changes."""
        if not len(steps):
            return []
        halvings = self._chance.halvings(rows)
        middle = len(steps) // 2
        if middle and self._chance.halvings(rows + (len(steps) - 1) * self._rows) != halvings:
            turns = self._judged(steps[:middle], rows, here)
            moved = self._judged(steps[middle:], rows + middle * self._rows, here)
            return turns + [turn._replace(block=turn.block + middle, began=turn.began + middle) for turn in moved]
        self.needed, limits, shifts = self._asks(halvings)
        if here is not None:
            shifts, steps = Lines(shifts.slope * here, shifts.cost * here), steps * here
        turns = self._sums.add(steps, shifts, self._staying, limits)
        self.evidence = self._sums.height(limits) * self.needed
        return [turn._replace(value=turn.value * self.needed) for turn in turns]

    def _asks(self, halvings: int) -> tuple[float, Limits, Lines]:
        """What a chance asks for: evidence, as it is told and as the sums have it, and what a step then says."""
        if halvings not in self._asked:
            shared = halvings * math.log(2) + math.log(2 * self._n.size) - _OVERSHOOT  # a rise and a fall
            asked = np.maximum(shared - np.log(np.repeat(self._shares, 2)), LEAST)[:, None]
            limits = Limits(self._inflation.evidence(asked), self._inflation.evidence(_CLEAR))
            lines = Lines(self._slope, _exact(self._rows * (self._cost + limits.raising / self._n)))
            self._asked[halvings] = float(asked[0, 0]), limits, lines
        return self._asked[halvings]


def _exact(nats: Floats) -> Floats:
    whole: Floats = np.round(nats * _GRAIN) / _GRAIN
    return whole


def _summed(blocks: Blocks, step: int) -> Blocks:
    if step == 1:
        return blocks
    sums: Blocks = np.add.reduceat(blocks, np.arange(0, len(blocks), step)) if len(blocks) else blocks
    return sums
