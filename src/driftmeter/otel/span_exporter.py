"""Spans on their way out over OTLP, of the tracer provider that is set up here."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from driftmeter.delivery.backoff import Backoff
from driftmeter.delivery.telling import Telling
from driftmeter.otel.forkable import Forkable
from driftmeter.otel.origin import Origins
from driftmeter.otel.span_encoding import encode_spans
from driftmeter.otlp.answer import Answer, Verdict
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect
from driftmeter.pipeline import Tally

PASSING: Final = frozenset(
    {
        *("connection", "connect_timeout", "timeout", "closed"),
        *(f"http_{status}" for status in (408, 429, 502, 503, 504)),
        *("grpc_cancelled", "grpc_deadline_exceeded", "grpc_aborted", "grpc_out_of_range"),
        *("grpc_unavailable", "grpc_data_loss"),
    }
)
"""What OTLP's specification says to try again after: all else will be the same in ten seconds."""


class OtlpSpans(SpanExporter):
    """Sends spans to one endpoint, over HTTP or gRPC; used by one thread at a time, as the SDK's processors do.

    What does not go through within the endpoint's time limit is lost, as with the SDK's own exporters: spans are no
    audit records, and wait in memory.

    Args:
        endpoint: of traces.
        lost: counts what a backend did not take of a batch that it took otherwise, under `export_traces`.

    Raises:
        ValueError: the endpoint's credential provider is not installed, or gives something else.

    """

    def __init__(self, endpoint: Endpoint, lost: Tally) -> None:
        self._timeout_s = endpoint.timeout_s
        self._transport = Forkable(connect(endpoint))
        self._lost = lost
        self._compressed = True
        self._origins = Origins()
        self._telling = Telling(time.monotonic)
        self._ended = threading.Event()

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._transport.address

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Encode and send, and try again until the time limit; FAILURE where none of the spans arrived."""
        if self._ended.is_set():
            return SpanExportResult.FAILURE
        missing = self._send(spans, time.monotonic() + self._timeout_s)
        if missing and missing == len(spans):
            return SpanExportResult.FAILURE
        if missing:
            self._lost.add("export_traces", missing)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Send nothing from now on, and nothing again."""
        self._ended.set()
        self._transport.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # the interface's
        """Nothing is held here."""
        return True

    def _send(self, spans: Sequence[ReadableSpan], deadline_s: float) -> int:
        """How many were not accepted."""
        request, refused = encode_spans(spans, self._origins)
        answer = self._answer(request, deadline_s)
        if answer.verdict is Verdict.ACCEPTED:
            missing = min(answer.rejected + refused, len(spans))
            if missing:
                self._telling.warn("partial", "%s lacks %d of %d spans", self._transport.address, missing, len(spans))
            return missing
        if answer.verdict is Verdict.TOO_LARGE and len(spans) > 1:
            half = len(spans) // 2
            return self._send(spans[:half], deadline_s) + self._send(spans[half:], deadline_s)
        self._telling.warn(
            answer.reason,
            "%s does not accept spans (%s); %d are lost",
            self._transport.address,
            answer.reason,
            len(spans),
        )
        return len(spans)

    def _answer(self, request: bytes, deadline_s: float) -> Answer:
        """The backend's last word."""
        backoff = Backoff()
        while True:
            left_s = max(0.1, deadline_s - time.monotonic())
            answer = self._transport.send(request, compressed=self._compressed, timeout_s=left_s)
            if answer.verdict is Verdict.UNSUPPORTED_ENCODING:
                self._compressed = False
                continue
            passes = answer.reason in PASSING or answer.after_s is not None
            if answer.verdict is not Verdict.RETRY or not passes:
                return answer
            due_s = backoff.failed(time.monotonic(), answer.after_s)
            if due_s >= deadline_s or self._ended.wait(due_s - time.monotonic()):
                return answer
