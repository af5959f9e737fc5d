"""One window held against one left side, look after look: what the alarm rule says, and which alarms changed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from driftmeter.drift.alarms import REFERENCE, AlarmChange
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.readings import Look
from driftmeter.drift.ring import Counts
from driftmeter.drift.rule import BudgetRule


class Verdicts:
    """What stands against the columns of one window in one comparison.

    Args:
        window: its name.
        against: what it is compared with.
        columns: how many there are.
        rule: raises and clears the alarms.
        needed: rows of a column below which it has no reading; of other live rows just as many are needed.

    """

    def __init__(self, window: str, against: str, columns: int, rule: BudgetRule, needed: int) -> None:
        self.latest: Look | None = None
        self.against = against
        self._window, self._rule, self._needed = window, rule, needed
        self._standing = rule.start(columns)

    def look(self, counts: Counts, evaluator: Evaluator, row: int, position: int) -> list[AlarmChange]:
        """Judge the window, and tell which alarms changed.

        Args:
            counts: the window's own copy of its counts.
            evaluator: holds the left side.
            row: rows seen of the model.
            position: in its batch, of the row that completed the pane.

        """
        before, seen = self._standing, evaluator.glance(counts)
        enough = seen.rows >= self._needed
        if self.against != REFERENCE:
            enough &= evaluator.n_reference >= self._needed
        self._standing = self._rule.judge(seen, evaluator.n_reference, enough, before, row)
        self.latest = Look(self._window, counts, evaluator, enough, self._standing, self.against)
        changed = np.flatnonzero(self._standing.alarms != before.alarms).tolist()
        return [self._change(self.latest, place, row, position) for place in changed]

    def end(self, row: int, position: int) -> list[AlarmChange]:
        """There is nothing left to compare with: what is raised is cleared, at its last value."""
        latest = self.latest
        if latest is None:
            return []
        raised = self._standing.alarms
        self._standing = self._standing._replace(alarms=np.zeros_like(raised), suspects=np.zeros_like(raised))
        return [self._change(latest, place, row, position) for place in np.flatnonzero(raised).tolist()]

    def _change(self, look: Look, place: int, row: int, position: int) -> AlarmChange:
        seen, n_reference = look.evaluator.glance(look.counts), look.evaluator.n_reference
        kind, name = look.evaluator.subjects[place]
        raised = bool(self._standing.alarms[place])
        return AlarmChange(
            kind=kind,
            name=name,
            statistic=self._rule.statistic,
            window=self._window,
            raised=raised,
            value=float(seen.psi[place]),
            threshold=float(self._standing.thresholds[place]),
            p_value=self._rule.limits.p_value(seen, n_reference, place),
            window_rows=int(seen.rows[place]),
            row=row,
            row_in_batch=position,
            against=self.against,
            bins=look.evaluator.moved(look.counts, place) if raised else (),
        )


class Comparison:
    """A window compared with other live rows, for as long as there are any.

    Args:
        left: name and counts of the rows to compare with that were live since a time, or None.
        start: begins the verdicts of a comparison of that name.

    """

    def __init__(self, left: Callable[[int], tuple[str, Counts] | None], start: Callable[[str], Verdicts]) -> None:
        self._left, self._start = left, start
        self._verdicts: Verdicts | None = None

    @property
    def latest(self) -> Look | None:
        """The latest look, None where there is nothing to compare with."""
        return self._verdicts.latest if self._verdicts is not None else None

    def look(self, counts: Counts, evaluator: Evaluator, since_ns: int, row: int, position: int) -> list[AlarmChange]:
        """Judge the window, as `Verdicts.look`; other rows are live if some came since `since_ns`."""
        found, changes = self._left(since_ns), []
        if self._verdicts is not None and (found is None or found[0] != self._verdicts.against):
            changes, self._verdicts = self._verdicts.end(row, position), None
        if found is not None:
            against, left = found
            self._verdicts = self._verdicts or self._start(against)
            changes += self._verdicts.look(counts, evaluator.against(left), row, position)
        return changes
