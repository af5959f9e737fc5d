"""One window of a monitor: its rows, and what it is compared with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from driftmeter.drift.alarms import REFERENCE, AlarmChange
from driftmeter.drift.binning import Binning
from driftmeter.drift.readings import Look
from driftmeter.drift.rhythm.expectation import Expectation
from driftmeter.drift.ring import Counts, Held, PaneRing
from driftmeter.drift.rule import BudgetRule
from driftmeter.drift.sliding import Count, Times, sliding
from driftmeter.drift.trailing import TrailingRing
from driftmeter.drift.verdicts import Comparison, Moment, Needed, Verdicts
from driftmeter.drift.windows import Window, WindowByTime

MIN_ROWS: Final = 500
"""Fewer live rows of a column say nothing; a shorter window by rows speaks when it is full."""

EVER_NS: Final = -(2**63)

PREVIOUS: Final = "previous"
"""What a window is compared with when that is the window that ended where it began."""


class View:
    """A window on its way over the rows, judged each time a pane is complete.

    Args:
        window: which.
        binning: the layout of the counts.
        expected: holds what the reference expects of the window.
        rule: raises and clears the alarms.
        between: likewise where the window is compared with another one.
        min_rows: rows of a column below which it has no reading.
        previous: whether the window is also compared with the one before.

    """

    def __init__(
        self,
        window: Window,
        binning: Binning,
        expected: Expectation,
        *,
        rule: BudgetRule,
        between: BudgetRule,
        min_rows: int,
        previous: bool = False,
    ) -> None:
        self._window, self._expected = window, expected
        head = expected.ahead + binning.bins
        self._rule, self._rule_between = rule, between
        self._needed = _needed(window, min_rows)
        self._verdicts = self._start(REFERENCE)
        self._comparisons: list[Comparison] = []
        self._looked_ns: deque[int] = deque(maxlen=2 * window.panes)
        ring = PaneRing(window.panes, expected.size, head)
        if previous:
            ring = trailing = TrailingRing(window.panes, expected.size, head)
            self.compare(lambda _since_ns: (PREVIOUS, trailing.behind.held().after(expected.ahead)))
        self.sliding = sliding(window, ring)

    def compare(self, left: Callable[[int], tuple[str, Held] | None]) -> None:
        """Also compare with other live rows: see `Comparison`."""
        self._comparisons.append(Comparison(left, self._start))

    @property
    def head(self) -> Counts:
        """The bins of the window as it stands."""
        return self.sliding.ring.head[self._expected.ahead :]

    @property
    def held(self) -> Held:
        """The counts of the columns of the window as it stands."""
        return self.sliding.ring.held().after(self._expected.ahead)

    @property
    def latest(self) -> tuple[Look, ...]:
        """The latest look at each comparison."""
        looks = [self._verdicts.latest, *(comparison.latest for comparison in self._comparisons)]
        return tuple(look for look in looks if look is not None)

    def expired(self, idle_s: float) -> bool:
        """Whether all rows of the latest look have left the window while nothing came."""
        return isinstance(self._window, WindowByTime) and idle_s > self._window.duration_s

    def observe(self, times_ns: Times, count: Count, rows: int) -> list[AlarmChange]:
        """Take in a batch, judge the window at each completed pane, and tell which alarms changed.

        Args:
            times_ns: of each row.
            count: gives the counts of rows of the batch.
            rows: of the model before these.

        """
        changes: list[AlarmChange] = []
        moments: list[Moment] = []
        for position in self.sliding.slide(times_ns, count):
            held = self.sliding.ring.held()
            evaluator = self._expected.evaluator(held.head)
            moments.append(Moment(held.after(self._expected.ahead), evaluator, rows + position + 1, position))
            if self._comparisons:  # what the window is compared with moves on as it does itself
                changes += self._verdicts.look(moments)
                changes += self._compared(moments.pop(), int(times_ns[position]))
        return changes + self._verdicts.look(moments)

    def _compared(self, moment: Moment, now_ns: int) -> list[AlarmChange]:
        since_ns = self._since_ns(now_ns)
        self._looked_ns.append(now_ns)
        whole = moment._replace(evaluator=self._expected.whole)
        return [change for comparison in self._comparisons for change in comparison.look(whole, since_ns)]

    def _since_ns(self, now_ns: int) -> int:
        """Since when other rows are live: the beginning of a window by time, of the one before a window by rows.

        Rows of two versions come by turns and in batches; the first windows of a version, before which there are none,
        are compared with the last of the version that it took over from.
        """
        if isinstance(self._window, WindowByTime):
            return now_ns - self._window.pane_ns * self._window.panes
        return self._looked_ns[0] if len(self._looked_ns) == self._looked_ns.maxlen else EVER_NS

    def _start(self, against: str) -> Verdicts:
        rule = self._rule if against == REFERENCE else self._rule_between
        columns = len(self._expected.whole.subjects)
        return Verdicts(self._window.name, against, columns, rule, self._needed)


def _needed(window: Window, min_rows: int) -> Needed:
    """Other rows are met between two looks, when their oldest pane is gone and their newest one is not complete."""
    if isinstance(window, WindowByTime):
        return Needed(min_rows, min_rows)
    always_held = window.rows - window.rows // max(window.panes, 2)
    return Needed(min(min_rows, window.rows), min(min_rows, always_held))
