from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from driftmeter.demo.inbox import Reading, Usage
from driftmeter.demo.landings import Month
from driftmeter.demo.scene import Outcome, Pace, Scene, SubjectScene
from driftmeter.demo.verdict import Detection, Tally, judge

TALLY = Tally(predictions=14_949, events=14_553, traces=14_746, labels=14_400, label_events=14_367)
MONTHS = (
    Month("2015-07", 1772, 9.8, 2.5),
    Month("2015-11", 766, 13.3, 1.1),
    Month("2015-11 km", 830, 75.1, 59.5),
)


def detection(subject, day, rows=None):
    return Detection(
        subject=subject, statistic="psi", flight_date=day, rows_after_onset=rows, value=0.397, threshold=0.055
    )


DETECTIONS = (
    detection("airline", "2015-07-12", 683),
    detection("distance_mi", "2015-11-24", 506),
    detection("taxi_out_min", "2015-09-11"),
)


def subject(name, reading, *, output=False):
    return SubjectScene(name, reading, (0.01, 0.02, 0.4), output)


@pytest.fixture
def scene():
    """The last days of December."""
    return Scene(
        phase="replaying April to December",
        date="2015-12-28",
        sent=14_949,
        total=15_130,
        elapsed_s=67.0,
        pace=Pace(per_s=493.0, p50_ms=3.0, p99_ms=9.5),
        tally=TALLY,
        subjects=(
            subject("airline", Reading(0.397, 0.055, alarm=True)),
            subject("distance_mi", Reading(0.010, 0.049, alarm=False)),
            subject("departure_delay_min", None),
            subject("taxi_out_min", Reading(0.085, 0.490, alarm=False)),
            subject("air_time_min", Reading(0.409, 0.049, alarm=True), output=True),
        ),
        detections=DETECTIONS,
        months=MONTHS,
        usage=Usage(0.49, 242 * 1024 * 1024),
        where="demo-output",
    )


@pytest.fixture
def outcome():
    """A run that went well."""
    tally = replace(TALLY, events=14_949, traces=14_949, label_events=14_400)
    return Outcome(
        verdict=judge(DETECTIONS, tally),
        tally=tally,
        months=MONTHS,
        pace=Pace(per_s=493.0, p50_ms=3.0, p99_ms=9.5),
        elapsed_s=67.0,
        where="demo-output",
        fast=True,
    )


@pytest.fixture
def drawn():
    """Draw as plain text on a terminal of some width."""

    def draw(renderable, width=120):
        console = Console(width=width, file=StringIO(), color_system=None)
        console.print(renderable)
        return console.file.getvalue()

    return draw
