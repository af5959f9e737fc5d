"""Cutting a reference's rows into consecutive panes of time while its chunks come in, in any order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Floats
from driftmeter.drift.counting import ColumnCounter
from driftmeter.drift.scan import Reservoir
from driftmeter.drift.values import as_numbers
from driftmeter.drift.variation import MAX_PANES, MIN_PANES, Variation

_SEED: Final = 0


class TimePanes:
    """Learns in the first pass where panes of about equal rows end, and counts in the second what falls into each.

    Rows of one time stay in one pane. Times may be dates or date-times (ISO 8601 text, `datetime`, `datetime64`;
    without an offset they count as UTC) or numbers, which only tell the order.

    Args:
        name: of the time column.
        sample: times kept to find the panes by, None for all.

    """

    def __init__(self, name: str, sample: int | None) -> None:
        self.name = name
        self._sample = Reservoir(sample or 2**62, seed=_SEED)
        self._clock: bool | None = None
        self._start, self._end = np.inf, -np.inf
        self._ends: Floats | None = None
        self._counts: dict[str, NDArray[np.int64]] = {}

    def scan(self, column: Column) -> None:
        """First pass: see the times of a chunk.

        Raises:
            ValueError: a time that is missing or none; text in one chunk and numbers in another.

        """
        times = self._read(column)
        if times.size:
            self._start, self._end = min(self._start, float(times.min())), max(self._end, float(times.max()))
            self._sample.add(times)

    def count(
        self, times: Column, columns: Mapping[str, Column | None], counters: Mapping[str, ColumnCounter]
    ) -> NDArray[np.intp]:
        """Second pass: count a chunk, a column that it lacks as missing; tells which pane each row is in.

        Raises:
            ValueError: nothing scanned, or too few different times.

        """
        if self._ends is None:
            self._ends = self._pane_ends()
        panes = np.searchsorted(self._ends, self._read(times), side="right")
        for name, counter in counters.items():
            tally = tallied(counter, columns.get(name), panes, self._ends.size + 1)
            self._counts[name] = self._counts.get(name, 0) + tally
        return panes

    def finished(self) -> Variation:
        """What was counted."""
        counts = {name: tuple(map(tuple, panes.tolist())) for name, panes in self._counts.items()}
        duration_s = self._end - self._start if self._clock else None
        return Variation(self.name, self._start, self._end, duration_s, counts)

    def _pane_ends(self) -> Floats:
        """The first time of every pane but the first: quantiles of the times."""
        times = np.sort(self._sample.values())
        if not times.size:
            raise ValueError(f"no chunk was scanned for the times in {self.name!r}; scan every chunk before counting")
        ends: Floats = np.unique(times[np.arange(1, MAX_PANES) * times.size // MAX_PANES])
        ends = ends[ends > self._start]
        if ends.size + 1 < MIN_PANES:
            raise ValueError(
                f"column {self.name!r} tells {ends.size + 1} different times apart, natural variation needs at least"
                f" {MIN_PANES}; give a finer time, or leave `time` out"
            )
        return ends

    def _read(self, column: Column) -> Floats:
        times, clock = read_times(column, self.name)
        if self._clock is None:
            self._clock = clock
        if times.size and self._clock != clock:
            raise ValueError(f"the times in column {self.name!r} are numbers here and dates there; write all alike")
        return times


def tallied(counter: ColumnCounter, values: Column | None, groups: NDArray[np.intp], number: int) -> NDArray[np.int64]:
    """The counts of one column by group, shape (number, bins and tails); without values all rows are missing."""
    places = counter.places(values) if values is not None else np.full(groups.size, counter.missing)
    counted = places >= 0
    flat = (groups * counter.size + places)[counted]
    return np.bincount(flat, minlength=number * counter.size).reshape(-1, counter.size)


def read_times(column: Column, name: str) -> tuple[Floats, bool]:
    """Each row's time in seconds since the epoch, and True; or a column of numbers as it stands, and False.

    Raises:
        ValueError: a time that is missing, or of no form that is known.

    >>> read_times(["1970-01-02", "1970-01-03T12:00:00"], "date")
    (array([ 86400., 216000.]), True)

    """
    fast = as_numbers(column)
    if fast is not None:
        times: Floats = fast.astype(np.float64)
        clock = False
    elif isinstance(column, np.ndarray) and column.dtype.kind == "M":
        times, clock = column.astype("datetime64[us]").astype(np.float64) / 1e6, True
        times[np.isnat(column)] = np.nan
    else:
        try:
            known = {value: _seconds(value, name) for value in dict.fromkeys(column)}
        except TypeError as fault:  # lists and the like
            raise ValueError(f"the time column {name!r} holds what is no time: {fault}") from fault
        times, clock = np.array([known[value] for value in column], np.float64), True
    if not np.isfinite(times).all():
        raise ValueError(f"the time column {name!r} has rows without a time; drop them, or leave `time` out")
    return times, clock


def _seconds(value: object, name: str) -> float:
    try:
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value)
        elif isinstance(value, np.datetime64):
            value = value.astype("datetime64[us]").item()
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            value = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
        moment = cast("dt.datetime", value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, AttributeError, OverflowError) as fault:
        raise ValueError(
            f"{value!r} in the time column {name!r} is no time; write ISO 8601 such as 2026-03-31T12:00:00, or numbers"
        ) from fault
