"""Asking the peers: cases go out as arrays, verdicts come back."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from counting import Spanned, Verdict, Windowed
from environments import HERE, AbsentError, interpreter, surroundings
from streams import Case

PEERS = ("evidently", "nannyml", "alibi", "whylogs", "river", "scipy")
SHARED = {"scipy": "river"}
"""Who lives in whose environment."""
DEFAULTS = {"river, ADWIN": 0.002, "river, Page-Hinkley": 50.0, "river, KSWIN": 0.005}


class Answers(NamedTuple):
    """What everyone said.

    Attributes:
        verdicts: by rule, then by case.
        asked: one line per peer: its version and what it cost, or why it is absent.
        by_column: of rules that see one value at a time, at their own setting: rows of the first stream after which
            they spoke, with the column's place; by rule, then by case.

    """

    verdicts: dict[str, dict[str, Verdict]]
    asked: list[str]
    by_column: dict[str, dict[str, list[tuple[int, int]]]]


def store(cases: Sequence[Case], folder: Path) -> None:
    """Write cases where a worker finds them; an array that several cases share is written once."""
    written: dict[int, str] = {}

    def name(array: np.ndarray) -> str:
        if id(array) not in written:
            written[id(array)] = f"{len(written)}.npy"
            np.save(folder / written[id(array)], array)
        return written[id(array)]

    listed = [
        {
            "name": case.name,
            "window": case.window,
            "categorical": list(case.categorical),
            "tuned": case.tuned,
            "streams": [(name(stream.reference), name(stream.live)) for stream in case.streams],
        }
        for case in cases
    ]
    (folder / "cases.json").write_text(json.dumps(listed))


def ask_peers(cases: Sequence[Case], peers: Sequence[str] = PEERS) -> Answers:
    """Every peer about every case, one after the other: the machine may be shared."""
    answers = Answers({}, [], {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store(cases, folder)
        for peer in peers:
            started_s = time.monotonic()
            try:
                told = _ask(peer, folder)
            except AbsentError as absent:
                answers.asked.append(f"{peer}: absent: {absent}")
                continue
            _read(told["rules"], cases, answers)
            answers.asked.append(f"{peer} {told['version']}: {told['cpu_s']:.0f} s of CPU time")
            print(f"{peer}: {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
    return answers


def _ask(peer: str, folder: Path) -> dict[str, Any]:
    out = folder / f"{peer}.json"
    command = [
        str(interpreter(SHARED.get(peer, peer))),
        str(HERE / "workers" / f"{peer}_verdicts.py"),
        str(folder),
        str(out),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings())  # noqa: S603
    if ended.returncode:
        raise AbsentError(f"it installs, but ends with {(ended.stderr.strip().splitlines() or ['nothing said'])[-1]}")
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def _read(rules: dict[str, Any], cases: Sequence[Case], answers: Answers) -> None:
    windows = {case.name: case.window for case in cases}
    for rule, by_case in rules.items():
        for case, told in by_case.items():
            verdict: Verdict
            if "step" in told:
                verdict = Windowed(told["excess"], windows[case], told["step"])
            elif isinstance(told, dict):
                spans = {
                    float(setting): [[(row, row) for row, _ in spoke] for spoke in streams]
                    for setting, streams in told["spoke"].items()
                }
                verdict = Spanned(spans, DEFAULTS[rule], told["rows"], windows[case])
                answers.by_column.setdefault(rule, {})[case] = told["spoke"][str(DEFAULTS[rule])][0]
            else:
                verdict = Windowed(told, windows[case])
            answers.verdicts.setdefault(rule, {})[case] = verdict
