"""Where in a trace a record was written."""

from __future__ import annotations

import logging

from opentelemetry.trace import INVALID_SPAN, get_current_span

from driftmeter.record import TraceLink


def here() -> TraceLink | None:
    """The current span, as the span of a record and the one around it; None outside of any.

    >>> here() is None
    True

    """
    if (span := get_current_span()) is INVALID_SPAN:
        return None
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return TraceLink(context.trace_id, context.span_id, int(context.trace_flags), context.span_id)


def injected(record: logging.LogRecord) -> TraceLink | None:
    """The span whose ids OpenTelemetry's logging instrumentation wrote on a record: behind a queue, all that is left.

    >>> record = logging.makeLogRecord({"otelTraceID": "0a" * 16, "otelSpanID": "0b" * 8, "otelTraceSampled": True})
    >>> injected(record).trace_flags
    1

    """
    given = vars(record)
    try:
        trace_id, span_id = int(given["otelTraceID"], 16), int(given["otelSpanID"], 16)
    except (KeyError, TypeError, ValueError):
        return None
    if not (0 < trace_id < 1 << 128 and 0 < span_id < 1 << 64):
        return None
    return TraceLink(trace_id, span_id, int(bool(given.get("otelTraceSampled"))), span_id)
