"""Counting a reference's rows by phase while its chunks come in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column
from driftmeter.drift.counting import ColumnCounter
from driftmeter.drift.rhythm.phases import PHASES, as_period, phases_of
from driftmeter.drift.rhythm.profile import Profile
from driftmeter.drift.time_panes import read_times, tallied


class ProfileCounter:
    """Counts by phase, in the second pass.

    Args:
        period: of the rhythm.
        time: name of the time column.

    Raises:
        ValueError: an unknown period.

    """

    def __init__(self, period: str, time: str) -> None:
        self._period, self._time = as_period(period), time
        self._phases = PHASES[self._period]
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._panes: NDArray[np.int64] | int = 0

    def count(
        self,
        times: Column,
        panes: NDArray[np.intp],
        columns: Mapping[str, Column | None],
        counters: Mapping[str, ColumnCounter],
    ) -> None:
        """Count a chunk, a column that it lacks as missing.

        Args:
            times: of the rows.
            panes: of the reference's variation, the one that each row falls into.
            columns: what is to be counted.
            counters: of these columns, for their bins.

        Raises:
            ValueError: times that are numbers, of which nobody knows the hour.

        """
        seconds, clock = read_times(times, self._time)
        if not clock and seconds.size:
            raise ValueError(
                f"the times in column {self._time!r} are numbers; a profile by {self._period} needs dates or date-times"
            )
        phases = phases_of(np.floor(seconds).astype(np.int64), self._period)
        for name, counter in counters.items():
            tally = tallied(counter, columns.get(name), phases, self._phases)
            self._counts[name] = self._counts.get(name, 0) + tally
        whole = np.zeros((int(panes.max(initial=-1)) + 1, self._phases), np.int64)
        np.add.at(whole, (panes, phases), 1)
        self._panes = _taller(self._panes, whole)

    def finished(self, panes: int) -> Profile:
        """What was counted.

        Args:
            panes: how many the variation has.

        """
        counts = {name: tuple(map(tuple, lines.tolist())) for name, lines in self._counts.items()}
        whole = _taller(self._panes, np.zeros((panes, self._phases), np.int64))
        return Profile(self._period, self._time, counts, tuple(map(tuple, whole.tolist())))


def _taller(one: NDArray[np.int64] | int, other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum, where either may end earlier."""
    if isinstance(one, int):
        return other
    low, high = sorted((one, other), key=len)
    total = high.copy()
    total[: len(low)] += low
    return total
