"""Shifts of numeric columns, found as soon as enough rows have told of them, however many that takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.binning import Binning
from driftmeter.drift.cusums import Cusums, Limits, Lines, Turn
from driftmeter.drift.inflation import inflation, no_inflation
from driftmeter.drift.limits import CLEAR
from driftmeter.drift.rule import Chance
from driftmeter.drift.scores import BLOCK, Scores
from driftmeter.drift.tilts import tilts
from driftmeter.drift.variation import Variation

Places: TypeAlias = "NDArray[np.intp]"

_AT_ONCE: Final = 64
"""Blocks, so that what is computed of them stays near the processor."""

SHIFTS: Final = (0.25, 0.6)
"""Shifts of the mean of a normal column, in standard deviations, that are looked for. Half of the smallest is the
smallest that can ever be found: the practical floor. A shift of one is found as soon as if it were looked for."""

SHARES: Final = (0.88, 0.12)
"""Of the chance of a false page, for each of them. The small shift takes most: a nat less to prove of it saves thirty
rows, a nat more of the large one costs eight."""

STAYING: Final = (0.125,)
"""An alarm stays while rows rather speak for this shift than for none, so that one of about half the smallest does not
come and go."""

LEAST: Final = 14 * math.log(2)
"""However few looks a budget has to cover, less evidence is no page: as for windows, see `budget.LEAST_HALVINGS`."""

_CLEAR: Final = CLEAR[0] * math.log(2)
"""The evidence that the shift is gone which ends an alarm."""

_OVERSHOOT: Final = 1.6
"""Nats by which sums that move in steps stay behind those that creep (Siegmund, "Sequential Analysis", 1985, 10.3:
1.166 a + log(2/a^2) for steps of a standard deviations, here at the a where it is least)."""

_GRAIN: Final = 2.0**24
"""Steps are whole multiples of its inverse, so that sums are exact and do not depend on how rows were batched."""


class ShiftWatch:
    """Cumulative sums of rank scores, for shifts up and down.

    Each sum collects what the rows say for a shift beside the reference, in nats, and starts anew where that is
    nothing: no window has to be filled. As the exponential of what a row says has mean 1 without drift, whatever the
    column's distribution, a sum reaches h nats in fewer than exp(-h) of its looks on average (Lorden, "Procedures for
    reacting to a change in distribution", 1971; Shin, Ramdas & Rinaldo, "E-detectors", 2023). Looks come each `BLOCK`
    rows; columns share the chance evenly, alternatives as `SHARES` has it.

    The reference is not the truth itself: its own error of 1/sqrt(n) standard deviations costs h/n nats per row, by
    which the chance, averaged over references, is what it was. And rows that are not independent count for less, and
    less again where that was learnt from few stretches, see `Inflation`.

    Args:
        binning: the layout of the reference.
        variation: how it varied by itself, if it knows.
        chance: how probable a false page may be at one look.

    """

    def __init__(self, binning: Binning, variation: Variation | None, chance: Chance) -> None:
        self._chance = chance
        laws = Scores(binning.numeric).laws([column.counts for column in binning.numeric])
        self._places: Places = np.flatnonzero(np.count_nonzero(laws, axis=1) > 1)
        columns, laws = [binning.numeric[place] for place in self._places.tolist()], laws[self._places]
        self.names = tuple(column.name for column in columns)
        self._scores = Scores(columns)
        self._n = np.array([float(sum(column.counts)) for column in columns])
        self._inflation = no_inflation(len(columns))
        if variation is not None:
            self._inflation = inflation(self._scores, laws, [variation.counts[name] for name in self.names])
        slope, self._cost = tilts(laws, SHIFTS)
        staying, cost = tilts(laws, STAYING)
        self._slope, self._staying = _exact(slope), Lines(_exact(staying), _exact(BLOCK * cost))
        self._sums = Cusums(*slope.shape)
        self._pending = np.zeros(len(columns), np.int64)
        self._rows = 0
        self._all = np.ones(len(columns), np.bool_)
        self._asked: dict[int, tuple[float, Limits, Lines]] = {}
        self.seen = np.zeros(len(columns), np.bool_)
        """Which of the columns of `names` ever arrived."""
        self.evidence = np.zeros(len(columns))
        """For a shift of each column, in nats; of an alarm, what is left of `needed` until it is over."""
        self.needed = math.inf
        """The evidence that raises an alarm; infinite before the first look."""

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """Which of the columns of `names` have one."""
        return self._sums.alarms

    def observe(self, matrix: Floats, absent: Sequence[int] = ()) -> list[Turn]:
        """Take in rows of all numeric columns; tells which alarms changed, blocks being positions in the batch.

        Args:
            matrix: the rows, shape (n, columns), NaN where there is no number.
            absent: places of columns that did not arrive; their sums stay as they are.

        """
        if not self._places.size:
            return []
        here = ~np.isin(self._places, absent) if absent else self._all
        self.seen = self.seen | here
        before = self._rows
        sums, first = self._blocks(matrix)
        return [
            turn._replace(block=first + (at + turn.block) * BLOCK, began=first + (at + turn.began - 1) * BLOCK)
            for at in range(0, len(sums), _AT_ONCE)
            for turn in self._judged(sums[at : at + _AT_ONCE], before + first + 1 + at * BLOCK, here)
        ]

    def _blocks(self, matrix: Floats) -> tuple[NDArray[np.int64], int]:
        """Sums of the scores of each block that is complete, shape (K, F); and the last row of the first of them."""
        ours = matrix if len(self._places) == matrix.shape[1] else matrix[:, self._places]
        ahead = -self._rows % BLOCK
        self._rows += len(ours)
        sums = []
        if ahead:
            self._pending = self._pending + self._scores.of(ours[:ahead]).sum(axis=0)
            if len(ours) < ahead:
                return np.zeros((0, self._pending.size), np.int64), 0
            sums.append(self._pending[None])
        end = ahead + (len(ours) - ahead) // BLOCK * BLOCK
        steps = range(ahead, end, _AT_ONCE * BLOCK)
        sums += [self._scores.of_blocks(ours[at : min(at + steps.step, end)]) for at in steps]
        if end < len(ours) or ahead:
            self._pending = self._scores.of(ours[end:]).sum(axis=0)
        return np.concatenate(sums) if sums else np.zeros((0, self._pending.size), np.int64), (ahead or BLOCK) - 1

    def _judged(self, sums: NDArray[np.int64], rows: int, here: NDArray[np.bool_]) -> list[Turn]:
        """Blocks, the first of which ends with that row of the model; cut where the chance of a look changes."""
        halvings = self._chance.halvings(rows)
        middle = len(sums) // 2
        if middle and self._chance.halvings(rows + (len(sums) - 1) * BLOCK) != halvings:
            later = rows + middle * BLOCK
            turns = self._judged(sums[:middle], rows, here)
            moved = self._judged(sums[middle:], later, here)
            return turns + [turn._replace(block=turn.block + middle, began=turn.began + middle) for turn in moved]
        self.needed, limits, shifts = self._asks(halvings)
        if here is not self._all:
            shifts, sums = Lines(shifts.slope * here, shifts.cost * here), sums * here
        turns = self._sums.add(sums, shifts, self._staying, limits)
        self.evidence = self._sums.height(limits) * self.needed
        return [turn._replace(value=turn.value * self.needed) for turn in turns]

    def _asks(self, halvings: int) -> tuple[float, Limits, Lines]:
        """What a chance asks for: evidence, as it is told and as the sums have it, and what a step then says."""
        if halvings not in self._asked:
            shared = halvings * math.log(2) + math.log(2 * len(self.names)) - _OVERSHOOT
            asked = np.maximum(shared - np.log(np.repeat(SHARES, 2)), LEAST)[:, None]  # a rise and a fall of each
            limits = Limits(self._inflation.evidence(asked), self._inflation.evidence(_CLEAR))
            lines = Lines(self._slope, _exact(BLOCK * (self._cost + limits.raising / self._n)))
            self._asked[halvings] = float(asked[0, 0]), limits, lines
        return self._asked[halvings]


def _exact(nats: Floats) -> Floats:
    whole: Floats = np.round(nats * _GRAIN) / _GRAIN
    return whole
