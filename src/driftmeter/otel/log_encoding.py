"""OpenTelemetry's log records on the wire: as the SDK has them, and made plain where it would lose the whole batch."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.common import _log_encoder as sdk
from opentelemetry.sdk._logs import ReadableLogRecord, ReadWriteLogRecord

from driftmeter import semconv
from driftmeter.otel.grouping import Encoding, encode_each
from driftmeter.otel.origin import Origins
from driftmeter.otlp import log_record
from driftmeter.plain import Plain

MAX_TEXT_CHARACTERS = 32_768
"""Of one text: stack traces are longer than a model's inputs."""


def encode_logs(batch: Sequence[ReadableLogRecord], origins: Origins) -> Encoding:
    """Encode log records; never raises.

    Args:
        batch: to be sent together.
        origins: knows their resources and scopes.

    """
    try:
        return Encoding(sdk.encode_logs(batch).SerializeToString(), 0)
    except Exception:  # noqa: BLE001  # half a surrogate pair in a body, say
        return encode_each(batch, origins, plain_log_record)


def plain_log_record(given: ReadableLogRecord | ReadWriteLogRecord) -> bytes:
    """One `LogRecord` message; values that OTLP cannot carry are made plain, which an attribute then says."""
    plain, record = Plain(longest=MAX_TEXT_CHARACTERS), given.log_record
    attributes = {plain.key(key): plain.value(value) for key, value in (record.attributes or {}).items()}
    body = plain.value(record.body)
    event_name, severity_text = plain.text(record.event_name or ""), plain.text(record.severity_text or "")
    time_ns, observed_ns = _bits(record.timestamp, 64), _bits(record.observed_timestamp, 64)
    if plain.altered or time_ns != (record.timestamp or 0):
        attributes[semconv.JOURNAL_ALTERED] = True
    return log_record(
        time_ns=time_ns,
        observed_ns=observed_ns,
        severity_number=_bits(getattr(record.severity_number, "value", 0), 31),
        severity_text=severity_text,
        event_name=event_name,
        body=body,
        attributes=attributes,
        trace_id=_bits(record.trace_id, 128),
        span_id=_bits(record.span_id, 64),
        trace_flags=_bits(record.trace_flags, 32),
        dropped_attributes=given.dropped_attributes,
    )


def _bits(given: object, most: int) -> int:
    """A number as the wire can carry it; 0, which is unknown, for one that it cannot."""
    return int(given) if isinstance(given, int) and 0 <= given < 1 << most else 0
