"""The flights of 2015 that ship with the demo, and what is known about how they drift."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

DATA: Final = Path(__file__).with_name("flights-2015.csv.gz")

MODEL: Final = "air-time"
VERSION: Final = "2015Q1"
INPUTS: Final = ("airline", "distance_mi", "departure_delay_min", "taxi_out_min")
OUTPUT: Final = "air_time_min"

REPLAY_STARTS: Final = "2015-04-01"
MERGER: Final = "2015-07-01"
"""The code of US Airways is gone from this day on: a real drift."""
KILOMETRES_START: Final = "2015-11-15"
"""The client sends kilometres from this day on: planted by the demo."""
KILOMETRES_PER_MILE: Final = 1.609344

ONSETS: Final[Mapping[str, str]] = {"airline": MERGER, "distance_mi": KILOMETRES_START}
AUTUMN: Final = "2015-09-01"
"""From this day on the delays are those of another season: an alarm is a real change then, and false before."""
SEASONAL: Final[Mapping[str, str]] = {"departure_delay_min": AUTUMN, "taxi_out_min": AUTUMN}
"""Columns that move with the weather of the day; the limits learnt from January to March know by how much."""


class Flight(NamedTuple):
    """One row of the file. Dates stay ISO text: it sorts and compares as dates do."""

    date: str
    id: str
    airline: str
    distance_mi: float
    departure_delay_min: float | None
    taxi_out_min: float | None
    air_time_min: float | None
    """None where the flight never landed: there is no label to come."""


def load_flights(path: Path = DATA) -> list[Flight]:
    """Every flight of the file, in order of date.

    >>> flights = load_flights()
    >>> len(flights), flights[0].airline
    (100000, 'B6')

    """
    with gzip.open(path, "rb") as packed:
        rows = csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8"))
        return [
            Flight(
                row["date"],
                row["flight_id"],
                row["airline"],
                float(row["distance_mi"]),
                _minutes(row["departure_delay_min"]),
                _minutes(row["taxi_out_min"]),
                _minutes(row["air_time_min"]),
            )
            for row in rows
        ]


def training_flights(flights: Sequence[Flight]) -> list[Flight]:
    """January to March: what the model and its reference know."""
    return [flight for flight in flights if flight.date < REPLAY_STARTS]


def replayed_flights(flights: Sequence[Flight], *, every: int = 1) -> list[Flight]:
    """April to December, in order of date; with `every=5` one flight of five."""
    return [flight for flight in flights if flight.date >= REPLAY_STARTS][::every]


def inputs_of(flight: Flight) -> dict[str, str | float | None]:
    """What the model is asked with, in the units that it was trained on."""
    return {name: getattr(flight, name) for name in INPUTS}


def sent_by_client(flight: Flight) -> dict[str, str | float | None]:
    """What the client really sends: from `KILOMETRES_START` on its distance is in kilometres (planted)."""
    sent = inputs_of(flight)
    if flight.date >= KILOMETRES_START:
        sent["distance_mi"] = round(flight.distance_mi * KILOMETRES_PER_MILE, 1)
    return sent


def _minutes(cell: str) -> float | None:
    return float(cell) if cell else None
