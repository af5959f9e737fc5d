"""OTLP requests as OTLP/JSON lines, the format that the Collector's file exporter writes and its file receiver reads.

OTLP/JSON is protobuf's JSON but for two things: trace and span ids are hexadecimal, and enums are numbers. Protobuf's
own writer can be told the second but not the first, and every span and record has such ids.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import TypeAlias, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool"
Writer: TypeAlias = Callable[[object], Json]

_HEXADECIMAL = frozenset({"trace_id", "span_id", "parent_span_id"})
_SIXTY_FOUR_BITS = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
        FieldDescriptor.TYPE_SINT64,
    }
)
_NOT_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}


def json_line(request: Message) -> bytes:
    r"""One export request as one line of OTLP/JSON, newline included.

    >>> from opentelemetry.proto.trace.v1.trace_pb2 import Span
    >>> json_line(Span(trace_id=b"\x0a" * 16, name="predict", kind=Span.SPAN_KIND_SERVER, start_time_unix_nano=5))
    b'{"traceId":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","name":"predict","kind":2,"startTimeUnixNano":"5"}\n'

    """
    return json.dumps(_message(request), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _message(message: object) -> Json:
    written: dict[str, Json] = {}
    for field, found in cast("Message", message).ListFields():
        name, write = _writer(field)
        written[name] = write(found)
    return written


@cache
def _writer(field: FieldDescriptor) -> tuple[str, Writer]:
    if field.message_type is KeyValue.DESCRIPTOR:
        return field.json_name, _pairs
    write = _one(field)
    return field.json_name, _each(write) if field.is_repeated else write


def _pairs(pairs: object) -> Json:
    """Attributes are most of every request, so they do not take the general way."""
    return [{"key": pair.key, "value": _value(pair.value)} for pair in cast("Iterable[KeyValue]", pairs)]


def _value(value: AnyValue) -> Json:
    if value.HasField("string_value"):
        return {"stringValue": value.string_value}
    return _message(value)


def _one(field: FieldDescriptor) -> Writer:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return _message
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _hexadecimal if field.name in _HEXADECIMAL else _base64
    if field.type in _SIXTY_FOUR_BITS:
        return str
    if field.type in {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}:
        return _number
    return lambda plain: cast("Json", plain)


def _each(write: Writer) -> Writer:
    return lambda many: [write(one) for one in cast("list[object]", many)]


def _hexadecimal(identity: object) -> Json:
    return cast("bytes", identity).hex()


def _base64(octets: object) -> Json:
    return base64.b64encode(cast("bytes", octets)).decode()


def _number(found: object) -> Json:
    number = cast("float", found)
    return number if math.isfinite(number) else _NOT_FINITE.get(number, "NaN")
