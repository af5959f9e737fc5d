"""What driftmeter costs, as ratios against a bare OpenTelemetry span measured in the same run.

    python benchmarks/run.py            # about a minute
    python benchmarks/run.py --short    # a few seconds, for a quick look
    python benchmarks/run.py --json     # one JSON object on stdout

Figures are medians over interleaved rounds of CPU time on the caller's thread, since wall time on a shared machine says
more about the neighbours. Goals stand beside the figures; a figure that misses its goal is marked, not hidden.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import driftmeter
from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, parse_window
from driftmeter.drift.binning import Binning
from driftmeter.drift.evaluation import Evaluator
from driftmeter.pipeline import Pipeline, current
from driftmeter.record import Record
from driftmeter.sinks.spans import SpanSink

FEATURES = 20


class Figure(NamedTuple):
    """One measured figure and the goal it is held against."""

    name: str
    value: float
    unit: str
    goal: float

    @property
    def met(self) -> bool:
        """Whether the figure is at most the goal."""
        return self.value <= self.goal


class NullExporter(SpanExporter):
    """Takes spans and forgets them: what is measured is the caller's side."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002  # the interface's
        return SpanExportResult.SUCCESS


class NullSink:
    """Takes records and forgets them."""

    def accept(self, records: Sequence[Record], /) -> None:
        """Forget."""


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


def caller(rounds: int, times: int) -> list[Figure]:
    """`predict()` around a call with 20 floats, beside the bare span and the span that predict() itself makes."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NullExporter(), max_queue_size=1_000_000))
    tracer = provider.get_tracer("benchmark")
    row = np.random.default_rng(7).normal(size=(1, FEATURES))
    spans = SpanSink(provider)

    def bare_span() -> None:
        with tracer.start_as_current_span("predict"):
            pass

    def own_span() -> None:
        spans.start(model="air-time", version="7", operation="predict", rows=1).end(None)

    def predict() -> None:
        with driftmeter.predict("air-time", version="7", inputs=row) as call:
            call.outputs = 1.0

    with_span, without_span = Pipeline([NullSink()], spans=spans), Pipeline([NullSink()])
    found: list[tuple[float, ...]] = []
    for _ in range(rounds):
        bare, own = cpu_us(bare_span, times), cpu_us(own_span, times)
        ours = []
        for pipeline in (with_span, without_span):
            current.install(pipeline)
            ours.append(cpu_us(predict, times))
            pipeline.drain()
        # Ratios within a round: the machine's speed changes from round to round, but less within one.
        found.append((bare, (ours[0] - own) / bare, ours[1] / bare, ours[0] / bare))
    provider.shutdown()
    bare_us, beyond, without, whole = (statistics.median(column) for column in zip(*found, strict=True))
    return [
        Figure("bare SDK span", bare_us, "µs", float("inf")),
        Figure("predict() beyond its span, on the caller", beyond, "x bare span", 0.5),
        Figure("predict() without a span, on the caller", without, "x bare span", 0.5),
        Figure("predict() with its span of 4 attributes", whole, "x bare span", float("inf")),
    ]


def accumulation(rounds: int, rows: int) -> list[Figure]:
    """Counting rows of 20 numeric features into bins and fine cells."""
    random = np.random.default_rng(7)
    names = [f"feature_{i}" for i in range(FEATURES)]
    training = random.normal(size=(20_000, FEATURES))
    reference = Reference.from_data(dict(zip(names, training.T, strict=True)), model="benchmark")
    live = Columns(names, rows, matrix=random.normal(0.1, 1.1, size=(rows, FEATURES)))
    timestamps_ns = np.full(rows, time.time_ns())
    monitor = DriftMonitor(reference, windows=[parse_window("1000000rows")])
    times = max(1, 200_000 // rows)
    found = [cpu_us(lambda: monitor.observe(live, None, timestamps_ns), times) for _ in range(rounds)]
    per_value_ns = statistics.median(found) * 1000 / (rows * FEATURES)
    return [Figure(f"accumulation, {rows} rows at once", per_value_ns, "ns per value", 30.0)]


def evaluation(rounds: int) -> list[Figure]:
    """All statistics of 100 features over one window."""
    random = np.random.default_rng(7)
    names = [f"feature_{i}" for i in range(100)]
    training = random.normal(size=(5000, 100))
    reference = Reference.from_data(dict(zip(names, training.T, strict=True)), model="benchmark")
    binning = Binning(reference)
    evaluator, live = Evaluator(binning), binning.reference_counts()
    found = [cpu_us(lambda: evaluator.evaluate(live), 20) for _ in range(rounds)]
    return [Figure("9 statistics x 100 features", statistics.median(found) / 1000, "ms", 1.0)]


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What driftmeter costs, as ratios against a bare OpenTelemetry span.")
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    rounds = 3 if arguments.short else 11
    figures = [
        *caller(rounds * 5, 200),
        *accumulation(rounds, 1000),
        *accumulation(rounds, 100_000),
        *evaluation(rounds),
        *imports(3 if arguments.short else 7),
    ]
    if arguments.json:
        print(json.dumps({figure.name: {"value": figure.value, "unit": figure.unit} for figure in figures}))
        return
    for figure in figures:
        goal = "" if figure.goal == float("inf") else f"goal {figure.goal:g}{'' if figure.met else '  MISSED'}"
        print(f"{figure.name:<45} {figure.value:>9.2f} {figure.unit:<14} {goal}")


if __name__ == "__main__":
    main()
