"""One page per column: its first alarm opens it, the end of its last closes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from driftmeter.drift import AlarmChange

Subject: TypeAlias = tuple[str, str, str]


def subject_of(change: AlarmChange) -> Subject:
    """What an alarm has its page for: kind, name, and what it is held against."""
    return change.kind, change.name, change.against


class Pages:
    """Of the alarms that change, those that somebody has to be told of.

    What drifts is seen by several statistics and windows, one after the other: a shift by running sums, then by a
    window of an hour, then by one of a day. They say one thing. While any alarm of a column stands, further ones are
    evidence: they are in the metrics, with their values and limits, and make no event.

    >>> from dataclasses import replace
    >>> shift = AlarmChange("feature", "age", "shift", "running", True, 12.0, 10.0, 1e-6, 90, 400, 399)
    >>> psi = replace(shift, statistic="psi", window="1000rows", row=650)
    >>> pages = Pages()
    >>> [change.statistic for change in pages.of([psi, shift])]
    ['shift']
    >>> pages.of([replace(shift, raised=False)])
    []
    >>> [change.statistic for change in pages.of([replace(psi, raised=False)])]
    ['psi']

    """

    def __init__(self) -> None:
        self._standing: dict[Subject, set[tuple[str, str]]] = {}

    def of(self, changes: Sequence[AlarmChange]) -> list[AlarmChange]:
        """Those that open a page or close it, in the order of their rows."""
        return [change for change in sorted(changes, key=lambda change: change.row) if self._turns(change)]

    def _turns(self, change: AlarmChange) -> bool:
        subject, alarm = subject_of(change), (change.statistic, change.window)
        standing = self._standing.get(subject, set())
        after = standing | {alarm} if change.raised else standing - {alarm}
        self._standing[subject] = after
        return bool(standing) != bool(after)
