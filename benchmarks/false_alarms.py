"""How often driftmeter's alarms are false, beside the budget that they were given: streams in which nothing drifts.

    python benchmarks/false_alarms.py            # 1.4 million windows, some minutes
    python benchmarks/false_alarms.py --short    # 70 thousand, seconds
    python benchmarks/false_alarms.py --json     # one JSON object on stdout

Each stream is watched by a real `DriftMonitor` on a clock of its own, one row per second, against references drawn from
the same stream; the budget is one false page per so many looks. A look is one window; neighbouring windows share seven
eighths of their rows. A false page is a look at which an alarm is raised in any column. The interval is the exact
Poisson one (Garwood, 1936) at 95 %, over pages of independent streams; the budget is kept if its lower end is not above
what was granted. Streams of which the rows depend on each other are built with the time of their rows, as
`Reference.from_data(..., time=...)` allows, and once without, to show what that is good for.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows

Rows = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Rows]

COLUMNS = 10
REFERENCE_ROWS = 24_000
WINDOW = WindowByRows(400, 8)
LOOKS_PER_PAGE = 16_000
"""Rare enough that the least evidence of a page, see `driftmeter.drift.budget`, hardly adds to what the budget asks."""


class Stream(NamedTuple):
    """Rows without drift, of shape (n, COLUMNS), and whether their time is told."""

    name: str
    draw: Draw
    timed: bool


class Figure(NamedTuple):
    """What one stream came to."""

    name: str
    windows: int
    granted: float
    pages: int
    low: float
    high: float

    @property
    def kept(self) -> bool:
        """Whether the pages can be explained by the budget."""
        return self.low <= self.granted


def independent(random: np.random.Generator, rows: int) -> Rows:
    """Normal rows."""
    return random.normal(size=(rows, COLUMNS))


def heavy(random: np.random.Generator, rows: int) -> Rows:
    """Student's t with two degrees of freedom: no variance."""
    return random.standard_t(2, size=(rows, COLUMNS))


def rare(random: np.random.Generator, rows: int) -> Rows:
    """Whole numbers of which a few are rare: flags of one in a hundred up to one in two, and Poisson counts."""
    flags = random.random((rows, COLUMNS // 2)) < np.geomspace(0.01, 0.5, COLUMNS // 2)
    return np.concatenate([flags, random.poisson(0.1, (rows, COLUMNS - COLUMNS // 2))], axis=1).astype(np.float64)


def dependent(random: np.random.Generator, rows: int) -> Rows:
    """An autoregressive chain: rows resemble those of some 20 rows before, columns move apart."""
    return _chain(random, rows, 0.95)


def faint(random: np.random.Generator, rows: int) -> Rows:
    """Rows that hardly resemble the one before: what a reference of this length may fail to notice."""
    return _chain(random, rows, 0.2)


def days(random: np.random.Generator, rows: int) -> Rows:
    """Days of a hundred rows, each with its weather: a tenth of the variance is shared by the rows of a day."""
    weather = random.normal(size=(rows // 100 + 1, COLUMNS)).repeat(100, axis=0)[:rows]
    return math.sqrt(0.1) * weather + math.sqrt(0.9) * random.normal(size=(rows, COLUMNS))


def _chain(random: np.random.Generator, rows: int, keep: float) -> Rows:
    """x[t] = keep x[t-1] + noise, in blocks: each block's influence on the next decays by powers of `keep`."""
    noise = random.normal(size=(rows, COLUMNS)) * math.sqrt(1 - keep**2)
    state, block = random.normal(size=COLUMNS), 64
    powers = keep ** np.arange(block + 1)
    lags = np.subtract.outer(np.arange(block), np.arange(block))
    weights = np.where(lags >= 0, keep ** np.maximum(lags, 0).astype(np.float64), 0.0)
    for start in range(0, rows, block):
        part = noise[start : start + block]
        n = len(part)
        part[:] = weights[:n, :n] @ part + powers[1 : n + 1, None] * state
        state = part[-1]
    return noise


STREAMS = (
    Stream("independent", independent, timed=False),
    Stream("independent, time told", independent, timed=True),
    Stream("heavy tails", heavy, timed=False),
    Stream("rare values", rare, timed=False),
    Stream("autocorrelated, time told", dependent, timed=True),
    Stream("faintly alike, time told", faint, timed=True),
    Stream("days with weather, time told", days, timed=True),
)
FOR_COMPARISON = Stream("autocorrelated, time not told", dependent, timed=False)


def watch(stream: Stream, looks: int, seed: int, *, streams: int) -> Figure:
    """Watch independent streams, each against a reference of its own, and count the pages."""
    pages = 0
    for number in range(streams):
        pages += _pages(stream, looks // streams, np.random.default_rng([seed, number]))
    windows = looks // streams * streams
    low, high = poisson_interval(pages)
    return Figure(stream.name, windows, windows / LOOKS_PER_PAGE, pages, low, high)


def _pages(stream: Stream, looks: int, random: np.random.Generator) -> int:
    names = [f"c{number}" for number in range(COLUMNS)]
    training = stream.draw(random, REFERENCE_ROWS)
    columns: dict[str, object] = dict(zip(names, training.T, strict=True))
    if stream.timed:
        columns["t"] = np.arange(REFERENCE_ROWS)
    reference = Reference.from_data(columns, model="false-alarms", time="t" if stream.timed else None)
    now_s = 0.0
    monitor = DriftMonitor(
        reference,
        windows=[WINDOW],
        false_page_interval_s=float(LOOKS_PER_PAGE * WINDOW.pane_rows),
        clock=lambda: now_s,
    )
    paged: set[int] = set()
    left = WINDOW.rows - WINDOW.pane_rows + looks * WINDOW.pane_rows
    while left > 0:
        rows = min(left, 100 * WINDOW.pane_rows)
        now_s += rows
        changes = monitor.observe(Columns(names, rows, matrix=stream.draw(random, rows)), None, 0)
        paged |= {change.row for change in changes if change.raised}
        left -= rows
    return len(paged)


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a Poisson mean (Garwood, 1936), by bisection on the tails."""
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _root(lambda mean: 1 - _poisson_cdf(count - 1, mean) - tail, 0.0, float(count))
    high = _root(lambda mean: tail - _poisson_cdf(count, mean), float(count), count + 10 * math.sqrt(count + 1) + 10)
    return low, high


def _poisson_cdf(count: int, mean: float) -> float:
    if mean <= 0:
        return 1.0
    terms = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1)]
    return min(1.0, sum(map(math.exp, terms)))


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def main() -> None:
    """Simulate and print; exits with 1 where a budget was not kept."""
    parser = argparse.ArgumentParser(description="False pages of driftmeter's alarms beside their budget.")
    parser.add_argument("--short", action="store_true", help="a twentieth of the windows")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    looks, streams = (10_000, 5) if arguments.short else (200_000, 50)
    figures = [watch(stream, looks, arguments.seed, streams=streams) for stream in STREAMS]
    contrast = watch(FOR_COMPARISON, 2000, arguments.seed, streams=4)
    if arguments.json:
        print(json.dumps([figure._asdict() | {"kept": figure.kept} for figure in (*figures, contrast)]))
    else:
        print(f"{'stream':<32} {'windows':>9} {'granted':>8} {'pages':>6} {'95 % interval':>17}")
        for figure in (*figures, contrast):
            interval = f"{figure.low:.1f} to {figure.high:.1f}"
            mark = "kept" if figure.kept else "NOT KEPT"
            counts = f"{figure.windows:>9,} {figure.granted:>8.1f} {figure.pages:>6}"
            print(f"{figure.name:<32} {counts} {interval:>17}  {mark}")
        total, pages = sum(figure.windows for figure in figures), sum(figure.pages for figure in figures)
        print(f"{'all but the last':<32} {total:>9,} {total / LOOKS_PER_PAGE:>8.1f} {pages:>6}")
    sys.exit(0 if all(figure.kept for figure in figures) else 1)


if __name__ == "__main__":
    main()
