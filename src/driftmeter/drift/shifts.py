"""Shifts and changes of scale of numeric columns, found as soon as enough rows have told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.binning import Binning
from driftmeter.drift.collecting import Collector, Flags, Laws, Sought
from driftmeter.drift.cusums import Turn
from driftmeter.drift.rhythm.expectation import Expectation
from driftmeter.drift.rhythm.shrinking import Mixtures
from driftmeter.drift.rule import Chance
from driftmeter.drift.scores import BLOCK, Scores
from driftmeter.drift.steps import Steps
from driftmeter.threads import breathing

Places = NDArray[np.intp]

_AT_ONCE: Final = 8192
"""Steps times columns: fewer would cost calls, more would be far from the processor."""

SHIFT: Final = Sought("shift", (0.25, 0.6), (0.86, 0.11), step=1)
"""Values that move up or down. Half of the smallest shift is the smallest that can ever be found: the practical floor.
One of 1 is found as soon as if it were looked for. The small shift takes most of the chance: a nat less to prove of it
saves thirty rows, a nat more of the large one costs eight."""

SCALE: Final = Sought("scale", (0.25,), (0.03,), step=4)
"""Values that move apart or together, 0.25 being a scale times 1.2: rows tell so much of it that a small share and a
step of 64 rows will do."""


class Kept(NamedTuple):
    """What a collector keeps of the sums of blocks.

    Attributes:
        collector: of some columns.
        places: of these among all sums.
        columns: their places among the numeric columns.
        first: the place of the first among all subjects of the watch.

    """

    collector: Collector
    places: Places | slice
    columns: Places
    first: int


class ShiftWatch:
    """Cumulative sums of rank scores, for shifts up and down, and of their sizes, for scales that grow and shrink.

    Each sum collects what the rows say for a change beside the reference, in nats, and starts anew where that is
    nothing: no window has to be filled. As the exponential of what a row says has mean 1 without drift, whatever the
    column's distribution, a sum reaches h nats in fewer than exp(-h) of its looks on average (Lorden, "Procedures for
    reacting to a change in distribution", 1971; Shin, Ramdas & Rinaldo, "E-detectors", 2023). Looks come each `BLOCK`
    rows; columns share the chance evenly, alternatives as `SHIFT` and `SCALE` have it.

    Where the reference has a profile, a row is held against the law of scores in its own hour or month. The reference
    is not the truth itself: its own error of 1/sqrt(n) standard deviations, n being the rows that tell of that phase,
    costs h/n nats per row, by which the chance, averaged over references, is what it was. And rows that are not
    independent count for less, and less again where that was learnt from few stretches, see `Inflation`.

    Args:
        binning: the layout of the reference.
        expected: what it expects of rows, and how it varied about that.
        chance: how probable a false page may be at one look.

    """

    def __init__(self, binning: Binning, expected: Expectation, chance: Chance) -> None:
        columns, self._rows = binning.numeric, 0
        self._at_once = max(1, _AT_ONCE // max(1, len(columns)))
        self._scores = Scores(columns)
        laws = _laws(binning, self._scores, expected)
        self._kept: list[Kept] = []
        subjects: list[tuple[str, str]] = []
        for sought, places in zip((SHIFT, SCALE), _telling(laws.whole), strict=True):
            own = places % max(1, len(columns))
            watched, by_bin = [columns[place] for place in own], [self._scores.by_bin[place] for place in places]
            some = Laws(laws.whole[places], laws.by_phase[:, places], laws.rows[:, places])
            collector = Collector(sought, watched, by_bin, some, variation=expected.variation, chance=chance)
            self._kept.append(Kept(collector, _together(places), own, len(subjects)))
            subjects += [(column.name, sought.statistic) for column in watched]
        self.subjects = tuple(subjects)
        """Of what each sum is evidence: the name of a column and a statistic, all shifts first."""
        self._pending = np.zeros(2 * len(columns), np.int64)
        self._phases = np.zeros(0, np.intp)
        self.seen = np.zeros(len(subjects), np.bool_)
        """Which of `subjects` ever arrived."""

    @property
    def alarms(self) -> Flags:
        """Which of `subjects` have one."""
        return np.concatenate([kept.collector.alarms for kept in self._kept])

    @property
    def evidence(self) -> Floats:
        """In nats, for each of `subjects`; of an alarm, what is left of `needed` until it is over."""
        return np.concatenate([kept.collector.evidence for kept in self._kept])

    @property
    def needed(self) -> Floats:
        """The evidence that raises an alarm, for each of `subjects`; infinite before the first look."""
        return np.concatenate([np.full(len(kept.columns), kept.collector.needed) for kept in self._kept])

    def observe(self, matrix: Floats, absent: Sequence[int] = (), phases: NDArray[np.intp] | None = None) -> list[Turn]:
        """Take in rows of all numeric columns; tells which alarms changed, blocks being positions in the batch.

        Args:
            matrix: the rows, shape (n, columns), NaN where there is no number.
            absent: places of columns that did not arrive; their sums stay as they are.
            phases: of the rows, where the reference has a profile.

        """
        if not self.subjects:
            return []
        before = self._rows
        sums, first = self._blocks(matrix)
        blocks = Steps(sums, self._phased(phases, len(sums)))
        turns = [
            turn._replace(block=first + turn.block * BLOCK, began=first + (turn.began - 1) * BLOCK)
            for turn in self._collected(blocks, before + first + 1, absent)
        ]
        return sorted(turns, key=lambda turn: (turn.block, turn.place))

    def _collected(self, blocks: Steps, rows: int, absent: Sequence[int]) -> Iterator[Turn]:
        for collector, places, columns, first in breathing(self._kept):
            if not columns.size:
                continue
            here = ~np.isin(columns, absent) if absent else None
            self.seen[first : first + len(columns)] |= True if here is None else here
            at_once = self._at_once * collector.step
            for at in range(0, len(blocks.scores), at_once):
                part = blocks.part(at, at + at_once)
                some = Steps(part.scores[:, places], part.phases)
                for turn in collector.add(some, rows + at * BLOCK, here):
                    yield turn._replace(place=first + turn.place, block=at + turn.block, began=at + turn.began)

    def _phased(self, phases: NDArray[np.intp] | None, blocks: int) -> NDArray[np.intp]:
        """Phases of the rows of complete blocks, (blocks, BLOCK), the others being kept; (blocks, 0) where none is."""
        if phases is None:
            return np.zeros((blocks, 0), np.intp)
        waiting = np.concatenate([self._phases, phases])
        self._phases = waiting[blocks * BLOCK :]
        return waiting[: blocks * BLOCK].reshape(-1, BLOCK)

    def _blocks(self, matrix: Floats) -> tuple[NDArray[np.int64], int]:
        """Sums of the scores of each block that is complete, and of their sizes; and the last row of the first."""
        ahead = -self._rows % BLOCK
        self._rows += len(matrix)
        sums = []
        if ahead:
            self._pending = self._pending + self._scores.sums(matrix[:ahead])
            if len(matrix) < ahead:
                return np.zeros((0, self._pending.size), np.int64), 0
            sums.append(self._pending[None])
        end = ahead + (len(matrix) - ahead) // BLOCK * BLOCK
        steps = range(ahead, end, self._at_once * BLOCK)
        sums += [self._scores.of_blocks(matrix[at : min(at + steps.step, end)]) for at in steps]
        if end < len(matrix) or ahead:
            self._pending = self._scores.sums(matrix[end:])
        return np.concatenate(sums) if sums else np.zeros((0, self._pending.size), np.int64), (ahead or BLOCK) - 1


def _laws(binning: Binning, scores: Scores, expected: Expectation) -> Laws:
    """The laws of the scores of the numeric columns, then those of their sizes."""
    columns = binning.numeric
    whole = scores.laws([column.counts for column in columns])
    if not expected.by_phase or not columns:
        return Laws(whole, whole[None], np.array([[sum(column.counts) for column in columns] * 2], np.float64))
    phases = expected.by_phase[: len(columns)]
    number = len(phases[0].rows)
    by_phase = np.stack([scores.laws([column.shares[phase] for column in phases]) for phase in range(number)])
    rows = np.stack([Mixtures(phases).effective_rows(weights) for weights in np.eye(number)])
    return Laws(whole, by_phase, np.tile(rows, 2))


def _together(places: Places) -> Places | slice:
    """The same as a slice if they lie together, which saves a copy of what is taken."""
    alone = not places.size or int(places[-1] - places[0]) != places.size - 1
    return places if alone else slice(int(places[0]), int(places[-1]) + 1)


def _telling(laws: Floats) -> tuple[Places, Places]:
    """Places of sums that tell something: scores that differ; and sizes that do, where signs are not all they add."""
    kinds = np.count_nonzero(laws, axis=1)
    own, sizes = np.split(kinds, 2)
    return np.flatnonzero(own > 1), own.size + np.flatnonzero((own > 2) & (sizes > 1))
