"""The only place that imports OpenTelemetry's logs API, whose module name still begins with an underscore."""

from __future__ import annotations

import time
from collections.abc import Mapping

from opentelemetry._logs import Logger, LoggerProvider, SeverityNumber, get_logger, get_logger_provider
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.record import TraceLink

__all__ = [
    "Logger",
    "LoggerProvider",
    "LoggerWriter",
    "SeverityNumber",
    "context_of",
    "get_logger",
    "get_logger_provider",
]


# Not an empty context, for which the SDK takes the current one.
NO_SPAN = set_span_in_context(INVALID_SPAN, Context())


def context_of(trace: TraceLink | None) -> Context:
    """The context that ties a log record or an exemplar to the span it belongs to, long after that span ended."""
    if trace is None or not trace.trace_id:
        return NO_SPAN
    flags = TraceFlags(trace.trace_flags)
    span = NonRecordingSpan(SpanContext(trace.trace_id, trace.span_id, is_remote=False, trace_flags=flags))
    return set_span_in_context(span, Context())


class LoggerWriter:
    """Writes events as log records with a name: the door `events="otel"`, through the user's own LoggerProvider."""

    def __init__(self, provider: LoggerProvider | None = None) -> None:
        self._logger = get_logger(semconv.SCOPE_NAME, semconv.SCOPE_VERSION, logger_provider=provider)

    def write(
        self,
        name: str,
        attributes: Mapping[str, AnyValue],
        *,
        body: str,
        timestamp_ns: int | None = None,
        trace: TraceLink | None = None,
        severity: SeverityNumber = SeverityNumber.INFO,
    ) -> None:
        """Emit one event; the name is repeated as an attribute, since many backends drop the record's own."""
        self._logger.emit(
            event_name=name,
            timestamp=timestamp_ns or time.time_ns(),
            context=context_of(trace),
            severity_number=severity,
            severity_text=severity.name,
            body=body,
            attributes={**attributes, semconv.EVENT_NAME: name},
        )
