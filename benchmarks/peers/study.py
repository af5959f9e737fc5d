"""False alarms and detection delay of our alarms beside the peers' rules: the tables and plots of docs/false-alarms.md.

    python benchmarks/peers/study.py            # about a quarter of an hour, rewrites the document's tables and plots
    python benchmarks/peers/study.py --short    # a few minutes, prints only

Peers run as they are, each in an environment of its own outside the repository, made at the first run. Streams are
drawn with fixed seeds; only the speeds differ from run to run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Any

import flights
import numpy as np
import speed
import tables
from asking import ask_peers
from counting import Verdict, Windowed, median_delay
from drawing import draw
from environments import HERE, AbsentError
from ours import ask_ours
from streams import FULL, NULLS, SHIFTS, SHORT, WINDOWS, Case, null_cases, null_name, shift_cases, shift_name

DOCUMENT = HERE.parents[1] / "docs" / "false-alarms.md"
EVIDENTLY, DATASET = "evidently, default tests", "evidently, half of the columns"
PLOTTED_WINDOW = 1_000


def add_dataset_rule(verdicts: dict[str, dict[str, Verdict]]) -> None:
    """evidently's verdict on a whole table: at least half of its columns."""
    found: dict[str, Verdict] = {}
    for window in WINDOWS:
        name = null_name("100 columns", window)
        columns = verdicts[EVIDENTLY][name]
        assert isinstance(columns, Windowed)
        found[name] = Windowed(((columns.excess >= 1).mean(axis=2, keepdims=True) / 0.5).tolist(), window)
    verdicts[DATASET] = found


def plotted(verdicts: tables.Verdicts, cases: Mapping[str, Case], replay: flights.Replay) -> dict[str, Any]:
    """What the plots show, as plain numbers."""
    nulls = {
        rule: {
            kind: tables.alarm_rate(by_case[name]).share
            for kind in NULLS
            if (name := null_name(kind, PLOTTED_WINDOW)) in by_case
        }
        for rule, by_case in verdicts.items()
    }
    found: dict[str, dict[str, float]] = {}
    for rule, by_case in verdicts.items():
        for shift in SHIFTS:
            case = cases[shift_name(shift, PLOTTED_WINDOW)]
            if case.name not in by_case:
                continue
            setting = tables.same_rate(verdicts, rule, shift, PLOTTED_WINDOW)
            if np.isnan(setting):
                continue
            late = by_case[case.name].delays(setting, [stream.onset or 0 for stream in case.streams], case.window)
            found.setdefault(rule, {})[shift] = median_delay(late)
    alarmed = {
        rule: {column: seen.alarmed for column, seen in by_column.items()} for rule, by_column in replay.seen.items()
    }
    return {
        "window": PLOTTED_WINDOW,
        "nulls": {rule: shares for rule, shares in nulls.items() if shares},
        "delays": found,
        "flights": alarmed,
        "ends": replay.ends,
        "onsets": flights.QUIET_UNTIL,
    }


def main() -> None:
    """Ask everyone, print, and write the document."""
    parser = argparse.ArgumentParser(description="False alarms and detection delay beside the peers' rules.")
    parser.add_argument("--short", action="store_true", help="few streams, one flight of five, nothing is written")
    short = parser.parse_args().short
    started_s = time.monotonic()
    size = SHORT if short else FULL
    nulls, shifts = null_cases(size), shift_cases(size)
    verdicts = ask_ours([*nulls, *shifts])
    print(f"driftmeter: {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
    answers = ask_peers([*nulls, *shifts])
    verdicts |= answers.verdicts
    replay = flights.replay(5 if short else 1)
    speeds, absent = speed.measure(1 if short else 3)
    by_name = {case.name: case for case in shifts}
    titled = {
        "peers": "\n".join(f"- {line}" for line in dict.fromkeys([*answers.asked, *absent])),
        "budget": tables.markdown(tables.budget(verdicts, nulls)),
        "allowances": tables.markdown(tables.allowances(verdicts)),
        "shifts": "\n\n".join(
            f"**{shift}**\n\n{tables.markdown(tables.delays(verdicts, by_name, shift))}" for shift in SHIFTS
        ),
        "flights": tables.markdown(tables.flights(replay)),
        "speed": tables.markdown(speed.table(speeds)),
    }
    numbers = plotted(verdicts, by_name, replay)
    if EVIDENTLY in verdicts:
        add_dataset_rule(verdicts)
    titled["null"] = "\n\n".join(
        f"**Windows of {window:,} rows**\n\n{tables.markdown(tables.false_alarms(verdicts, window))}"
        for window in WINDOWS
    )
    for name, section in titled.items():
        print(f"\n## {name}\n\n{section}")
    if not short:
        tables.write(DOCUMENT, titled)
        try:
            draw(numbers, DOCUMENT.parent / "images")
        except AbsentError as reason:
            print(f"no plots: {reason}", file=sys.stderr)
    print(f"\n{time.monotonic() - started_s:.0f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
