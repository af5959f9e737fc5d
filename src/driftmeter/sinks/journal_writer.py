"""The door `events="journal"`: each event is one frame on disk before whoever wrote it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.journal import Kind
from driftmeter.otlp import Origin, log_record
from driftmeter.record import TraceLink
from driftmeter.sinks.logs_api import SeverityNumber

NO_TRACE = TraceLink(0, 0, 0)


class JournalWriter:
    """Writes events as the log records that they will be sent as.

    Args:
        append: writes one frame.
        origin: where the events come from; asked again in a forked child, whose origin is another.

    """

    def __init__(self, append: Callable[[Kind, bytes, bytes], object], origin: Callable[[], Origin]) -> None:
        self._append = append
        self._origin = origin

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
        """Write one event; the name is repeated as an attribute, since many backends drop the record's own."""
        now_ns = time.time_ns()
        trace = trace or NO_TRACE
        record = log_record(
            time_ns=timestamp_ns or now_ns,
            observed_ns=now_ns,
            severity_number=severity.value,
            severity_text=severity.name,
            event_name=name,
            body=body,
            attributes={**attributes, semconv.EVENT_NAME: name},
            trace_id=trace.trace_id,
            span_id=trace.span_id,
            trace_flags=trace.trace_flags,
        )
        self._append(Kind.RECORD, self._origin().to_bytes(), record)
