"""What a prediction costs the thread that makes it: beyond its span, kept in memory or written to the journal first."""

from __future__ import annotations

import statistics
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from figures import Figure, cpu_us
from floor import Floor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import driftmeter
from driftmeter.journal import Journal
from driftmeter.otlp import Origin
from driftmeter.pipeline import Guard, Pipeline, current
from driftmeter.pipeline.stages import Naming
from driftmeter.record import Record
from driftmeter.sinks.journalled import ROWS, Journalled
from driftmeter.sinks.packed.packer import CallPacker
from driftmeter.sinks.spans import SpanSink
from driftmeter.sinks.storing import Storing

FEATURES = 20
FRAME_BYTES = 270
"""What a prediction of 20 floats takes in the journal."""


class NullExporter(SpanExporter):
    """Takes spans and forgets them: what is measured is the caller's side."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002  # the interface's
        return SpanExportResult.SUCCESS


class NullSink:
    """Takes records and forgets them."""

    def accept(self, records: Sequence[Record], /) -> None:
        """Forget."""


@contextmanager
def _journal() -> Iterator[Journal]:
    with tempfile.TemporaryDirectory() as directory:
        journal = Journal(Path(directory) / "journal")
        yield journal
        journal.close()


def caller(rounds: int, times: int) -> list[Figure]:
    """`predict()` around a call with 20 floats, beside the bare span and the span that predict() itself makes."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NullExporter(), max_queue_size=1_000_000))
    tracer, spans, guard = provider.get_tracer("benchmark"), SpanSink(provider), Guard()
    row = np.random.default_rng(7).normal(size=(1, FEATURES))
    frame, definition = bytes(FRAME_BYTES), bytes(1000)
    queue: deque[object] = deque(maxlen=times)

    def bare_span() -> None:
        with tracer.start_as_current_span("predict"):
            pass

    def own_span() -> None:
        spans.start(model="air-time", version="7", operation="predict", rows=1).end(None)

    def predict() -> None:
        with driftmeter.predict("air-time", version="7", inputs=row) as call:
            call.outputs = 1.0

    def floor(spans: SpanSink, file: int | None) -> None:
        with Floor(row, queue, spans, file) as call:
            call.outputs = 1.0

    with _journal() as journal, tempfile.TemporaryFile("ab", buffering=0) as file:
        origin = Origin(scope_name="driftmeter")
        events = Journalled(
            CallPacker([], Storing(), lambda: origin),
            guard,
            append=journal.append,
            sink=NullSink(),
            naming=Naming([], guard),
        )
        pipelines = [
            Pipeline([NullSink()], spans=spans),
            Pipeline([NullSink()]),
            Pipeline([NullSink()], spans=spans, events=events),
            Pipeline([NullSink()], events=events),
        ]
        runs: list[tuple[Pipeline | None, Callable[[], object]]] = [
            (None, bare_span),
            (None, own_span),
            *((pipeline, predict) for pipeline in pipelines),
            (None, lambda: journal.append(ROWS, definition, frame)),
            (None, lambda: floor(spans, None)),
            (None, lambda: floor(spans, file.fileno())),
        ]
        # Ratios within a round: the machine's speed changes from round to round, but less within one.
        found = [_ratios([_timed(pipeline, run, times) for pipeline, run in runs]) for _ in range(rounds)]
    provider.shutdown()
    return _figures([statistics.median(column) for column in zip(*found, strict=True)])


def _timed(pipeline: Pipeline | None, run: Callable[[], object], times: int) -> float:
    if pipeline is None:
        return cpu_us(run, times)
    current.install(pipeline)
    took_us = cpu_us(run, times)
    pipeline.drain()
    return took_us


def _ratios(took_us: Sequence[float]) -> tuple[float, ...]:
    bare, own, *predicts, append, memory_floor, journal_floor = took_us
    memory, memory_spanless, journal, journal_spanless = predicts
    within = (memory - own, memory_spanless, memory, journal - own, journal_spanless, journal)
    floors = (memory_floor - own, journal_floor - own)
    return (bare, own / bare, *(each / bare for each in within), append, *(each / bare for each in floors))


def _figures(medians: Sequence[float]) -> list[Figure]:
    names = [
        ("bare SDK span", "µs", float("inf")),
        ("the span that predict() makes, by itself", "x bare span", float("inf")),
        ("predict() beyond its span, kept in memory", "x bare span", 0.1),
        ("predict() without a span, kept in memory", "x bare span", float("inf")),
        ("predict() with its span, kept in memory", "x bare span", 1.6),
        ("predict() beyond its span, in the journal", "x bare span", 0.6),
        ("predict() without a span, in the journal", "x bare span", float("inf")),
        ("predict() with its span, in the journal", "x bare span", 1.6),
        ("an append to the journal by itself", "µs", float("inf")),
        ("the same steps bare of everything, in memory", "x bare span", float("inf")),
        ("the same steps bare of everything, on disk", "x bare span", float("inf")),
    ]
    return [Figure(name, value, unit, goal) for (name, unit, goal), value in zip(names, medians, strict=True)]
