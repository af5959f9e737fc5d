"""What driftmeter costs, as ratios against a bare OpenTelemetry span measured in the same run.

    python benchmarks/run.py            # about five minutes
    python benchmarks/run.py --short    # about a minute and a half, for a quick look
    python benchmarks/run.py --json     # one JSON object on stdout
    python benchmarks/run.py --peers    # also evidently and whylogs on the same rows; minutes, and it installs them

Figures are medians over interleaved rounds of CPU time on the caller's thread, since wall time on a shared machine says
more about the neighbours. Goals stand beside the figures; a figure that misses its goal is marked, not hidden.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from batches import batches
from caller import caller
from figures import Figure
from whole_path import traffic, whole_path

import drift


def imports(rounds: int) -> list[Figure]:
    """Importing driftmeter, and the name that most programs use, beyond starting Python; numpy alone for comparison."""

    def cpu_ms(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own interpreter
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

    names = {"import driftmeter": 200.0, "from driftmeter import predict": float("inf"), "import numpy": float("inf")}
    found: dict[str, list[float]] = {code: [] for code in ("pass", *names)}
    for _ in range(rounds):
        for code, figures in found.items():
            figures.append(cpu_ms(code))
    start = statistics.median(found["pass"])
    return [Figure(code, statistics.median(found[code]) - start, "ms", goal) for code, goal in names.items()]


def peers(rounds: int) -> list[Figure]:
    """How many times as long as `compare`, by column as they do, the peers take from arrays to their result."""
    sys.path.insert(0, str(Path(__file__).parent / "peers"))
    import speed  # noqa: PLC0415  # its neighbours are importable only now

    speeds, absent = speed.measure(rounds)
    print(*absent, sep="\n", end="\n" if absent else "", file=sys.stderr)
    ours = {each.text: each.cpu_s for each in speeds if each.tool == "driftmeter, compare by column"}
    return [
        Figure(
            f"{each.tool.split(', ')[0]}, text objects {each.text}",
            each.cpu_s / ours[each.text],
            "x compare",
            100,
            least=True,
        )
        for each in speeds
        if not each.tool.startswith("driftmeter")
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What driftmeter costs, as ratios against a bare OpenTelemetry span.")
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--peers", action="store_true", help="also other tools, in environments of their own")
    arguments = parser.parse_args()
    rounds = 3 if arguments.short else 11
    figures = [
        *caller(rounds * 5, 200),
        *batches(rounds),
        *whole_path(1 if arguments.short else 5),
        *traffic(1 if arguments.short else 3),
        *drift.accumulation(rounds, drift.FEW_ROWS),
        *drift.bare(rounds),
        *drift.accumulation(rounds, 100_000),
        *drift.sink(rounds),
        *drift.statistics_of_many(rounds),
        *drift.memory(),
        *imports(3 if arguments.short else 7),
        *(peers(1 if arguments.short else 5) if arguments.peers else ()),
    ]
    if arguments.json:
        print(json.dumps({figure.name: {"value": figure.value, "unit": figure.unit} for figure in figures}))
        return
    for figure in figures:
        print(f"{figure.name:<50} {figure.value:>9.2f} {figure.unit:<14} {figure.told_goal}")


if __name__ == "__main__":
    main()
