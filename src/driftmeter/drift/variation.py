"""How a reference varied by itself: its counts in consecutive panes of time, exact and small."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from driftmeter.drift.column import ColumnReference

MAX_PANES: Final = 64
"""Panes kept: a window of an eighth of the reference is then met eight times, in steps of an eighth of itself."""

MIN_PANES: Final = 8
"""With fewer there is next to nothing to learn a variation from."""

Pane: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Variation:
    """The counts of a reference's rows in consecutive panes of time.

    Attributes:
        time: name of the column that the rows were ordered by.
        start: smallest time, in seconds since the epoch, or as it stands in a column of numbers.
        end: largest time.
        duration_s: time covered by the panes; None where the column holds numbers, whose unit nobody knows.
        counts: for each column one pane after the other, each a count per bin; panes add up to the column's counts.

    """

    time: str
    start: float
    end: float
    duration_s: float | None
    counts: Mapping[str, tuple[Pane, ...]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))

    @property
    def panes(self) -> int:
        """How many panes there are."""
        return len(next(iter(self.counts.values()), ()))

    def merge(self, other: Variation) -> Variation | None:
        """Both, one after the other, neighbouring panes added up while there are too many; None where they overlap.

        Args:
            other: of the same columns and bins, as `Reference.merge` has made sure.

        """
        first, second = sorted((self, other), key=lambda each: (each.start, each.end))
        if first.end > second.start or first.time != second.time or set(first.counts) != set(second.counts):
            return None
        if (first.duration_s is None) != (second.duration_s is None):
            return None
        durations = [each.duration_s for each in (first, second) if each.duration_s is not None]
        counts = {name: fewer((*panes, *second.counts[name])) for name, panes in first.counts.items()}
        return Variation(first.time, first.start, second.end, sum(durations) if durations else None, counts)

    def to_dict(self) -> dict[str, object]:
        """The stored form."""
        return {
            "time": self.time,
            "start": self.start,
            "end": self.end,
            "duration_s": self.duration_s,
            "counts": {name: [list(pane) for pane in panes] for name, panes in self.counts.items()},
        }

    @classmethod
    def from_dict(cls, stored: object, columns: Mapping[str, ColumnReference]) -> Variation:
        """Read the stored form.

        Raises:
            ValueError: where it is none, or its panes do not add up to the columns' counts.

        """
        if not isinstance(stored, dict) or not isinstance(stored.get("counts"), dict):
            raise ValueError("the variation of the reference is no object with counts; build the reference again")  # noqa: TRY004  # a file's fault
        panes = cast("dict[str, list[list[int]]]", stored["counts"])
        if set(panes) != set(columns):
            raise ValueError(f"the variation is of the columns {sorted(panes)[:20]}; build the reference again")
        for name, column in columns.items():
            _check(name, panes[name], column.counts)
        if len({len(each) for each in panes.values()}) > 1:
            raise ValueError("the variation has more panes for one column than for another; build the reference again")
        numbers = [stored.get(key) for key in ("start", "end", "duration_s")]
        if not all(type(number) in (int, float) for number in numbers[:2]):
            raise ValueError(f"the variation's times are {numbers}, they must be numbers; build the reference again")
        duration_s = None if numbers[2] is None else float(cast("float", numbers[2]))
        start, end = (float(cast("float", number)) for number in numbers[:2])
        counts = {name: tuple(map(tuple, each)) for name, each in panes.items()}
        return cls(str(stored.get("time")), start, end, duration_s, cast("Mapping[str, tuple[Pane, ...]]", counts))


def fewer(panes: tuple[Pane, ...]) -> tuple[Pane, ...]:
    """Neighbours added up, two by two, until they are few enough."""
    while len(panes) > MAX_PANES:
        pairs = [panes[at : at + 2] for at in range(0, len(panes), 2)]
        panes = tuple(tuple(map(sum, zip(*pair, strict=True))) for pair in pairs)
    return panes


def _check(name: str, panes: object, counts: Sequence[int]) -> None:
    whole = isinstance(panes, list) and all(
        isinstance(pane, list) and len(pane) == len(counts) and all(type(count) is int and count >= 0 for count in pane)
        for pane in panes
    )
    if not whole or [math.fsum(column) for column in zip(*cast("list[list[int]]", panes), strict=True)] != list(counts):
        raise ValueError(f"the panes of column {name!r} do not add up to its counts; build the reference again")
