"""A report of lost records becomes an event like any other, so that the hole in the record is on the record."""

from __future__ import annotations

import json
from collections.abc import Sequence

from driftmeter import semconv
from driftmeter.journal import Entry, Kind
from driftmeter.otlp import Origin, log_record

WARN = 13
MOST_INT = 2**63 - 1


def sendable(entries: Sequence[Entry], origin: Origin) -> Sequence[Entry]:
    """Give entries that can be encoded: themselves, or the events of gaps.

    Args:
        entries: of one request, which holds reports of gaps or records, never both.
        origin: what reports of gaps are sent under.

    """
    if not are_reports(entries):
        return entries
    return [Entry(Kind.RECORD, entry.seq, origin.to_bytes(), _event(entry.payload)) for entry in entries]


def are_reports(entries: Sequence[Entry]) -> bool:
    """Whether the entries of a request report lost records."""
    return entries[0].kind == Kind.GAP


def _event(payload: bytes) -> bytes:
    try:
        told = json.loads(payload)
        facts = told if isinstance(told, dict) else {}
    except ValueError:
        facts = {}
    reason, count = str(facts.get("reason", "unknown")), _number(facts, "count")
    ended_ns = _number(facts, "last_ns")
    return log_record(
        time_ns=ended_ns,
        observed_ns=ended_ns,
        severity_number=WARN,
        severity_text="WARN",
        event_name=semconv.EVENT_JOURNAL_GAP,
        body=f"{count} records lost: {reason}",
        attributes={
            semconv.EVENT_NAME: semconv.EVENT_JOURNAL_GAP,
            semconv.REASON: reason,
            semconv.GAP_COUNT: count,
            semconv.GAP_FIRST: _number(facts, "first_seq"),
            semconv.GAP_LAST: _number(facts, "last_seq"),
            semconv.GAP_STARTED: _number(facts, "first_ns"),
            semconv.JOURNAL_WRITER: str(facts.get("writer", "")),
        },
    )


def _number(facts: dict[str, object], name: str) -> int:
    value = facts.get(name)
    return min(max(value, 0), MOST_INT) if isinstance(value, int) else 0
