"""Rows a second of reference against window: ours beside evidently's preset and whylogs, in one run.

    python benchmarks/peers/speed.py

10 numeric and 5 categorical columns, 10,000 reference and 100,000 live rows, from arrays in memory to the result. Every
tool runs in a process of its own that is asked in turn, so that a noisy neighbour meets them all; figures are medians
of CPU time, with one thread for linear algebra.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from environments import HERE, AbsentError, interpreter, surroundings

REFERENCE_ROWS: Final = 10_000
LIVE_ROWS: Final = 100_000
NUMERIC, CATEGORICAL, LEVELS = 10, 5, 10
TOOLS: Final = (
    ("driftmeter, monitor", "driftmeter", "monitor"),
    ("driftmeter, compare", "driftmeter", "compare"),
    ("whylogs, profile and scores", "whylogs", ""),
    ("evidently, preset", "evidently", ""),
)


class Speed(NamedTuple):
    """Medians of one tool."""

    tool: str
    cpu_s: float
    wall_s: float

    @property
    def rows_per_s(self) -> float:
        """Live rows per second of CPU time."""
        return LIVE_ROWS / self.cpu_s


def measure(rounds: int) -> tuple[list[Speed], list[str]]:
    """Every tool in turn, `rounds` times after a first one that does not count; and what is absent, with the reason."""
    absent = []
    taken: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as processes:
        table = Path(folder) / "table.npz"
        _write(table)
        running: dict[str, subprocess.Popen[str]] = {}
        for tool, name, argument in TOOLS:
            try:
                python = sys.executable if name == "driftmeter" else str(interpreter(name))
            except AbsentError as reason:
                absent.append(str(reason))
                continue
            command = [python, str(HERE / "workers" / f"{name}_speed.py"), str(table), argument]
            running[tool] = processes.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings())  # noqa: S603
            )
        for _ in range(rounds + 1):
            for tool, process in running.items():
                taken.setdefault(tool, []).append(_turn(process))
        for process in running.values():
            process.communicate()
    medians = {
        tool: [statistics.median(column) for column in zip(*turns[1:], strict=True)] for tool, turns in taken.items()
    }
    return [Speed(tool, *both) for tool, both in medians.items()], absent


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
    """One line per tool, with how many times slower it is than our monitor and our compare."""
    ours = {speed.tool: speed.cpu_s for speed in speeds if speed.tool.startswith("driftmeter")}
    lines = [["tool", "rows/s of CPU time", "CPU s", "wall s", *(f"times {name.split(', ')[1]}" for name in ours)]]
    for speed in speeds:
        ratios = [f"{speed.cpu_s / cpu_s:.1f}" for cpu_s in ours.values()]
        lines.append([speed.tool, f"{speed.rows_per_s:,.0f}", f"{speed.cpu_s:.3f}", f"{speed.wall_s:.3f}", *ratios])
    return lines


def main() -> None:
    """Measure and print."""
    speeds, absent = measure(rounds=3)
    for line in table(speeds):
        print(f"{line[0]:30}" + "".join(f"{cell:>20}" for cell in line[1:]))
    print(*absent, sep="\n")


if __name__ == "__main__":
    main()
