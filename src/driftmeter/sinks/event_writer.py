"""What sinks ask of the place where events go: the journal, or the user's own LoggerProvider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from opentelemetry.util.types import AnyValue

from driftmeter.record import TraceLink
from driftmeter.sinks.logs_api import SeverityNumber


class EventWriter(Protocol):
    """Writes an event, whichever way it then goes; the same record and the same names on each."""

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
        ...
