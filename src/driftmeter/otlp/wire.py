"""Protobuf's wire format, written by hand: messages here have few fields, and building objects first would cost most.

Source: https://protobuf.dev/programming-guides/encoding and `opentelemetry/proto/common/v1/common.proto`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import is_

from opentelemetry.util.types import AnyValue

from driftmeter.otlp.alike import FEW, doubles, repeated

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

KEY_FIELD, VALUE_FIELD = b"\x0a", b"\x12"
"""Tags of a `KeyValue`'s two fields."""
STRING, BOOL, INT, DOUBLE, ARRAY, MAP, BYTES_VALUE = b"\x0a", b"\x10", b"\x18", b"\x21", b"\x2a", b"\x32", b"\x3a"
"""Tags of an `AnyValue`'s kinds."""
ITEM = b"\x0a"
"""Tag of what `ArrayValue` and `KeyValueList` repeat."""

MAX_SHORT_TEXT = 64
"""Bytes of a text for which the sizes around it are remembered."""
_double = struct.Struct("<d").pack
_ONE_BYTE = [bytes((number,)) for number in range(128)]


def varint(number: int) -> bytes:
    """An unsigned integer, seven bits to a byte; negative ones as 64 bits of two's complement.

    >>> varint(300).hex()
    'ac02'

    """
    if 0 <= number < 128:
        return _ONE_BYTE[number]
    number &= 0xFFFF_FFFF_FFFF_FFFF
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def sized(content: bytes) -> bytes:
    """`content` behind its length, as every embedded message, string and bytes field holds it."""
    size = len(content)
    return (_ONE_BYTE[size] if size < 128 else varint(size)) + content


@lru_cache(4096)
def key_field(key: str) -> bytes:
    """The field `key` of a `KeyValue`, with the tag of the value that follows it."""
    return KEY_FIELD + sized(key.encode()) + VALUE_FIELD


def entry_field(tag: bytes, key: str, value: AnyValue) -> bytes:
    """One `KeyValue` as a field: what maps and attributes repeat.

    >>> entry_field(ITEM, "a", True).hex()
    '0a070a016112021001'

    """
    kind = type(value)
    # The usual kinds, with all that stands in front of the value remembered by key.
    if kind is float:
        return _float_head(tag, key) + _double(value)
    if kind is str:
        content = value.encode()  # type: ignore[union-attr]  # a str
        if len(content) < MAX_SHORT_TEXT:
            return _text_head(tag, key, len(content)) + content
    if kind is int and 0 <= value < 128:  # type: ignore[operator]  # an int
        return _number_head(tag, key) + _ONE_BYTE[value]  # type: ignore[index]  # likewise
    return tag + sized(key_field(key) + sized(any_value(value)))


@lru_cache(4096)
def _float_head(tag: bytes, key: str) -> bytes:
    return _entry_head(tag, key, DOUBLE, 8)


@lru_cache(4096)
def _number_head(tag: bytes, key: str) -> bytes:
    return _entry_head(tag, key, INT, 1)


@lru_cache(8192)
def _text_head(tag: bytes, key: str, size: int) -> bytes:
    return _entry_head(tag, key, STRING + varint(size), size)


def _entry_head(tag: bytes, key: str, kind: bytes, size: int) -> bytes:
    """A field with a `KeyValue`, but for the `size` bytes at its end."""
    value = key_field(key) + varint(len(kind) + size) + kind
    return tag + varint(len(value) + size) + value


def any_value(value: AnyValue) -> bytes:
    """The content of an `AnyValue` message: empty for None.

    Raises:
        ValueError: an integer beyond 64 bits, or text that UTF-8 cannot hold (`UnicodeEncodeError`).
        TypeError: a value of another kind.

    """
    encode = _BY_TYPE.get(type(value))
    if encode is not None:
        return encode(value)
    for kind, encode in _BY_KIND:
        if isinstance(value, kind):
            return encode(value)
    raise TypeError(f"OTLP has no value for a {type(value).__qualname__}: give it as text or a number")


def _bool(value: bool) -> bytes:  # noqa: FBT001  # the value itself
    return b"\x10\x01" if value else b"\x10\x00"


def _int(value: int) -> bytes:
    if not INT64_MIN <= value <= INT64_MAX:
        raise ValueError(f"{value} is beyond the 64 bits of an OTLP integer: give its digits as text")
    return INT + varint(value)


def _float(value: float) -> bytes:
    return DOUBLE + _double(value)


def _text(value: str) -> bytes:
    return STRING + sized(value.encode())


def _octets(value: bytes) -> bytes:
    return BYTES_VALUE + sized(value)


def _list(value: Sequence[AnyValue]) -> bytes:
    if len(value) > FEW and all(map(is_, map(type, value), repeat(kind := type(value[0])))):
        if kind is float:
            return ARRAY + sized(doubles(value))  # type: ignore[arg-type]  # floats
        if kind is str or kind is int or kind is bool:
            return ARRAY + sized(repeated(value, _item))
    return ARRAY + sized(b"".join(map(_item, value)))


def _item(value: AnyValue) -> bytes:
    return ITEM + sized(any_value(value))


def _map(value: Mapping[str, AnyValue]) -> bytes:
    return MAP + sized(b"".join([entry_field(ITEM, key, item) for key, item in value.items()]))


def _none(_value: None) -> bytes:
    return b""


_BY_TYPE: dict[type, Callable[..., bytes]] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    str: _text,
    bytes: _octets,
    list: _list,
    tuple: _list,
    dict: _map,
}
_BY_KIND: tuple[tuple[type, Callable[..., bytes]], ...] = (
    (str, _text),
    (int, _int),
    (float, _float),
    (bytes, _octets),
    (Sequence, _list),
    (Mapping, _map),
)
