"""A reference's counts by the hour of the week or by the month: exact, mergeable, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, cast

from driftmeter.drift.column import ColumnReference
from driftmeter.drift.rhythm.phases import PHASES, Period, as_period
from driftmeter.drift.variation import fewer

Line: TypeAlias = tuple[int, ...]

_REBUILD = "build the reference again (driftmeter reference build, or Reference.from_data)"


@dataclass(frozen=True)
class Profile:
    """The counts of a reference's rows by phase.

    Attributes:
        period: what its phases are: "hour-of-week" (168 of them) or "month" (12), in UTC.
        time: name of the column of times.
        counts: for each column one phase after the other, each a count per bin; phases add up to the column's counts.
        panes: rows per phase in each of the panes of the reference's `variation`; () where it has none.

    """

    period: Period
    time: str
    counts: Mapping[str, tuple[Line, ...]]
    panes: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))

    def merge(self, other: Profile, *, first: bool | None) -> Profile:
        """Both together, to the count.

        Args:
            other: of the same columns and bins, as `Reference.merge` has made sure.
            first: whether the panes of this one come first in the merged variation, None where there is none.

        Raises:
            ValueError: when the two have another rhythm.

        """
        if (self.period, self.time) != (other.period, other.time):
            raise ValueError(
                f"one reference has a profile by {self.period} of {self.time!r}, the other by {other.period} of"
                f" {other.time!r}; build both alike"
            )
        counts = {name: tuple(map(_added, lines, other.counts[name])) for name, lines in self.counts.items()}
        panes = (*self.panes, *other.panes) if first else (*other.panes, *self.panes)
        return Profile(self.period, self.time, counts, () if first is None else fewer(panes))

    def to_dict(self) -> dict[str, object]:
        """The stored form: of lines, only what is not zero."""
        return {
            "period": self.period,
            "time": self.time,
            "counts": {
                name: [list(line) if any(line) else [] for line in lines] for name, lines in self.counts.items()
            },
            "panes": [[[phase, rows] for phase, rows in enumerate(pane) if rows] for pane in self.panes],
        }

    @classmethod
    def from_dict(cls, stored: object, columns: Mapping[str, ColumnReference]) -> Profile:
        """Read the stored form; keys that this version does not know are left alone.

        Raises:
            ValueError: where it is none, has an unknown period, or does not add up to the columns' counts.

        """
        if not isinstance(stored, Mapping) or not isinstance(stored.get("counts"), Mapping):
            raise ValueError(f"the reference's profile is no object with counts; {_REBUILD}")  # noqa: TRY004  # a file's fault
        period = as_period(stored.get("period"))
        if set(stored["counts"]) != set(columns):
            raise ValueError(f"the profile is of the columns {sorted(stored['counts'])[:20]}; {_REBUILD}")
        counts = {name: _lines(name, stored["counts"][name], columns[name].counts, period) for name in columns}
        panes = stored.get("panes", [])
        if not isinstance(panes, Sequence):
            raise ValueError(f"the panes of the profile are {type(panes).__name__}, they must be a list; {_REBUILD}")  # noqa: TRY004
        return cls(period, str(stored.get("time")), counts, tuple(_pane(pane, PHASES[period]) for pane in panes))


def _lines(name: str, stored: object, counts: Line, period: Period) -> tuple[Line, ...]:
    nothing = (0,) * len(counts)
    whole = (
        isinstance(stored, list) and len(stored) == PHASES[period] and all(_is_line(line, counts) for line in stored)
    )
    lines = tuple(tuple(line) or nothing for line in stored) if isinstance(stored, list) and whole else ()
    if tuple(map(sum, zip(*lines, strict=True))) != counts:
        raise ValueError(f"the profile of column {name!r} does not add up to its counts; {_REBUILD}")
    return lines


def _is_line(line: object, counts: Line) -> bool:
    if not isinstance(line, list) or len(line) not in {0, len(counts)}:
        return False
    return all(type(count) is int and count >= 0 for count in line)


def _pane(stored: object, phases: int) -> Line:
    try:
        pane = dict(cast("list[tuple[int, int]]", stored))
        known = set(range(phases)).issuperset(pane) and all(type(rows) is int and rows >= 0 for rows in pane.values())
    except (TypeError, ValueError):
        known = False
    if not known:
        raise ValueError(
            f"a pane of the profile is {stored!r:.80}, it must be a list of phases and their rows; {_REBUILD}"
        )
    return tuple(pane.get(phase, 0) for phase in range(phases))


def _added(mine: Line, others: Line) -> Line:
    return tuple(a + b for a, b in zip(mine, others, strict=True))
