"""One window held against one left side, look after look: what the alarm rule says, and which alarms changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from driftmeter.drift.alarms import REFERENCE, AlarmChange, Flags, Standing
from driftmeter.drift.evaluation import Evaluator, Glance
from driftmeter.drift.readings import Look
from driftmeter.drift.ring import Held
from driftmeter.drift.rule import BudgetRule

_AT_ONCE: Final = 16


class Moment(NamedTuple):
    """A window when a pane was complete.

    Attributes:
        held: its counts.
        evaluator: holds the left side.
        row: rows seen of the model.
        position: in its batch, of the row that completed the pane.

    """

    held: Held
    evaluator: Evaluator
    row: int
    position: int


class Needed(NamedTuple):
    """How many rows of a column a window needs."""

    own: int
    beside: int
    """The same window of other live rows, where it is compared with those."""


class Verdicts:
    """What stands against the columns of one window in one comparison.

    Args:
        window: its name.
        against: what it is compared with.
        columns: how many there are.
        rule: raises and clears the alarms.
        needed: rows below which a column has no reading.

    """

    def __init__(self, window: str, against: str, columns: int, rule: BudgetRule, needed: Needed) -> None:
        self.latest: Look | None = None
        self.against = against
        self._window, self._rule, self._needed = window, rule, needed
        self._standing = rule.start(columns)

    def look(self, moments: Sequence[Moment]) -> list[AlarmChange]:
        """Judge the window at some moments, in their order, and tell which alarms changed.

        Those with one left side are seen together, as a look by itself costs little more than its calls do. Where
        nothing stood against any column and none of them tells of anything, that is all; else it goes one by one.
        """
        changes: list[AlarmChange] = []
        for evaluator, alike in groupby(moments, key=lambda moment: moment.evaluator):
            for together in _few(list(alike)):
                changes += self._look(evaluator, together)
        return changes

    def _look(self, evaluator: Evaluator, moments: Sequence[Moment]) -> list[AlarmChange]:
        seen = evaluator.glance(np.stack([moment.held.head for moment in moments]))
        rows = [moment.row for moment in moments]
        calm = self._rule.calm(seen, evaluator.n_reference, self._standing, rows)
        if calm is not None:
            self._keep(moments[-1], seen.at(-1), calm)
            return []
        return [change for at, moment in enumerate(moments) for change in self._judge(moment, seen.at(at))]

    def _judge(self, moment: Moment, seen: Glance) -> list[AlarmChange]:
        before, n_reference = self._standing, moment.evaluator.n_reference
        after = self._rule.judge(seen, n_reference, self._enough(moment, seen), before, moment.row)
        look = self._keep(moment, seen, after)
        changed = np.flatnonzero(after.alarms != before.alarms).tolist()
        return [self._change(look, seen, place, moment.row, moment.position) for place in changed]

    def _keep(self, moment: Moment, seen: Glance, standing: Standing) -> Look:
        enough, self._standing = self._enough(moment, seen), standing
        self.latest = Look(self._window, moment.held, moment.evaluator, enough, standing, self.against)
        return self.latest

    def _enough(self, moment: Moment, seen: Glance) -> Flags:
        enough: Flags = seen.rows >= self._needed.own
        if self.against != REFERENCE:
            enough &= moment.evaluator.n_reference >= self._needed.beside
        return enough

    def end(self, row: int, position: int) -> list[AlarmChange]:
        """There is nothing left to compare with: what is raised is cleared, at its last value."""
        latest = self.latest
        if latest is None:
            return []
        raised = self._standing.alarms
        self._standing = self._standing._replace(alarms=np.zeros_like(raised), suspects=np.zeros_like(raised))
        seen = latest.evaluator.glance(latest.held.head)
        return [self._change(latest, seen, place, row, position) for place in np.flatnonzero(raised).tolist()]

    def _change(self, look: Look, seen: Glance, place: int, row: int, position: int) -> AlarmChange:
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
            p_value=self._rule.limits.p_value(seen, look.evaluator.n_reference, place),
            window_rows=int(seen.rows[place]),
            row=row,
            row_in_batch=position,
            against=self.against,
            bins=look.evaluator.moved(look.held.head, place) if raised else (),
        )


class Comparison:
    """A window compared with other live rows, for as long as there are any.

    Args:
        left: name and counts of the rows to compare with that were live since a time, or None.
        start: begins the verdicts of a comparison of that name.

    """

    def __init__(self, left: Callable[[int], tuple[str, Held] | None], start: Callable[[str], Verdicts]) -> None:
        self._left, self._start = left, start
        self._verdicts: Verdicts | None = None

    @property
    def latest(self) -> Look | None:
        """The latest look, None where there is nothing to compare with."""
        return self._verdicts.latest if self._verdicts is not None else None

    def look(self, moment: Moment, since_ns: int) -> list[AlarmChange]:
        """Judge the window, as `Verdicts.look`; other rows are live if some came since `since_ns`."""
        found, changes = self._left(since_ns), []
        if self._verdicts is not None and (found is None or found[0] != self._verdicts.against):
            changes, self._verdicts = self._verdicts.end(moment.row, moment.position), None
        if found is not None:
            against, left = found
            self._verdicts = self._verdicts or self._start(against)
            evaluator = moment.evaluator.against(left.head, left.whole)
            changes += self._verdicts.look([moment._replace(evaluator=evaluator)])
        return changes


def _few(moments: Sequence[Moment]) -> Iterator[Sequence[Moment]]:
    return (moments[start : start + _AT_ONCE] for start in range(0, len(moments), _AT_ONCE))
