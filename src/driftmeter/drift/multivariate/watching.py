"""The live side of the columns together: windows of sampled rows, judged each time a pane is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from driftmeter.drift.alarms import AlarmChange
from driftmeter.drift.binning import Batch, Binning, Rows
from driftmeter.drift.evaluation import Subject
from driftmeter.drift.limits import CLEAR
from driftmeter.drift.multivariate.law import Moved, TogetherLaw
from driftmeter.drift.multivariate.row_ring import RowRing, Sampled
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.drift.readings import Reading
from driftmeter.drift.ring import Counts
from driftmeter.drift.rule import BudgetRule, Chance
from driftmeter.drift.sliding import Times, sliding
from driftmeter.drift.windows import Window, WindowByRows, WindowByTime
from driftmeter.stats.multivariate.grade_set import GradeSet
from driftmeter.threads import breathing

STATISTICS: Final = ("correlation", "reconstruction")
"""Change of artanh(r) of the pair of columns that moved most; relative change of the mean reconstruction error."""

SUBJECT: Final[Subject] = "multivariate"

MOST_PANES: Final = 4
PANE_ROWS: Final = 500
"""Rows after which a window by rows is looked at again, at least: what columns show together takes rows to see."""


def looked_at(window: Window) -> Window:
    """The same window, in no more panes than are worth a look.

    >>> looked_at(WindowByRows(1000)), looked_at(WindowByTime(3600))
    (WindowByRows(rows=1000, panes=2), WindowByTime(duration_s=3600, panes=8))

    """
    if isinstance(window, WindowByTime):
        return window
    panes = (
        n for n in range(min(window.panes, MOST_PANES), 1, -1) if window.rows % n == 0 and window.rows // n >= PANE_ROWS
    )
    return WindowByRows(window.rows, next(panes, 1))


class Together:
    """Holds the numeric columns of live rows together against a reference; one thread observes, any thread reads.

    Args:
        binning: of the reference, whose batches are observed.
        section: of the reference.
        in_order: whether the reference's rows came in the order of their times.
        windows: over which live rows are looked at, as `looked_at` has them.
        chance_of: how probable a false page may be at one look at a window, over both statistics.
        min_rows: rows below which a window by time says nothing.

    """

    def __init__(
        self,
        binning: Binning,
        section: MultivariateReference,
        windows: Sequence[Window],
        chance_of: Callable[[Window], Chance],
        min_rows: int,
        *,
        in_order: bool,
    ) -> None:
        places = {column.name: place for place, column in enumerate(binning.numeric)}
        columns = [places[name] for name in section.graders]
        law, grade = TogetherLaw(section, in_order=in_order), GradeSet(tuple(section.graders.values()))
        self._views = [
            _View(window, RowRing(window.panes, grade, columns), law, chance_of(window), min_rows)
            for window in map(looked_at, windows)
        ]
        self._latest = tuple(view.latest for view in self._views)

    def observe(self, batch: Batch, times_ns: Times, rows: int) -> list[AlarmChange]:
        """Draw from a batch, judge each window of which a pane was completed, and tell which alarms changed.

        Args:
            batch: the next rows.
            times_ns: of each row.
            rows: of the model before these.

        """
        changes = [change for view in breathing(self._views) for change in view.observe(batch, times_ns, rows)]
        self._latest = tuple(view.latest for view in self._views)
        return changes

    def readings(self, idle_s: float) -> tuple[Reading, ...]:
        """One reading per window and statistic, none of a window whose rows have left it while nothing came."""
        return tuple(
            reading
            for look in self._latest
            if not (isinstance(look.window, WindowByTime) and idle_s > look.window.duration_s)
            for reading in look.readings
        )


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is held against one statistic."""

    alarm: bool = False
    suspicions: int = 0
    """Bits: which of the last two looks were beyond the limit."""

    def after(self, moved: Moved) -> _Standing:
        """One look later: alarms as `BudgetRule` has them, two looks of three or one far beyond."""
        beyond = moved.value > moved.limit
        if self.alarm:
            alarm = moved.value > moved.clear
        else:
            alarm = beyond and (self.suspicions > 0 or moved.value > BudgetRule.far * moved.limit)
        return _Standing(alarm, self.suspicions << 1 & 3 | beyond)


@dataclass(frozen=True, slots=True)
class _Look:
    """One window at the moment when a pane was complete; p-values are computed once, for who asks first."""

    window: Window
    law: TogetherLaw
    moved: dict[str, tuple[Moved, bool]]
    """By statistic, and whether its alarm is raised."""
    _kept: list[tuple[Reading, ...]] = field(default_factory=list, repr=False, compare=False)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """One per statistic."""
        if not self._kept:
            told = ((name, *each, self.law.p_value(each[0])) for name, each in self.moved.items())
            readings = [
                Reading(SUBJECT, name, name, self.window.name, moved.value, moved.limit, p_value, alarm)
                for name, moved, alarm, p_value in told
            ]
            self._kept.append(tuple(readings))
        return self._kept[0]


class _View:
    """One window on its way over the rows."""

    def __init__(self, window: Window, ring: RowRing, law: TogetherLaw, chance: Chance, min_rows: int) -> None:
        self._window, self._ring, self._chance = window, ring, chance
        self._sliding = sliding(window, ring)
        self._needed = min_rows if isinstance(window, WindowByTime) else min(min_rows, window.rows)
        self._statistics: tuple[tuple[str, Callable[[Sampled, int, int], Moved | None]], ...] = tuple(
            zip(STATISTICS, (law.correlation, law.reconstruction), strict=True)
        )
        self._law = law
        self._standings = dict.fromkeys(STATISTICS, _Standing())
        self.latest = _Look(window, law, {})

    def observe(self, batch: Batch, times_ns: Times, rows: int) -> list[AlarmChange]:
        self._ring.matrix, positions = batch.matrix, np.arange(batch.rows)

        def of(part: Rows) -> Counts:
            return positions[part]

        changes: list[AlarmChange] = []
        for position in self._sliding.slide(times_ns, of):
            changes += self._look(rows + position + 1, position)
        return changes

    def _look(self, row: int, position: int) -> list[AlarmChange]:
        seen = self._ring.sampled()
        if seen.rows < self._needed:
            self.latest = _Look(self._window, self._law, {})
            return []
        halvings = self._chance.halvings(row) + 1  # for each of the two statistics
        found: dict[str, tuple[Moved, bool]] = {}
        changes = []
        for statistic, of in breathing(self._statistics):
            moved = of(seen, halvings, CLEAR[0])
            if moved is None:
                continue
            before = self._standings[statistic]
            standing = self._standings[statistic] = before.after(moved)
            found[statistic] = moved, standing.alarm
            if standing.alarm != before.alarm:
                changes.append(self._change(statistic, moved, row, position, raised=standing.alarm))
        self.latest = _Look(self._window, self._law, found)
        return changes

    def _change(self, statistic: str, moved: Moved, row: int, position: int, *, raised: bool) -> AlarmChange:
        return AlarmChange(
            kind=SUBJECT,
            name=statistic,
            statistic=statistic,
            window=self._window.name,
            raised=raised,
            value=moved.value,
            threshold=moved.limit,
            p_value=self._law.p_value(moved),
            window_rows=moved.rows,
            row=row,
            row_in_batch=position,
            columns=moved.columns,
        )
