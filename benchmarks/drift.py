"""What drift costs: counting rows, computing statistics, memory held."""

from __future__ import annotations

import gc
import itertools
import statistics
import tracemalloc
from collections.abc import Callable

import numpy as np
from figures import Figure, cpu_us, medians_us
from floor_drift import bare_counting, bare_statistics

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows
from driftmeter.drift.binning import Binning
from driftmeter.drift.budget import MONTH_S
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.ring import PaneRing
from driftmeter.drift.sliding import SegmentCounts, sliding
from driftmeter.drift.windows import parse_window
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Predictions
from driftmeter.settings import Settings
from driftmeter.sinks.drift import DriftSink
from driftmeter.stats.by_column import Bins, Cells, Padding

FEATURES = 20
WIDE = 100
FEW_ROWS = 1024
PANES = 8
CHUNK = 512
"""Predictions that the worker takes at most at once."""
GAP_NS = 20_000
"""Between two of them."""
GOAL_NS = 12.0
SEARCHSORTED_NS = 35.5
"""Of each value, on the cores that the goal was set for."""


def accumulation(rounds: int, rows: int) -> list[Figure]:
    """Rows of 20 numeric features read, binned and added to a window; and a monitor's whole turn, with all watches.

    Beside them NumPy's `searchsorted` of each column in twenty bins: the goal in nanoseconds is of cores on which that
    takes 35.5, so that the ratio can be held against it anywhere.
    """
    reference, random = _reference(FEATURES, 20_000)
    live = Columns(list(reference.columns), rows, matrix=random.normal(size=(rows, FEATURES)))
    times_ns = np.zeros(rows, np.int64)
    window = WindowByRows(1_000_000)
    binning, monitor = Binning(reference), DriftMonitor(reference, windows=[window])
    slid = sliding(window, PaneRing(window.panes, binning.size, binning.bins))

    def accumulate() -> None:
        batch = binning.read(live, None, rows)
        for _ in slid.slide(times_ns, SegmentCounts(binning, batch, set(slid.cuts(times_ns)))):
            pass

    edges = np.quantile(random.normal(size=20_000), np.arange(1, 20) / 20)
    columns = [np.ascontiguousarray(live[name]) for name in live.names]
    turns: dict[str, Callable[[], object]] = {
        "ours": accumulate,
        "turn": lambda: monitor.observe(live, None, times_ns),
        "searchsorted": lambda: [edges.searchsorted(column) for column in columns],
    }
    took_us = medians_us(turns, rounds, max(1, 200_000 // rows))
    ours, turn, searched = (took * 1000 / (rows * FEATURES) for took in took_us.values())
    return [
        Figure(f"accumulation, {rows:,} rows at once", ours, "ns per value", GOAL_NS),
        Figure("  the same", ours / searched, "x searchsorted", round(GOAL_NS / SEARCHSORTED_NS, 2)),
        Figure(f"a monitor's whole turn, {rows:,} rows at once", turn, "ns per value"),
    ]


def bare(rounds: int) -> list[Figure]:
    """What NumPy alone takes to find and count the cells of as many rows as the goal is set for."""
    matrix = np.random.default_rng(7).normal(size=(FEW_ROWS, FEATURES))
    took_us = medians_us({"bare": bare_counting(matrix)}, rounds, 200)["bare"]
    return [Figure("  the least that NumPy takes for 1,024", took_us * 1000 / matrix.size, "ns per value")]


def sink(rounds: int) -> list[Figure]:
    """What drift costs the worker per prediction of one row, in chunks, at the default windows; and from the start."""
    reference, random = _reference(FEATURES, 5000)
    names = list(reference.columns)
    alike = Prediction(id="", model="benchmark", version="7", started_ns=0, duration_s=0.001, source="predict")
    times_ns = itertools.count(1_700_000_000_000_000_000, CHUNK * GAP_NS)

    def chunk() -> Predictions:
        times = np.arange(CHUNK, dtype=np.int64) * GAP_NS + next(times_ns)
        return Predictions(
            alike=alike,
            rows=np.ones(CHUNK, np.int64),
            timestamps_ns=times,
            timings=[(0.001, None)] * CHUNK,
            ids=[""] * CHUNK,
            inputs=Columns(names, CHUNK, matrix=random.normal(size=(CHUNK, FEATURES))),
            outputs=Columns(None, CHUNK, matrix=np.ones((CHUNK, 1))),
            calls=[alike] * CHUNK,
        )

    windows = [parse_window(text) for text in Settings().windows]
    first, steady = [], []
    for _ in range(rounds):
        drift = DriftSink({"benchmark": reference}, windows, MONTH_S, Guard(strict=True), None)
        for chunks, found in ((10, first), (40, steady)):
            found.append(_taken_us(drift, [chunk() for _ in range(chunks)]))
    return [
        Figure("drift per prediction on the worker, the first 5,120", statistics.median(first), "µs"),
        Figure("drift per prediction on the worker, the next 20,480", statistics.median(steady), "µs", 1.5),
    ]


def _taken_us(drift: DriftSink, chunks: list[Predictions]) -> float:
    """What each prediction costs."""
    waiting = iter(chunks)
    return cpu_us(lambda: drift.accept([next(waiting)]), len(chunks)) / CHUNK


def statistics_of_many(rounds: int) -> list[Figure]:
    """PSI, KL, JS, Hellinger, total variation, chi-square, KS and Wasserstein of 100 features; their p-values apart."""
    reference, random = _reference(WIDE, 5000)
    binning = Binning(reference)
    live = Columns(list(reference.columns), 2000, matrix=random.normal(0.1, 1, size=(2000, WIDE)))
    counts = binning.count(binning.read(live, None, 2000), slice(None))
    evaluator = Evaluator(binning)
    runs = {
        "9": lambda: evaluator.evaluate(counts),
        "p": lambda: evaluator.evaluate(counts).p_values,
    }
    found = medians_us({**_eight(binning, counts), **runs}, rounds, 200)
    return [
        Figure(f"8 statistics x {WIDE} features", found["8"] / 1000, "ms", 0.2),
        Figure("  the least that NumPy takes for them", found["bare"] / 1000, "ms"),
        Figure(f"what a window tells of {WIDE} features", found["9"] / 1000, "ms"),
        Figure("three p-values of each beyond that", (found["p"] - found["9"]) / 1000, "ms"),
    ]


def _eight(binning: Binning, counts: np.ndarray) -> dict[str, Callable[[], object]]:
    """The eight statistics as they are, and bare of everything."""
    padding = Padding([stop - start for start, stop in binning.slices])

    def parted(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return padding(flat[: binning.bins]), flat[binning.bins :].reshape(WIDE, -1)

    own_bins, own_cells = parted(binning.reference_counts())
    bins, cells = Bins(own_bins), Cells(own_cells, np.ones(WIDE))

    def eight() -> None:
        live_bins, live_cells = parted(counts)
        beside = bins.beside(live_bins)
        for distance in (beside.psi, beside.kl, beside.js, beside.hellinger, beside.total_variation, beside.chi2):
            distance()
        cells.compare(live_cells)

    live_bins, live_cells = parted(counts)
    return {"8": eight, "bare": bare_statistics(own_bins.T + 1.0, live_bins.T + 1.0, live_cells)}


def memory() -> list[Figure]:
    """What a monitor with full windows holds, beside what its panes take: (panes + 1) x (bins + cells) x 8 bytes."""
    return [
        _held(features, windows)
        for features in (20, 100, 1000)
        for windows in ((WindowByRows(800),), (WindowByRows(800), WindowByRows(1600), WindowByRows(3200)))
    ]


def _held(features: int, windows: tuple[WindowByRows, ...]) -> Figure:
    reference, random = _reference(features, 500)
    live = Columns(list(reference.columns), 800, matrix=random.normal(size=(800, features)))
    DriftMonitor(reference, windows=windows).observe(live, None, 0)  # the thread's work memory serves all monitors
    gc.collect()
    tracemalloc.start()
    monitor = DriftMonitor(reference, windows=windows)
    for _ in range(5):
        monitor.observe(live, None, 0)
    monitor.readings()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    panes = len(windows) * (PANES + 1) * Binning(reference).size * 8
    name = f"monitor of {features} features, {len(windows)} windows: {held / 1e6:.2f} MB"
    return Figure(name, held / panes, "x its panes", 2.0)


def _reference(features: int, rows: int) -> tuple[Reference, np.random.Generator]:
    random = np.random.default_rng(7)
    training = random.normal(size=(rows, features))
    columns = {f"feature_{place}": values for place, values in enumerate(training.T)}
    return Reference.from_data(columns, model="benchmark"), random
