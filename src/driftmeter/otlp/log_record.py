"""One log record of any shape as the bytes of an OTLP `LogRecord`: what a journal's RECORD frame holds."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from opentelemetry.util.types import AnyValue

from driftmeter.otlp.wire import any_value, entry_field, sized, varint

ATTRIBUTE = b"\x32"
"""Tag of `LogRecord.attributes`."""
_times = struct.Struct("<BQBQ").pack
_flags = struct.Struct("<BI").pack


def log_record(
    *,
    time_ns: int | None,
    observed_ns: int | None,
    severity_number: int = 0,
    severity_text: str = "",
    event_name: str = "",
    body: AnyValue = None,
    attributes: Mapping[str, AnyValue] | None = None,
    trace_id: int = 0,
    span_id: int = 0,
    trace_flags: int = 0,
    dropped_attributes: int = 0,
) -> bytes:
    """The record's bytes; once parsed, equal to what the SDK's own encoder makes of the same record.

    Args:
        time_ns: when it happened, nanoseconds since the epoch; 0 or None is unknown.
        observed_ns: when it was seen, likewise.
        severity_number: 1 to 24 as OpenTelemetry numbers them, 0 for none.
        severity_text: the severity's own name.
        event_name: what kind of event it is; empty for an ordinary log record.
        body: a plain value.
        attributes: plain values by name: None, bool, int of 64 bits, float, str, bytes, lists and maps of these.
        trace_id: 128 bits, 0 for none.
        span_id: 64 bits, 0 for none.
        trace_flags: as in W3C Trace Context.
        dropped_attributes: how many attributes were left out on the way here.

    Raises:
        ValueError, TypeError: a value that OTLP cannot carry.
        OverflowError, struct.error: a time or id that does not fit its bits.

    >>> log_record(time_ns=1, observed_ns=1, body="hi").hex()
    '0901000000000000005901000000000000002a040a026869'

    """
    parts = [_times(0x09, time_ns or 0, 0x59, observed_ns or 0)]
    if severity_number:
        parts.append(b"\x10" + varint(severity_number))
    if severity_text:
        parts.append(b"\x1a" + sized(severity_text.encode()))
    # The SDK always sends a body; without a value it is an empty one.
    parts.append(b"\x2a" + sized(any_value(body)))
    if attributes:
        parts += [entry_field(ATTRIBUTE, key, value) for key, value in attributes.items()]
    if dropped_attributes:
        parts.append(b"\x38" + varint(dropped_attributes))
    if trace_flags:
        parts.append(_flags(0x45, trace_flags))
    if trace_id:
        parts.append(b"\x4a\x10" + trace_id.to_bytes(16, "big"))
    if span_id:
        parts.append(b"\x52\x08" + span_id.to_bytes(8, "big"))
    if event_name:
        parts.append(b"\x62" + sized(event_name.encode()))
    return b"".join(parts)
