"""The watch over shifts beside the windows: its alarms and readings in the form that those of windows have."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.drift.alarms import AlarmChange
from driftmeter.drift.binning import Batch
from driftmeter.drift.cusums import Turn
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.limits import SMALLEST_P
from driftmeter.drift.readings import Reading
from driftmeter.drift.ring import Counts
from driftmeter.drift.shifts import ShiftWatch

RUNNING: Final = "running"
"""The name of the window that begins where the evidence does."""


class RunningView:
    """What a `ShiftWatch` has to say.

    Args:
        watch: over the numeric columns of a reference.
        evaluator: holds the reference.

    """

    def __init__(self, watch: ShiftWatch, evaluator: Evaluator) -> None:
        self._watch, self._evaluator = watch, evaluator
        by_name = {name: place for place, (_, name) in enumerate(evaluator.subjects)}
        self._places = [by_name[name] for name, _ in watch.subjects]
        self._statistics = [statistic for _, statistic in watch.subjects]

    def observe(
        self, batch: Batch, rows: int, window: Counts, phases: NDArray[np.intp] | None = None
    ) -> list[AlarmChange]:
        """Take in a batch, and tell which alarms changed.

        Args:
            batch: the rows.
            rows: of the model before them.
            window: counts of the latest rows, to name the bins that moved by.
            phases: of the rows, where the reference has a profile.

        """
        if not self._places:
            return []
        turns = self._watch.observe(batch.matrix, batch.absent, phases)
        return [self._change(turn, rows, window) for turn in turns]

    def readings(self) -> tuple[Reading, ...]:
        """One reading per column and statistic, as the watch stands; nothing before its first look."""
        watch = self._watch
        looked = np.isfinite(watch.needed) & watch.seen
        if not looked.any():
            return ()
        evidence, needed, alarms = watch.evidence.tolist(), watch.needed.tolist(), watch.alarms.tolist()
        readings = []
        for at in looked.nonzero()[0].tolist():
            kind, name = self._evaluator.subjects[self._places[at]]
            value, chance = evidence[at], math.exp(-evidence[at])
            readings.append(Reading(kind, name, self._statistics[at], RUNNING, value, needed[at], chance, alarms[at]))
        return tuple(readings)

    def _change(self, turn: Turn, rows: int, window: Counts) -> AlarmChange:
        place = self._places[turn.place]
        kind, name = self._evaluator.subjects[place]
        return AlarmChange(
            kind=kind,
            name=name,
            statistic=self._statistics[turn.place],
            window=RUNNING,
            raised=turn.raised,
            value=turn.value,
            threshold=float(self._watch.needed[turn.place]),
            p_value=max(math.exp(-turn.value), SMALLEST_P),
            window_rows=turn.block - turn.began,
            row=rows + turn.block + 1,
            row_in_batch=turn.block,
            bins=self._evaluator.moved(window, place) if turn.raised else (),
        )
