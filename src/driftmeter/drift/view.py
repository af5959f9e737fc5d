"""One window of a monitor: its rows, and what it is compared with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from driftmeter.drift.alarms import REFERENCE, AlarmChange
from driftmeter.drift.binning import Binning
from driftmeter.drift.readings import Look
from driftmeter.drift.rhythm.expectation import Expectation
from driftmeter.drift.ring import Counts, PaneRing
from driftmeter.drift.rule import BudgetRule
from driftmeter.drift.sliding import sliding
from driftmeter.drift.trailing import TrailingRing
from driftmeter.drift.verdicts import Comparison, Verdicts
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
        self._window, self._expected, self._size = window, expected, binning.size
        self._rule, self._rule_between = rule, between
        self._needed = min_rows if isinstance(window, WindowByTime) else min(min_rows, window.rows)
        self._verdicts = self._start(REFERENCE)
        self._comparisons: list[Comparison] = []
        self._looked_ns: deque[int] = deque(maxlen=2 * window.panes)
        if previous:
            ring = TrailingRing(window.panes, expected.size)
            self.sliding = sliding(window, ring)
            self.compare(lambda _since_ns: (PREVIOUS, ring.behind.total))
        else:
            self.sliding = sliding(window, PaneRing(window.panes, expected.size))

    def compare(self, left: Callable[[int], tuple[str, Counts] | None]) -> None:
        """Also compare with other live rows: see `Comparison`."""
        self._comparisons.append(Comparison(partial(self._left, left), self._start))

    @property
    def latest(self) -> tuple[Look, ...]:
        """The latest look at each comparison."""
        looks = [self._verdicts.latest, *(comparison.latest for comparison in self._comparisons)]
        return tuple(look for look in looks if look is not None)

    def expired(self, idle_s: float) -> bool:
        """Whether all rows of the latest look have left the window while nothing came."""
        return isinstance(self._window, WindowByTime) and idle_s > self._window.duration_s

    def look_again(self, now_ns: int, row: int, position: int) -> list[AlarmChange]:
        """Judge the window as it stands, and tell which alarms changed.

        Args:
            now_ns: time of the row that completed the pane.
            row: rows seen of the model.
            position: of that row in its batch.

        """
        total = self.sliding.ring.total.copy()
        counts = total[: self._size]
        changes = self._verdicts.look(counts, self._expected.evaluator(total), row, position)
        if self._comparisons:
            since_ns = self._since_ns(now_ns)
            for comparison in self._comparisons:
                changes += comparison.look(counts, self._expected.whole, since_ns, row, position)
            self._looked_ns.append(now_ns)
        return changes

    def _left(self, left: Callable[[int], tuple[str, Counts] | None], since_ns: int) -> tuple[str, Counts] | None:
        found = left(since_ns)
        return found and (found[0], found[1][: self._size])

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
        return Verdicts(self._window.name, against, len(self._expected.whole.subjects), rule, self._needed)
