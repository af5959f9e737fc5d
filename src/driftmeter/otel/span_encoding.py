"""Finished spans as one OTLP request, without the objects that the SDK's encoder builds for each.

Those take three times as long, and on a thread beside the model's they keep the interpreter from it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final, TypeAlias

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, TraceState
from opentelemetry.util.types import AnyValue

from driftmeter.otel.grouping import Encoding, encode_each
from driftmeter.otel.origin import Origins
from driftmeter.otlp.wire import entry_field, sized, varint
from driftmeter.plain import Plain

Attributes: TypeAlias = Mapping[str, AnyValue] | None
Texts: TypeAlias = Callable[[str], str]
"""Makes texts fit for the wire."""
Pairs: TypeAlias = Callable[[Attributes], Iterable[tuple[str, AnyValue]]]
"""Likewise attributes."""

ATTRIBUTE: Final = b"\x4a"
"""Tag of `Span.attributes`."""
EVENT_ATTRIBUTE: Final = b"\x1a"
LINK_ATTRIBUTE: Final = b"\x22"

LOCAL: Final = 0x100
REMOTE: Final = 0x300
"""Bits of `Span.flags`: it is known whether the parent is in another process, and there it is."""
UNSET: Final = b"\x7a\x00"

_ids = struct.Struct(">2sQQ2sQ").pack
_parent = struct.Struct(">2sQ").pack
_times = struct.Struct("<BQBQ").pack
_flags = struct.Struct("<2sI").pack
_time = struct.Struct("<BQ").pack
_link_flags = struct.Struct("<BI").pack
_LOW_BITS: Final = (1 << 64) - 1


def encode_spans(spans: Sequence[ReadableSpan], origins: Origins) -> Encoding:
    """Encode spans; never raises.

    A value that OTLP cannot carry is made plain, where the SDK leaves it out.

    Args:
        spans: that have ended.
        origins: knows their resources and scopes.

    """
    return encode_each(spans, origins, _encoded)


def _encoded(given: ReadableSpan) -> bytes:
    try:
        return _span(given, str, _as_they_are)
    except (ValueError, TypeError):  # half a surrogate pair, say, or a number beyond 64 bits
        plain = Plain()
        return _span(given, plain.text, partial(_made_plain, plain))


def _as_they_are(attributes: Attributes) -> Iterable[tuple[str, AnyValue]]:
    return attributes.items() if attributes else ()


def _made_plain(plain: Plain, attributes: Attributes) -> Iterable[tuple[str, AnyValue]]:
    return [(plain.key(key), plain.value(value)) for key, value in (attributes or {}).items()]


def _span(given: ReadableSpan, text: Texts, pairs: Pairs) -> bytes:
    context, parent, events, links = given.context, given.parent, given.events, given.links
    assert context is not None
    parts = [_identity(context)]
    if context.trace_state:
        parts.append(b"\x1a" + sized(text(_header(context.trace_state)).encode()))
    if parent is not None:
        parts.append(_parent(b"\x22\x08", parent.span_id))
    parts += [_named(text(given.name), given.kind), _times(0x39, given.start_time or 0, 0x41, given.end_time or 0)]
    parts += [entry_field(ATTRIBUTE, key, value) for key, value in pairs(given.attributes)]
    if dropped := given.dropped_attributes:
        parts.append(b"\x50" + varint(dropped))
    if events or links:
        parts += [b"\x5a" + sized(_event(event, text, pairs)) for event in events]
        parts += [b"\x6a" + sized(_link(link, pairs)) for link in links]
    if dropped := given.dropped_events:
        parts.append(b"\x60" + varint(dropped))
    if dropped := given.dropped_links:
        parts.append(b"\x70" + varint(dropped))
    parts += [_status(given.status, text), _flags(b"\x85\x01", _remoteness(parent))]
    return b"".join(parts)


def _identity(context: SpanContext) -> bytes:
    trace_id = context.trace_id
    return _ids(b"\x0a\x10", trace_id >> 64, trace_id & _LOW_BITS, b"\x12\x08", context.span_id)


@lru_cache(1024)
def _named(name: str, kind: SpanKind) -> bytes:
    return b"\x2a" + sized(name.encode()) + b"\x30" + varint(kind.value + 1)  # OTLP counts from 1


def _header(state: TraceState) -> str:
    return ",".join([f"{key}={value}" for key, value in state.items()])


def _remoteness(context: SpanContext | None) -> int:
    return REMOTE if context is not None and context.is_remote else LOCAL


def _status(status: Status, text: Texts) -> bytes:
    code, message = status.status_code.value, status.description
    if not code and not message:
        return UNSET
    told = b"\x12" + sized(text(message).encode()) if message else b""
    return b"\x7a" + sized(told + b"\x18" + varint(code))


def _event(given: Event, text: Texts, pairs: Pairs) -> bytes:
    parts = [_time(0x09, given.timestamp), b"\x12" + sized(text(given.name).encode())]
    parts += [entry_field(EVENT_ATTRIBUTE, key, value) for key, value in pairs(given.attributes)]
    if dropped := given.dropped_attributes:
        parts.append(b"\x20" + varint(dropped))
    return b"".join(parts)


def _link(given: Link, pairs: Pairs) -> bytes:
    parts = [_identity(given.context)]
    parts += [entry_field(LINK_ATTRIBUTE, key, value) for key, value in pairs(given.attributes)]
    if dropped := given.dropped_attributes:
        parts.append(b"\x28" + varint(dropped))
    parts.append(_link_flags(0x35, _remoteness(given.context)))
    return b"".join(parts)
