"""How soon shifts are found at each rate of false alarms: ours beside ADWIN's, the soonest of the peers, far out."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from counting import median_delay
from environments import HERE, AbsentError, interpreter, surroundings
from ours import STARTS
from streams import DAY_ROWS, REFERENCE_ROWS, SEED, Stream

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, parse_window

Table: TypeAlias = list[list[str]]

WINDOW: Final = 1_000
SIZES: Final = (0.25, 0.5, 1.0)
INTERVALS_DAYS: Final = (30.0, 365.0)
AFTER_ROWS: Final = 5_000


class Size(NamedTuple):
    """How many streams without drift, of how many live rows each, and how many with each shift."""

    quiet: int
    rows: int
    shifted: int


FULL: Final = Size(quiet=40, rows=200_000, shifted=200)
SHORT: Final = Size(quiet=2, rows=50_000, shifted=10)


class Point(NamedTuple):
    """What one setting came to: alarms raised on streams without drift, their rows, and the median delays."""

    setting: str
    false: int
    rows: int
    delays: tuple[float, ...]


def quiet_stream(number: int, rows: int) -> Stream:
    """Independent, standard normal rows, with a reference of their own."""
    random = np.random.default_rng([SEED, 200, number])
    return Stream(random.normal(size=(REFERENCE_ROWS, 1)), random.normal(size=(rows, 1)))


def shifted_stream(number: int, shift: float) -> Stream:
    """The same with a shift of the mean at a row that does not care where windows begin."""
    random = np.random.default_rng([SEED, 201, number])
    onset = 2 * WINDOW + int(random.integers(WINDOW))
    live = random.normal(size=(onset + AFTER_ROWS, 1))
    live[onset:] += shift
    return Stream(random.normal(size=(REFERENCE_ROWS, 1)), live, onset)


def ours(size: Size, days: float, *, timed: bool) -> Point:
    """Our monitor at one budget, with a reference of its own for every stream."""
    false = sum(len(_raised(quiet_stream(one, size.rows), days, timed=timed)) for one in range(size.quiet))
    delays = []
    for shift in SIZES:
        found = []
        for one in range(size.shifted):
            stream = shifted_stream(one, shift)
            late = [
                row - (stream.onset or 0) for row in _raised(stream, days, timed=timed) if row > (stream.onset or 0)
            ]
            found.append(float(late[0]) if late else np.inf)
        delays.append(median_delay(found))
    told = f"driftmeter, a page in {days:g} days" + (", time told" if timed else "")
    return Point(told, false, size.quiet * size.rows, tuple(delays))


def adwin(size: Size) -> list[Point]:
    """The same streams, value by value, after the last rows of the reference.

    Raises:
        AbsentError: where river is not to be had.

    """
    with tempfile.TemporaryDirectory() as name:
        asked, told = Path(name) / "asked.json", Path(name) / "told.json"
        asked.write_text(json.dumps({"here": str(HERE), **size._asdict()}))
        command = [str(interpreter("river")), str(HERE / "workers" / "river_curve.py"), str(asked), str(told)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings())  # noqa: S603
        if ended.returncode:
            raise AbsentError((ended.stderr.strip().splitlines() or ["nothing said"])[-1])
        answers: list[Mapping[str, Any]] = json.loads(told.read_text())
    return [
        Point(
            f"river, ADWIN, delta {answer['setting']:g}",
            answer["false"],
            size.quiet * size.rows,
            tuple(median_delay(found) for found in answer["delays"]),
        )
        for answer in answers
    ]


def measure(size: Size) -> list[Point]:
    """Everyone, the most frequent false alarms first."""
    found = [ours(size, days, timed=timed) for days in INTERVALS_DAYS for timed in (False, True)]
    try:
        found += adwin(size)
    except AbsentError as reason:
        print(f"no curve of river: {reason}")
    return sorted(found, key=lambda point: (-point.false / point.rows, point.delays))


def table(points: list[Point]) -> Table:
    """As cells."""
    head = ["rule", "false alarms", "per million rows", *(f"mean + {shift:g} sd" for shift in SIZES)]
    return [
        head,
        *(
            [
                point.setting,
                f"{point.false}",
                f"{1e6 * point.false / point.rows:.2f}",
                *(f"{delay:,.0f}" for delay in point.delays),
            ]
            for point in points
        ),
    ]


def _raised(stream: Stream, days: float, *, timed: bool) -> list[int]:
    """Rows after which an alarm was raised; two within a look count once."""
    data: dict[str, object] = {"x": stream.reference[:, 0]}
    row_ms = 86_400_000 // DAY_ROWS
    if timed:
        data["time"] = STARTS + row_ms * np.arange(REFERENCE_ROWS)
    known = Reference.from_data(data, model="study", columns=["x"], time="time" if timed else None)
    now_s = 0.0
    window = parse_window(f"{WINDOW}rows")
    monitor = DriftMonitor(
        known,
        windows=[window],
        clock=lambda: now_s,
        false_page_interval_s=days * 86_400,
    )
    rows: set[int] = set()
    for start in range(0, len(stream.live), WINDOW):
        part = stream.live[start : start + WINDOW]
        now_s += len(part) * row_ms / 1000
        rows |= {one.row for one in monitor.observe(Columns(["x"], len(part), matrix=part), None, 0) if one.raised}
    return sorted(rows)
