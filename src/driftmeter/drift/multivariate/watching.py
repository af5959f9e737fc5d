"""The live side of the columns together: windows of sampled rows, judged each time a pane is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from driftmeter.drift.windows import Window, WindowByTime

STATISTICS: Final = ("correlation", "reconstruction")
"""Change of artanh(r) of the pair of columns that moved most; relative change of the mean reconstruction error."""

SUBJECT: Final[Subject] = "multivariate"


class Together:
    """Holds the numeric columns of live rows together against a reference; one thread observes, any thread reads.

    Args:
        binning: of the reference, whose batches are observed.
        section: of the reference.
        in_order: whether the reference's rows came in the order of their times.
        windows: and how probable a false page may be at one look at each, over both statistics.
        min_rows: rows below which a window by time says nothing.

    """

    def __init__(
        self,
        binning: Binning,
        section: MultivariateReference,
        windows: Sequence[tuple[Window, Chance]],
        min_rows: int,
        *,
        in_order: bool,
    ) -> None:
        places = {column.name: place for place, column in enumerate(binning.numeric)}
        columns = [places[name] for name in section.graders]
        law, graders = TogetherLaw(section, in_order=in_order), tuple(section.graders.values())
        self._views = [
            _View(window, RowRing(window.panes, graders, columns), law, chance, min_rows) for window, chance in windows
        ]
        self.latest: tuple[tuple[Reading, ...], ...] = ((),) * len(self._views)
        """The latest readings of each window."""

    def observe(self, batch: Batch, times_ns: Times, rows: int) -> list[AlarmChange]:
        """Draw from a batch, judge each window of which a pane was completed, and tell which alarms changed.

        Args:
            batch: the next rows.
            times_ns: of each row.
            rows: of the model before these.

        """
        changes = [change for view in self._views for change in view.observe(batch, times_ns, rows)]
        self.latest = tuple(view.latest for view in self._views)
        return changes


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


class _View:
    """One window on its way over the rows."""

    def __init__(self, window: Window, ring: RowRing, law: TogetherLaw, chance: Chance, min_rows: int) -> None:
        self._window, self._ring, self._chance = window, ring, chance
        self._sliding = sliding(window, ring)
        self._needed = min_rows if isinstance(window, WindowByTime) else min(min_rows, window.rows)
        self._statistics: tuple[tuple[str, Callable[[Sampled, int, int], Moved | None]], ...] = tuple(
            zip(STATISTICS, (law.correlation, law.reconstruction), strict=True)
        )
        self._standings = dict.fromkeys(STATISTICS, _Standing())
        self.latest: tuple[Reading, ...] = ()

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
            self.latest = ()
            return []
        halvings = self._chance.halvings(row) + 1  # for each of the two statistics
        readings, changes = [], []
        for statistic, of in self._statistics:
            moved = of(seen, halvings, CLEAR[0])
            if moved is None:
                continue
            before = self._standings[statistic]
            standing = self._standings[statistic] = before.after(moved)
            readings.append(self._reading(statistic, moved, alarm=standing.alarm))
            if standing.alarm != before.alarm:
                changes.append(self._change(statistic, moved, row, position, raised=standing.alarm))
        self.latest = tuple(readings)
        return changes

    def _reading(self, statistic: str, moved: Moved, *, alarm: bool) -> Reading:
        named = (SUBJECT, statistic, statistic, self._window.name)
        return Reading(*named, moved.value, moved.limit, moved.p_value, alarm)

    def _change(self, statistic: str, moved: Moved, row: int, position: int, *, raised: bool) -> AlarmChange:
        return AlarmChange(
            kind=SUBJECT,
            name=statistic,
            statistic=statistic,
            window=self._window.name,
            raised=raised,
            value=moved.value,
            threshold=moved.limit,
            p_value=moved.p_value,
            window_rows=moved.rows,
            row=row,
            row_in_batch=position,
            columns=moved.columns,
        )
