"""How a peer is asked: a folder with the cases as arrays comes in, one JSON file with its verdicts goes out.

Runs in the peers' environments, so it needs nothing but numpy and the standard library.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Question:
    """One case; its streams are read when asked for."""

    def __init__(self, folder: Path, stored: dict[str, Any]) -> None:
        self.name: str = stored["name"]
        self.window: int = stored["window"]
        self.categorical: list[bool] = stored["categorical"]
        self.tuned: bool = stored["tuned"]
        self._files = [(folder / reference, folder / live) for reference, live in stored["streams"]]

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [f"column_{place}" for place in range(len(self.categorical))]

    def streams(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Reference and live rows of one stream after the other."""
        for reference, live in self._files:
            yield np.load(reference), np.load(live)

    def windows(self, live: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        """One window after the other."""
        for start in range(0, len(live) - self.window + 1, self.window):
            yield live[start : start + self.window]


def column(values: NDArray[np.float64], *, categorical: bool) -> NDArray[Any]:
    """A column as a user would hold it: numbers, or text."""
    return np.array([f"c{int(code)}" for code in values], object) if categorical else values


def answer(package: str, judge: Callable[[Question], dict[str, Any]]) -> None:
    """Judge every case of the folder argv[1]; `{version, cpu_s, rules: {rule: {case: verdict}}}` goes to argv[2]."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    rules: dict[str, dict[str, Any]] = {}
    started_s = time.process_time()
    for stored in json.loads((folder / "cases.json").read_text()):
        question = Question(folder, stored)
        for rule, verdict in judge(question).items():
            rules.setdefault(rule, {})[question.name] = verdict
    spent_s = time.process_time() - started_s
    out.write_text(json.dumps({"version": metadata.version(package), "cpu_s": spent_s, "rules": rules}))


def serve(measured: Callable[[], object]) -> None:
    """For each line on stdin call once, and print what it cost: `{cpu_s, wall_s}`."""
    for _ in sys.stdin:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        measured()
        print(json.dumps({"cpu_s": time.process_time() - cpu_s, "wall_s": time.perf_counter() - wall_s}), flush=True)


def speed_table(path: str, text: str) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Reference and live columns of the speed comparison, by name, as arrays.

    Args:
        path: of the stored table.
        text: "own" for an object per row, as requests bring it; "shared" for rows that share one object per label, as
            pandas' readers, categoricals and Arrow's dictionaries give.
    """
    with np.load(path) as stored:
        flags = stored["categorical"]
        return _named(stored["reference"], flags, text), _named(stored["live"], flags, text)


def _named(rows: NDArray[np.float64], categorical: NDArray[np.bool_], text: str) -> dict[str, NDArray[Any]]:
    held = {"own": column, "shared": _sharing}[text]
    return {
        f"column_{place}": held(np.ascontiguousarray(rows[:, place]), categorical=bool(flag))
        for place, flag in enumerate(categorical)
    }


def _sharing(values: NDArray[np.float64], *, categorical: bool) -> NDArray[Any]:
    if not categorical:
        return values
    codes = values.astype(int)
    return column(np.arange(codes.max() + 1.0), categorical=True)[codes]
