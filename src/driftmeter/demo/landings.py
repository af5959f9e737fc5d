"""Labels: a flight's air time is known when it has landed, and is then held against what the model said."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

from driftmeter.decay import LabelJoin, Performance, Remembered
from driftmeter.demo.flights import KILOMETRES_START, MODEL, VERSION, Flight

_EVERYTHING = 1_000_000


class Month(NamedTuple):
    """How well the model did in one month of flights."""

    name: str
    """`2015-04`; November comes in two parts, since half of it has the wrong unit."""
    flights: int
    rmse_min: float
    bias_min: float
    """Mean of predicted minus actual: above zero when the model says too much."""


class LandingBoard:
    """Holds flights back until they have landed: on the day after their own."""

    def __init__(self) -> None:
        self._airborne: deque[Flight] = deque()

    def depart(self, flight: Flight) -> list[Flight]:
        """Take the next flight of the replay; give those that have landed by then."""
        landed = self._landed_before(flight.date)
        if flight.air_time_min is not None:
            self._airborne.append(flight)
        return landed

    def rest(self) -> list[Flight]:
        """After the last day: whatever is still in the air lands."""
        return self._landed_before("9999")

    def _landed_before(self, day: str) -> list[Flight]:
        landed = []
        while self._airborne and self._airborne[0].date < day:
            landed.append(self._airborne.popleft())
        return landed


class MonthlyErrors:
    """Joins predictions, as their events told them, with labels, and keeps the error by month.

    Either side may come first: labels are at hand at once, events travel in batches.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._join = LabelJoin(most=_EVERYTHING)
        self._early: dict[str, Flight] = {}
        self._months: dict[str, Performance] = {}
        self._told: dict[str, Month] = {}

    def predicted(self, flight_id: str, minutes: float) -> None:
        """An event told what the model answered for a flight."""
        with self._lock:
            self._join.remember(Remembered(MODEL, VERSION, [flight_id], [0], [1], [minutes]))
            flight = self._early.pop(flight_id, None)
            if flight is not None:
                self._match(flight)

    def landed(self, flight: Flight) -> None:
        """The label of a flight became known."""
        with self._lock:
            if not self._match(flight):
                self._early[flight.id] = flight

    def months(self) -> list[Month]:
        """Every month with labels, in order."""
        with self._lock:
            for name, quality in self._months.items():
                if name not in self._told:
                    self._told[name] = _month(name, quality)
            return [self._told[name] for name in sorted(self._told)]

    def _match(self, flight: Flight) -> bool:
        pair = self._join.match(flight.id, row=0, actual=flight.air_time_min, received_ns=0)
        if pair is None:
            return False
        name = month_of(flight)
        if name not in self._months:
            self._months[name] = Performance(window_rows=_EVERYTHING)
        self._months[name].update(pair.predicted, pair.actual)
        self._told.pop(name, None)
        return True


def month_of(flight: Flight) -> str:
    """Which month a flight's error belongs to; the part of November in kilometres is told apart.

    >>> month_of(Flight("2015-11-20", "7", "AA", 300.0, 0.0, 9.0, 55.0))
    '2015-11 km'

    """
    return flight.date[:7] + (" km" if flight.date >= KILOMETRES_START else "")


def _month(name: str, quality: Performance) -> Month:
    scores = {score.name: score.value for score in quality.scores()}
    return Month(name, quality.n, scores.get("rmse", float("nan")), scores.get("bias", float("nan")))
