"""Evidence that one property of each of some columns has changed, collected from steps of their scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.cusums import Cusums, Limits, Lines, Turn
from driftmeter.drift.inflation import inflation, no_inflation
from driftmeter.drift.limits import CLEAR
from driftmeter.drift.rule import Chance
from driftmeter.drift.scores import BLOCK, VALUES
from driftmeter.drift.steps import Steps
from driftmeter.drift.tilts import costs, tilts
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


class Laws(NamedTuple):
    """The laws of the scores of F columns, in P phases of a rhythm; one where the reference knows none.

    Attributes:
        whole: shares of the scores in the whole reference, shape (F, 7).
        by_phase: in each phase, shape (P, F, 7).
        rows: how many independent rows would tell as much of each, shape (P, F).

    """

    whole: Floats
    by_phase: Floats
    rows: Floats

    @property
    def variances(self) -> Floats:
        """Of the scores within phases, their mean over all, shape (F,)."""
        each = self.by_phase @ VALUES**2 - np.square(self.by_phase @ VALUES)
        found: Floats = each.mean(axis=0)
        return found


class Collector:
    """Cumulative sums of the scores of F columns, for alternatives that make them higher or lower.

    Args:
        sought: what they are evidence of.
        columns: the columns.
        by_bin: the score of each of their bins.
        laws: of these scores.
        variation: how the reference varied about these laws, if it knows.
        chance: how probable a false page may be at one look, each block being one.

    """

    def __init__(
        self,
        sought: Sought,
        columns: Sequence[ColumnReference],
        by_bin: Sequence[NDArray[np.int64]],
        laws: Laws,
        *,
        variation: Variation | None,
        chance: Chance,
    ) -> None:
        self._chance, self._shares = chance, sought.shares
        self.step, self._rows = sought.step, sought.step * BLOCK
        self._known = laws.rows[:, None]
        self._inflation = no_inflation(len(columns))
        if variation is not None:
            panes = [variation.counts[column.name] for column in columns]
            self._inflation = inflation(by_bin, laws.whole @ VALUES, laws.variances, panes)
        self._slope, self._staying = (_exact(tilts(laws.whole, sizes).slope) for sizes in (sought.sizes, STAYING))
        self._cost, self._staying_cost = (costs(laws.by_phase, slope) for slope in (self._slope, self._staying))
        self._staying_cost = _exact(self._staying_cost)
        self._sums = Cusums(*self._slope.shape)
        self._left = Steps(np.zeros((0, len(columns)), np.int64), np.zeros((0, 0), np.intp))
        self._asked: dict[int, tuple[float, Limits, Floats]] = {}
        self.evidence = np.zeros(len(columns))
        """Of each column, in nats of independent rows; of an alarm, what is left of `needed` until it is over."""
        self.needed = math.inf
        """The evidence that raises an alarm; infinite before the first look."""

    @property
    def alarms(self) -> Flags:
        """Which columns have one."""
        return self._sums.alarms

    def add(self, blocks: Steps, rows: int, here: Flags | None) -> list[Turn]:
        """Take in blocks, which turns are counted in; what is no whole step yet waits for the next.

        Args:
            blocks: of rows.
            rows: of the model at the end of the first block.
            here: which columns the rows had, None for all; the sums of others stay as they are.

        """
        step, before = self.step, len(self._left.scores)
        waiting = self._left.followed_by(blocks) if before else blocks
        steps, self._left = waiting.together(step)
        ends = rows + (step - before - 1) * BLOCK
        return [
            turn._replace(block=(turn.block + 1) * step - before - 1, began=turn.began * step - before)
            for turn in self._judged(steps, ends, here)
        ]

    def _judged(self, steps: Steps, rows: int, here: Flags | None) -> list[Turn]:
        """Steps, the first of which ends with that row of the model; cut where the chance of a look changes."""
        number = len(steps.scores)
        if not number:
            return []
        halvings = self._chance.halvings(rows)
        middle = number // 2
        if middle and self._chance.halvings(rows + (number - 1) * self._rows) != halvings:
            turns = self._judged(steps.part(0, middle), rows, here)
            moved = self._judged(steps.part(middle, number), rows + middle * self._rows, here)
            return turns + [turn._replace(block=turn.block + middle, began=turn.began + middle) for turn in moved]
        self.needed, limits, cost = self._asks(halvings)
        shifts, staying = (
            Lines(self._slope, steps.cost(cost, self._rows)),
            Lines(self._staying, steps.cost(self._staying_cost, self._rows)),
        )
        scores = steps.scores
        if here is not None:
            shifts, scores = Lines(shifts.slope * here, shifts.cost * here), scores * here
        turns = self._sums.add(scores, shifts, staying, limits)
        self.evidence = self._sums.height(limits) * self.needed
        return [turn._replace(value=turn.value * self.needed) for turn in turns]

    def _asks(self, halvings: int) -> tuple[float, Limits, Floats]:
        """What a chance asks for: evidence, as it is told and as the sums have it, and what a row then costs."""
        if halvings not in self._asked:
            shared = halvings * math.log(2) + math.log(2 * self._slope.shape[1]) - _OVERSHOOT  # a rise and a fall
            asked = np.maximum(shared - np.log(np.repeat(self._shares, 2)), LEAST)[:, None]
            limits = Limits(self._inflation.evidence(asked), self._inflation.evidence(_CLEAR))
            cost = _exact(self._cost + limits.raising / self._known)
            self._asked[halvings] = float(asked[0, 0]), limits, cost
        return self._asked[halvings]


def _exact(nats: Floats) -> Floats:
    whole: Floats = np.round(nats * _GRAIN) / _GRAIN
    return whole
