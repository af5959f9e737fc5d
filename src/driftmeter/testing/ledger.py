"""What a backend has stored: how often each record came, so that losses and duplicates can be counted."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TypedDict

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from driftmeter import semconv
from driftmeter.testing.decoding import attributes
from driftmeter.testing.facts import Value


class Snapshot(TypedDict):
    """A ledger as plain JSON."""

    ids: dict[str, int]
    gaps: list[dict[str, Value]]
    requests: dict[str, int]
    sizes: list[int]


class Ledger:
    """Counts records by their id: the prediction's, else the body's text.

    Args:
        gap_event: the name of events that are kept whole instead: reports of what was lost.

    """

    def __init__(self, gap_event: str = "driftmeter.journal.gap") -> None:
        self._gap_event = gap_event
        self._lock = threading.Lock()
        self._ids: Counter[str] = Counter()
        self._gaps: list[dict[str, Value]] = []
        self._requests: Counter[str] = Counter()
        self._sizes: list[int] = []

    def store(self, records: list[LogRecord]) -> None:
        """Note records as stored."""
        with self._lock:
            for record in records:
                if record.event_name == self._gap_event:
                    self._gaps.append(attributes(record.attributes))
                else:
                    self._ids[identity(record)] += 1

    def note(self, outcome: str, records: int) -> None:
        """Note a request, how it ended, and how many records it held."""
        with self._lock:
            self._requests[outcome] += 1
            self._sizes.append(records)

    def snapshot(self) -> Snapshot:
        """Give everything so far."""
        with self._lock:
            return Snapshot(
                ids=dict(self._ids), gaps=list(self._gaps), requests=dict(self._requests), sizes=list(self._sizes)
            )


def records_of(body: bytes) -> list[LogRecord]:
    """Read the log records of one request, in order.

    Raises:
        google.protobuf.message.DecodeError: If the bytes are no such request.

    """
    request = ExportLogsServiceRequest.FromString(body)
    return [
        record
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]  # fmt: skip


def identity(record: LogRecord) -> str:
    """Give the id by which a record is counted.

    >>> identity(LogRecord(body={"string_value": "42"}))
    '42'

    """
    for pair in record.attributes:
        if pair.key == semconv.PREDICTION_ID:
            return pair.value.string_value
    return record.body.string_value
