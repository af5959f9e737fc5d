"""Feeds driftmeter bytes that nobody would write, led by what they reach in the code (atheris, libFuzzer).

    python fuzz/run.py                          all targets, five seconds each
    python fuzz/run.py sanitiser --runs 1000000 one target, so many inputs

Prints one line per target; on a finding, the input and the traceback, and exits with 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGETS = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")


def fuzz(target: str, *, runs: int | None, seconds: int, memory_mb: int) -> bool:
    """Fuzz one target in a process of its own, since libFuzzer ends the process; True where nothing was found."""
    limit = f"-runs={runs}" if runs is not None else f"-max_total_time={seconds}"
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, str(HERE / f"{target}.py"), limit, "-max_len=4096", "-timeout=25",
            f"-rss_limit_mb={memory_mb}", f"-artifact_prefix={folder}/", "-print_final_stats=1", folder,
        ]  # fmt: skip
        started_s = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
        took_s = time.monotonic() - started_s
        kept = len(list(Path(folder).glob("[0-9a-f]*")))
        found = [path for path in Path(folder).iterdir() if path.name.startswith(("crash-", "oom-", "timeout-"))]
        units = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        covered = re.findall(r" cov: (\d+) ft: (\d+)", done.stderr)
        if done.returncode == 0 and units is not None:
            edges, features = covered[-1] if covered else ("?", "?")
            reached = f"{edges} edges, {features} features, {kept} inputs kept"
            print(f"{target:<10} {units[1]:>9} runs  {took_s:6.1f} s  {reached}")
            return True
        print(f"{target:<10} failed\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}")
        for path in found:
            print(f"{path.name}: {path.read_bytes()!r}")
        return False


def main() -> int:
    """Fuzz what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"of {', '.join(TARGETS)}; all if none is named")
    parser.add_argument("--runs", type=int, help="how many inputs each; otherwise --seconds counts")
    parser.add_argument("--seconds", type=int, default=5, help="how long each")
    parser.add_argument("--memory-mb", type=int, default=2048, help="more than this is a finding")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(TARGETS):
        parser.error(f"unknown target {', '.join(sorted(unknown))}; choose from {', '.join(TARGETS)}")
    found = [
        fuzz(target, runs=asked.runs, seconds=asked.seconds, memory_mb=asked.memory_mb)
        for target in asked.targets or TARGETS
    ]
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
