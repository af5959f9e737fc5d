"""What driftmeter costs, as ratios against a bare OpenTelemetry span measured in the same run.

    python benchmarks/run.py            # about a minute
    python benchmarks/run.py --short    # a few seconds, for a quick look
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
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from figures import Figure, cpu_us
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import drift
import driftmeter
from driftmeter.pipeline import Pipeline, current
from driftmeter.record import Record
from driftmeter.sinks.spans import SpanSink

FEATURES = 20


class NullExporter(SpanExporter):
    """Takes spans and forgets them: what is measured is the caller's side."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002  # the interface's
        return SpanExportResult.SUCCESS


class NullSink:
    """Takes records and forgets them."""

    def accept(self, records: Sequence[Record], /) -> None:
        """Forget."""


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
        *drift.accumulation(rounds, 1024),
        *drift.accumulation(rounds, 100_000),
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
