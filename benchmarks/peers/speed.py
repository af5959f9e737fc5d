"""Rows a second of reference against window: ours beside evidently's preset and whylogs, in one run.

    python benchmarks/peers/speed.py

10 numeric and 5 categorical columns, 10,000 reference and 100,000 live rows, from arrays in memory to the result. Text
comes in two holdings: rows that share one object per label, and an object for every row, which any tool has to visit
one by one. Every tool runs in a process of its own that is asked in turn, so that a noisy neighbour meets them all;
figures are medians of CPU time, with one thread for linear algebra.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from environments import HERE, AbsentError, interpreter, surroundings

REFERENCE_ROWS: Final = 10_000
LIVE_ROWS: Final = 100_000
NUMERIC, CATEGORICAL, LEVELS = 10, 5, 10
TOOLS: Final = (
    ("driftmeter, monitor", "driftmeter", "monitor"),
    ("driftmeter, compare by column", "driftmeter", "columns"),
    ("driftmeter, compare", "driftmeter", "compare"),
    ("whylogs, profile and scores", "whylogs", ""),
    ("evidently, preset", "evidently", ""),
)


HOLDINGS: Final = {"shared": "shared", "own": "one per row"}
GOAL: Final = 100
"""Times that a peer may take as long."""


class Speed(NamedTuple):
    """Medians of one tool."""

    text: str
    """How the rows hold their text."""
    tool: str
    cpu_s: float
    wall_s: float

    @property
    def rows_per_s(self) -> float:
        """Live rows per second of CPU time."""
        return LIVE_ROWS / self.cpu_s


def measure(rounds: int) -> tuple[list[Speed], list[str]]:
    """Every tool in turn, `rounds` times after a first one that does not count; and what is absent, with the reason."""
    absent: dict[str, None] = {}
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as processes:
        table = Path(folder) / "table.npz"
        _write(table)
        running: dict[tuple[str, str], subprocess.Popen[str]] = {}
        for text, (tool, name, argument) in product(HOLDINGS, TOOLS):
            try:
                python = sys.executable if name == "driftmeter" else str(interpreter(name))
            except AbsentError as reason:
                absent[str(reason)] = None
                continue
            command = [python, str(HERE / "workers" / f"{name}_speed.py"), str(table), text, argument]
            running[text, tool] = processes.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings())  # noqa: S603
            )
        for _ in range(rounds + 1):
            for asked, process in running.items():
                taken.setdefault(asked, []).append(_turn(process))
        for process in running.values():
            process.communicate()
    medians = {
        asked: [statistics.median(column) for column in zip(*turns[1:], strict=True)] for asked, turns in taken.items()
    }
    return [Speed(HOLDINGS[text], tool, *both) for (text, tool), both in medians.items()], list(absent)


def _turn(process: subprocess.Popen[str]) -> tuple[float, float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith('{"cpu_s"'):
            told = json.loads(line)
            return told["cpu_s"], told["wall_s"]
    raise RuntimeError(f"{process.args!r} ended without an answer; start it by hand to see why")


def _write(path: Path) -> None:
    random = np.random.default_rng(7)
    shares = random.dirichlet(np.full(LEVELS, 5.0))

    def rows(count: int) -> np.ndarray:
        numbers = random.normal(size=(count, NUMERIC))
        return np.hstack([numbers, random.choice(LEVELS, p=shares, size=(count, CATEGORICAL))])

    flags = np.arange(NUMERIC + CATEGORICAL) >= NUMERIC
    np.savez(path, reference=rows(REFERENCE_ROWS), live=rows(LIVE_ROWS), categorical=flags)


def table(speeds: list[Speed]) -> list[list[str]]:
    """One line per tool and holding, with how many times as long it takes as each way of ours."""
    ours = {(speed.text, speed.tool): speed.cpu_s for speed in speeds if speed.tool.startswith("driftmeter")}
    ways = [tool for tool, name, _ in TOOLS if name == "driftmeter"]
    lines = [["text", "tool", "rows/s of CPU time", "CPU s", "wall s", *(f"x {way.split(', ')[1]}" for way in ways)]]
    for speed in speeds:
        ratios = [f"{speed.cpu_s / ours[speed.text, way]:.1f}" for way in ways]
        figures = [f"{speed.rows_per_s:,.0f}", f"{speed.cpu_s:.4f}", f"{speed.wall_s:.4f}"]
        lines.append([speed.text, speed.tool, *figures, *ratios])
    return lines


def main() -> None:
    """Measure and print."""
    speeds, absent = measure(rounds=5)
    for line in table(speeds):
        print(f"{line[0]:13}{line[1]:32}" + "".join(f"{cell:>20}" for cell in line[2:]))
    print(f"Goal: each peer at least {GOAL} times as long as a way of ours that does what it does.")
    print(*absent, sep="\n")


if __name__ == "__main__":
    main()
