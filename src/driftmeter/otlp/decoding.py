"""Reading OTLP back without a schema compiler: for inspection, for definitions on disk, and safe against any bytes."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator
from typing import TypeAlias

from opentelemetry.util.types import AnyValue

from driftmeter.otlp.wire import BYTES, FIXED32, FIXED64, VARINT

MAX_DEPTH = 64
"""Nested values that are read; parsers of protobuf stop at 100 messages, two of which make one level of a map."""

Field: TypeAlias = "int | bytes"
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Undecodable(ValueError):  # noqa: N818  # a word of the journal
    """Bytes that are not what their definition says: the record is lost, and counted as such."""


def fields(content: bytes) -> Iterator[tuple[int, int, Field]]:
    """Number, wire type and value of each field of a message, in order.

    Raises:
        Undecodable: the bytes are no message.

    """
    position, end = 0, len(content)
    while position < end:
        tag, position = _varint(content, position)
        wire = tag & 7
        if wire == VARINT:
            value: Field
            value, position = _varint(content, position)
        elif wire in {FIXED64, FIXED32}:
            start, position = position, position + (8 if wire == FIXED64 else 4)
            value = content[start:position]
        elif wire == BYTES:
            size, start = _varint(content, position)
            position = start + size
            value = content[start:position]
        else:
            raise Undecodable(f"wire type {wire}")
        if position > end:
            raise Undecodable("a field goes beyond the end")
        yield tag >> 3, wire, value


def _varint(content: bytes, position: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(content):
            raise Undecodable("a number goes beyond the end")
        byte = content[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & 0xFFFF_FFFF_FFFF_FFFF, position
    raise Undecodable("a number of more than ten bytes")


def plain_value(content: bytes, depth: int = 0) -> AnyValue:
    """The value that an `AnyValue` message holds.

    Raises:
        Undecodable: the bytes are no such message, or nest more than `MAX_DEPTH` deep.

    """
    if depth > MAX_DEPTH:
        raise Undecodable(f"more than {MAX_DEPTH} levels of values")
    value: AnyValue = None
    for number, wire, field in fields(content):
        if _KINDS.get(number) == wire:
            value = _of_kind(number, field, depth)
    return value


def _of_kind(number: int, field: Field, depth: int) -> AnyValue:
    if isinstance(field, int):
        return bool(field) if number == 2 else _signed(field)
    if number == 1:
        return text(field)
    if number == 4:
        return _float(field)
    if number == 5:
        return [plain_value(_octets(item), depth + 1) for one, _wire, item in fields(field) if one == 1]
    if number == 6:
        return plain_map((item for one, _wire, item in fields(field) if one == 1), depth + 1)
    return field


_KINDS = {1: BYTES, 2: VARINT, 3: VARINT, 4: FIXED64, 5: BYTES, 6: BYTES, 7: BYTES}


def plain_map(items: Iterator[Field], depth: int = 0) -> dict[str, AnyValue]:
    """The map that `KeyValue` messages make."""
    found: dict[str, AnyValue] = {}
    for item in items:
        key, value = "", b""
        for number, _wire, field in fields(_octets(item)):
            if number == 1:
                key = text(field)
            elif number == 2:
                value = _octets(field)
        found[key] = plain_value(value, depth)
    return found


def text(field: Field) -> str:
    """A string field."""
    try:
        return _octets(field).decode()
    except UnicodeDecodeError as fault:
        raise Undecodable("text that is not UTF-8") from fault


def _octets(field: Field) -> bytes:
    if isinstance(field, bytes):
        return field
    raise Undecodable("a number where bytes belong")


def _float(field: bytes) -> float:
    value: float = struct.unpack("<d", field)[0]
    return value


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def decode(record: bytes) -> dict[str, Json]:
    """What a `LogRecord`'s bytes say, ready for `json.dumps`.

    Bytes are base64, NaN and ±inf words, as OTLP/JSON has them.

    Raises:
        Undecodable: the bytes are no `LogRecord`.

    >>> from driftmeter.otlp.log_record import log_record
    >>> decode(log_record(time_ns=1, observed_ns=2, body="hi", attributes={"a": [1, None]}))
    {'time_unix_nano': 1, 'observed_time_unix_nano': 2, 'body': 'hi', 'attributes': {'a': [1, None]}}

    """
    found: dict[str, Json] = {}
    attributes: list[Field] = []
    for number, wire, field in fields(record):
        name, expected = _RECORD.get(number, ("", -1))
        if wire != expected:
            continue
        if name == "attributes":
            attributes.append(field)
        elif name == "body":
            found[name] = _json(plain_value(_octets(field)))
        elif isinstance(field, int):
            found[name] = field
        elif wire == BYTES:
            found[name] = field.hex() if name.endswith("_id") else text(field)
        else:
            found[name] = int.from_bytes(field, "little")
    found["attributes"] = _json(plain_map(iter(attributes)))
    return found


_RECORD = {
    1: ("time_unix_nano", FIXED64),
    2: ("severity_number", VARINT),
    3: ("severity_text", BYTES),
    5: ("body", BYTES),
    6: ("attributes", BYTES),
    7: ("dropped_attributes_count", VARINT),
    8: ("flags", FIXED32),
    9: ("trace_id", BYTES),
    10: ("span_id", BYTES),
    11: ("observed_time_unix_nano", FIXED64),
    12: ("event_name", BYTES),
}


def _json(value: AnyValue) -> Json:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    return [_json(item) for item in value]
