"""What a prediction costs the process in all: drift counted, event on disk, span and event encoded and sent.

Beside it the stock path: a span and a log record with 20 attributes each, encoded as the SDK does, but sent nowhere.
Each way runs in a process of its own, whose whole CPU time is taken; the backend is another process. Metrics are as
driftmeter sets them up by default, which the stock path has none of; what one export of all of them takes, which the
SDK does once a minute however many predictions there were, is a figure of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from figures import Figure
from opentelemetry import metrics
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import driftmeter
from driftmeter.otel.accounting import LOST
from driftmeter.testing.fault_process import FaultyProcess

PREDICTIONS = 5000
WARM_UP = 5000
"""What happens once in a process, such as working out the thresholds of drift, is no cost of a prediction."""
FEATURES = 20
QUEUE = 1_000_000
"""Large enough that the stock path drops nothing, which would make it look cheaper than it is."""


class EncodedSpans(SpanExporter):
    """Encodes, and sends nowhere."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


class EncodedLogs(LogRecordExporter):
    """Likewise."""

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        encode_logs(batch).SerializeToString()
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is held."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # the interface's
        return True


def tracer_provider() -> TracerProvider:
    """Spans that are encoded."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(EncodedSpans(), max_queue_size=QUEUE))
    return provider


class Cost(NamedTuple):
    """What one way costs the process."""

    prediction_us: float
    export_ms: float = 0.0
    """Of an export of all metrics."""


def stock() -> Cost:
    """A span and a log record with 20 attributes each."""
    spans, logs = tracer_provider(), LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(EncodedLogs(), max_queue_size=QUEUE))
    tracer, logger = spans.get_tracer("stock"), logs.get_logger("stock")
    features = {f"feature_{number}": float(number) for number in range(FEATURES)}

    def predict(count: int) -> None:
        for _ in range(count):
            with tracer.start_as_current_span("predict", attributes=features):
                now_ns = time.time_ns()
                logger.emit(
                    LogRecord(
                        timestamp=now_ns,
                        severity_number=SeverityNumber.INFO,
                        event_name="ml.prediction",
                        attributes=features,
                    )
                )
        spans.force_flush()
        logs.force_flush()

    predict(WARM_UP)
    return Cost(_cpu_s(lambda: predict(PREDICTIONS)) / PREDICTIONS * 1e6)


def driftmetered(*, spans: bool) -> Cost:
    """The same 20 numbers through `predict()`, with a reference of them."""
    random = np.random.default_rng(7)
    names = [f"feature_{number}" for number in range(FEATURES)]
    training = dict(zip(names, random.normal(size=(FEATURES, 5000)), strict=True))
    rows = random.normal(size=(PREDICTIONS, 1, FEATURES))
    with tempfile.TemporaryDirectory() as directory, FaultyProcess() as backend:
        os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_BSP_MAX_QUEUE_SIZE": str(QUEUE)}
        driftmeter.configure(
            reference=driftmeter.Reference.from_data(training, model="air-time"),
            events="journal",
            journal_dir=directory,
            spans=spans,
        )

        def flush() -> None:
            if not driftmeter.flush(60):
                raise RuntimeError("the backend did not take everything")

        def predict(count: int) -> None:
            for row in rows[:count]:
                with driftmeter.predict("air-time", version="7", inputs=row) as call:
                    call.outputs = 1.0
            flush()

        predict(WARM_UP)
        all_s = _cpu_s(lambda: predict(PREDICTIONS))
        export_s = _cpu_s(flush)
        arrived = len(backend.snapshot()["ids"])
        lost = dict(LOST.counts())
        driftmeter.shutdown()
        metrics.get_meter_provider().shutdown()  # type: ignore[attr-defined]  # the SDK's, while the backend is there
    if arrived < WARM_UP + PREDICTIONS:  # there are events about the model itself, too
        raise RuntimeError(f"{arrived} of {WARM_UP + PREDICTIONS} events arrived")
    if lost:
        raise RuntimeError(f"lost on the way: {lost}")
    return Cost((all_s - export_s) / PREDICTIONS * 1e6, export_s * 1e3)


def _cpu_s(run: Callable[[], None]) -> float:
    started_s = time.process_time()
    run()
    return time.process_time() - started_s


WAYS = {
    "stock": stock,
    "span": lambda: driftmetered(spans=True),
    "spanless": lambda: driftmetered(spans=False),
}


def whole_path(rounds: int) -> list[Figure]:
    """Total CPU per prediction beside the stock path."""
    found = [[_in_process(way) for way in WAYS] for _ in range(rounds)]
    us = [[cost.prediction_us for cost in costs] for costs in found]
    ratios = [(stock, span / stock, spanless / stock) for stock, span, spanless in us]
    stock, span, spanless = (statistics.median(column) for column in zip(*ratios, strict=True))
    return [
        Figure("stock span and log of 20 attributes, all CPU", stock, "µs"),
        Figure("driftmeter with a span, all CPU", span, "x stock", 0.35),
        Figure("driftmeter without a span, all CPU", spanless, "x stock", 0.05),
        Figure(
            "an export of all metrics of one model", statistics.median(costs[-1].export_ms for costs in found), "ms"
        ),
    ]


def _in_process(way: str) -> Cost:
    command = [sys.executable, __file__, way]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603  # our own script
    return Cost(*json.loads(out))


if __name__ == "__main__":
    print(json.dumps(WAYS[sys.argv[1]]()))
