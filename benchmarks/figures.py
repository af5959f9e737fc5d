"""A measured figure beside its goal, and how CPU time is measured."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured figure and the goal it is held against."""

    name: str
    value: float
    unit: str
    goal: float = math.inf
    least: bool = False
    """Whether the goal is the least that the figure shall be, not the most."""

    @property
    def told_goal(self) -> str:
        """The goal as it is printed, marked where it is missed; nothing where there is none."""
        if math.isinf(self.goal):
            return ""
        met = self.value >= self.goal if self.least else self.value <= self.goal
        return f"goal {'>=' if self.least else '<='} {self.goal:g}{'' if met else '  MISSED'}"


def cpu_us(run: Callable[[], object], times: int) -> float:
    """CPU time of the calling thread per call, in microseconds; without garbage collection, as `timeit` has it."""
    gc.collect()
    gc.disable()
    started_ns = time.thread_time_ns()
    for _ in range(times):
        run()
    found_us = (time.thread_time_ns() - started_ns) / times / 1000
    gc.enable()
    return found_us


def medians_us(runs: Mapping[str, Callable[[], object]], rounds: int, times: int) -> dict[str, float]:
    """Medians of `cpu_us`, the runs taking turns so that a noisy neighbour meets them all."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(cpu_us(run, times))
    return {name: statistics.median(each) for name, each in found.items()}
