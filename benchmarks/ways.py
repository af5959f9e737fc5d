"""Two ways of telling of a prediction, ready to be gone: OpenTelemetry's stock path, and driftmeter's whole one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
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

FEATURES = 20
ROWS = 5000
QUEUE = 1_000_000
"""Large enough that the stock path drops nothing, which would make it look cheaper than it is."""


class Way(NamedTuple):
    """One way, set up."""

    predict: Callable[[int], None]
    """Tells of the prediction of that number."""
    flush: Callable[[], None]


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


@contextmanager
def stock() -> Iterator[Way]:
    """A span and a log record with 20 attributes each, encoded as the SDK does, but sent nowhere."""
    spans, logs = TracerProvider(), LoggerProvider()
    spans.add_span_processor(BatchSpanProcessor(EncodedSpans(), max_queue_size=QUEUE))
    logs.add_log_record_processor(BatchLogRecordProcessor(EncodedLogs(), max_queue_size=QUEUE))
    tracer, logger = spans.get_tracer("stock"), logs.get_logger("stock")
    features = {f"feature_{number}": float(number) for number in range(FEATURES)}

    def predict(_number: int) -> None:
        with tracer.start_as_current_span("predict", attributes=features):
            logger.emit(
                LogRecord(
                    timestamp=time.time_ns(),
                    severity_number=SeverityNumber.INFO,
                    event_name="ml.prediction",
                    attributes=features,
                )
            )

    def flush() -> None:
        spans.force_flush()
        logs.force_flush()

    yield Way(predict, flush)


@contextmanager
def driftmetered(*, spans: bool) -> Iterator[Way]:
    """The same 20 numbers through `predict()`, with a reference of them; the backend is another process.

    At the end it has to have every event, and nothing may be lost.
    """
    random = np.random.default_rng(7)
    names = [f"feature_{number}" for number in range(FEATURES)]
    training = dict(zip(names, random.normal(size=(FEATURES, 5000)), strict=True))
    rows = list(random.normal(size=(ROWS, 1, FEATURES)))
    predicted = 0
    with tempfile.TemporaryDirectory() as directory, FaultyProcess() as backend:
        os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_BSP_MAX_QUEUE_SIZE": str(QUEUE)}
        driftmeter.configure(
            reference=driftmeter.Reference.from_data(training, model="air-time"),
            events="journal",
            journal_dir=directory,
            spans=spans,
        )

        def predict(number: int) -> None:
            nonlocal predicted
            predicted += 1
            with driftmeter.predict("air-time", version="7", inputs=rows[number % ROWS]) as call:
                call.outputs = 1.0

        def flush() -> None:
            if not driftmeter.flush(60):
                raise RuntimeError("the backend did not take everything")

        yield Way(predict, flush)
        flush()
        arrived, lost = len(backend.snapshot()["ids"]), dict(LOST.counts())
        driftmeter.shutdown()
        metrics.get_meter_provider().shutdown()  # type: ignore[attr-defined]  # the SDK's, while the backend is there
    if arrived < predicted:  # there are events about the model itself, too
        raise RuntimeError(f"{arrived} of {predicted} events arrived")
    if lost:
        raise RuntimeError(f"lost on the way: {lost}")


WAYS = {
    "stock": stock,
    "span": lambda: driftmetered(spans=True),
    "spanless": lambda: driftmetered(spans=False),
}
