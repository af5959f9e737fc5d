"""How soon our alarms and ADWIN's find a shift of the mean, at the same rate of false alarms, far out.

    python benchmarks/peers/delays.py            # 54 minutes of CPU time, rewrites docs/false-alarms.md
    python benchmarks/peers/delays.py --short    # two minutes, prints only

Both see the same streams, drawn with fixed seeds: ours through `DriftMonitor`, ADWIN as river releases it, in an
environment of its own. Each stream has a reference of its own, and ADWIN sees all of it before the live rows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import equal_rate
import independent
import numpy as np
import tables
from drawing import draw
from environments import HERE, AbsentError, interpreter, surroundings
from equal_rate import Found, Known, Outcome
from ours import ROW_MS, STARTS
from streams import Floats

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, parse_window

Table: TypeAlias = list[list[str]]

DOCUMENT = HERE.parents[1] / "docs" / "false-alarms.md"
WINDOW: Final = parse_window("1000rows")
CALL_ROWS: Final = 1_000
"""The clock stands at the end of a call while its rows are judged, which makes traffic look thinner than it is and a
look's share of the budget larger. So calls are short beside what precedes a shift: by then the shares have settled."""
NONE_SEEN: Final = 3e6
"""Where none was seen in n rows, there are fewer than 3/n with 95 % (Hanley, Lippman-Hand, JAMA 249, 1983)."""


class Setting(NamedTuple):
    """A budget, and whether the reference is told the time of its rows."""

    days: float
    timed: bool

    def __str__(self) -> str:
        return f"a page in {self.days:g} days" + (", time told" if self.timed else "")


SETTINGS: Final = [Setting(days, timed) for timed in (False, True) for days in (30.0, 365.0)]


def ours(size: independent.Size) -> Found:
    """Our monitor at each setting, streams shared out among the cores."""
    with ProcessPoolExecutor() as pool:
        false = list(pool.map(partial(false_alarms, rows=size.rows), range(size.quiet)))
        late = list(pool.map(delays, range(size.shifted), chunksize=10))
    names = [f"driftmeter, {setting}" for setting in SETTINGS]
    return Found(names, np.transpose(false), np.transpose(late, (1, 2, 0)))


def false_alarms(number: int, rows: int) -> list[int]:
    """On a stream without drift, by setting."""
    stream = independent.quiet(number, rows)
    known = references(stream.reference)
    return [sum(1 for _ in raised(known[setting.timed], stream.live, setting.days)) for setting in SETTINGS]


def delays(number: int) -> list[list[float]]:
    """On a stream that shifts, by setting and shift: rows from the onset to the first alarm after it."""
    stream = independent.to_shift(number)
    onset, known = stream.onset or 0, references(stream.reference)
    found = []
    for setting in SETTINGS:
        told = [
            raised(known[setting.timed], independent.shifted(stream, shift), setting.days)
            for shift in independent.SHIFTS
        ]
        found.append([next((float(row - onset) for row in rows if row > onset), np.inf) for rows in told])
    return found


def references(rows: Floats) -> dict[bool, Reference]:
    """Without and with the time of its rows."""
    known: dict[str, object] = {"x": rows[:, 0]}
    timed = {**known, "time": STARTS + ROW_MS * np.arange(len(rows))}
    return {
        False: Reference.from_data(known, model="study"),
        True: Reference.from_data(timed, model="study", columns=["x"], time="time"),
    }


def raised(known: Reference, live: Floats, days: float) -> Iterator[int]:
    """Rows after which an alarm was raised, in order; two within a look count once."""
    now_s = 0.0
    monitor = DriftMonitor(known, windows=[WINDOW], clock=lambda: now_s, false_page_interval_s=days * 86_400)
    for start in range(0, len(live), CALL_ROWS):
        part = live[start : start + CALL_ROWS]
        now_s += len(part) * ROW_MS / 1000
        changes = monitor.observe(Columns(["x"], len(part), matrix=part), None, 0)
        yield from sorted({change.row for change in changes if change.raised})


def both(size: independent.Size) -> tuple[Found, Found]:
    """Ours and ADWIN's, side by side.

    Raises:
        AbsentError: where river is not to be had.

    """
    with tempfile.TemporaryDirectory() as name:
        asked, told = Path(name) / "asked.json", Path(name) / "told.npz"
        asked.write_text(json.dumps({"here": str(HERE), "size": size}))
        command = [str(interpreter("river")), str(HERE / "workers" / "river_delays.py"), str(asked), str(told)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=surroundings()) as worker:  # noqa: S603
            found = ours(size)
            _, complaint = worker.communicate()
        if worker.returncode:
            raise AbsentError((complaint.strip().splitlines() or ["nothing said"])[-1])
        with np.load(told) as answer:
            theirs = Found(answer["settings"].tolist(), answer["false"], answer["delays"])
    return found, theirs


def verdicts(outcome: Outcome) -> Table:
    """Ours beside the peer's at the same rate, one line for each setting and shift."""
    told = [["driftmeter", "mean", "median rows", "ADWIN at our rate", "ours less ADWIN's", "ours is"]]
    for place, setting in enumerate(SETTINGS):
        for column, shift in enumerate(independent.SHIFTS):
            at = (place, column)
            cells = [interval(each, at) for each in (outcome.our_delays, outcome.at_our_rates)]
            cells += [interval(outcome.later, at, "+,.0f"), equal_rate.verdict(outcome, at)]
            told.append([str(setting), f"+ {shift:g} sd", *cells])
    return told


def settings(ours: Found, theirs: Found, outcome: Outcome, rows: int) -> Table:
    """Every setting of both as it was measured, on so many rows without drift."""
    told = [["rule", "false alarms", "per million rows", *(f"mean + {shift:g} sd" for shift in independent.SHIFTS)]]
    for found, rates, delays in (
        (ours, outcome.our_rates, outcome.our_delays),
        (theirs, outcome.their_rates, outcome.their_delays),
    ):
        for place, (name, false) in enumerate(zip(found.settings, found.false.sum(axis=1), strict=True)):
            rate = interval(rates, (place,), ",.2f") if false else f"0 (to {NONE_SEEN / rows:,.2f})"
            medians = [interval(delays, (place, column)) for column in range(len(independent.SHIFTS))]
            told.append([name, f"{false}", rate, *medians])
    return told


def interval(known: Known, at: tuple[int, ...], form: str = ",.0f") -> str:
    """A figure with its 95 % interval."""
    value, low, high = (format(float(each[at]), form) for each in known)
    return f"{value} ({low} to {high})"


def plotted(outcome: Outcome) -> dict[str, Any]:
    """What the plot shows, as plain numbers."""
    return {
        "shifts": independent.SHIFTS,
        "driftmeter": {
            "names": [f"{setting.days:g} d{', time' * setting.timed}" for setting in SETTINGS],
            "rates": np.transpose(outcome.our_rates).tolist(),
            "delays": np.transpose(outcome.our_delays, (1, 2, 0)).tolist(),
        },
        "river, ADWIN": {
            "rates": np.transpose(outcome.their_rates).tolist(),
            "delays": np.transpose(outcome.their_delays, (1, 2, 0)).tolist(),
        },
    }


def main() -> None:
    """Ask both, print, and write the document."""
    parser = argparse.ArgumentParser(description="Detection delay beside ADWIN's at the same rate of false alarms.")
    parser.add_argument("--short", action="store_true", help="a twentieth of the streams, nothing is written")
    short = parser.parse_args().short
    started_s = time.monotonic()
    size = independent.SHORT if short else independent.FULL
    try:
        mine, theirs = both(size)
    except AbsentError as reason:
        sys.exit(f"nothing to compare with: {reason}")
    outcome = equal_rate.compared(mine, theirs, size.rows)
    titled = {
        "equal-rate": tables.markdown(verdicts(outcome)),
        "settings": tables.markdown(settings(mine, theirs, outcome, size.quiet * size.rows)),
    }
    for name, section in titled.items():
        print(f"\n## {name}\n\n{section}")
    if not short:
        tables.write(DOCUMENT, titled)
        draw({"rates": plotted(outcome)}, DOCUMENT.parent / "images")
    print(f"\n{time.monotonic() - started_s:.0f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
