"""What readers get of a window: computed when first asked for, then kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from driftmeter.drift.alarms import REFERENCE, Flags, Standing
from driftmeter.drift.evaluation import Evaluator, Subject
from driftmeter.drift.ring import Held


class Reading(NamedTuple):
    """One statistic of one column in one window."""

    kind: Subject
    name: str
    """Of the column; of what columns show together, the statistic."""
    statistic: str
    window: str
    value: float
    threshold: float | None
    """What chance alone does not reach, where the alarm rule has such a limit."""
    p_value: float | None
    alarm: bool
    against: str = REFERENCE
    """What the window was compared with: "reference", "previous" or "version:<older>"."""


@dataclass(frozen=True)
class Look:
    """One window at the moment when a pane was complete.

    The statistics are computed on the thread that first asks for them: a reader asks every minute, while panes may
    complete many times a second.

    Attributes:
        window: its name.
        held: the counts of the window.
        evaluator: computes the statistics.
        enough: columns with enough rows to say anything, shape (F,).
        standing: the verdict of the alarm rule.
        against: what the window was compared with.

    """

    window: str
    held: Held
    evaluator: Evaluator
    enough: Flags
    standing: Standing
    against: str = REFERENCE
    _kept: list[tuple[Reading, ...]] = field(default_factory=list, repr=False, compare=False)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """One reading per column and statistic that has a value: never NaN, nothing for columns with too few rows."""
        # Not `cached_property`: before Python 3.12 it has one lock for all, and a fork may find it held.
        if not self._kept:
            self._kept.append(self._computed())
        return self._kept[0]

    def _computed(self) -> tuple[Reading, ...]:
        found = self.evaluator.evaluate(self.held.whole())
        thresholds, alarms = self.standing.thresholds.tolist(), self.standing.alarms.tolist()
        told = [(place, *found.subjects[place]) for place in self.enough.nonzero()[0].tolist()]
        readings = []
        for statistic, values in found.values.items():
            on_psi = statistic == "psi"
            p_values = found.p_values.get(statistic)
            chances = [None] * len(values) if p_values is None else p_values.tolist()
            numbers = values.tolist()
            for place, kind, name in told:
                if math.isfinite(value := numbers[place]):
                    limit, alarm = (thresholds[place], alarms[place]) if on_psi else (None, False)
                    chance = chances[place]
                    readings.append(
                        Reading(kind, name, statistic, self.window, value, limit, chance, alarm, self.against)
                    )
        return tuple(readings)
