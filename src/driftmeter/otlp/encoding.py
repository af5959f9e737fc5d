"""Journal entries become records ready to send: in their order, by origin, and what cannot be read given back apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from driftmeter.otlp.decoding import Undecodable
from driftmeter.otlp.layout import MARK as LAYOUT
from driftmeter.otlp.layout import Layout
from driftmeter.otlp.origin import Origin
from driftmeter.otlp.request import Encoded, framed
from driftmeter.otlp.rows import Part, encode_rows, part_of
from driftmeter.otlp.texts import Indices


class Entry(Protocol):
    """What a journal gives back."""

    @property
    def definition(self) -> bytes:
        """What the payload needs to be read: of an `Origin` for one `LogRecord`, of a `Layout` for rows."""

    @property
    def payload(self) -> bytes:
        """The bytes, without the definition's id."""


class Refused(NamedTuple):
    """An entry that is no record."""

    position: int
    reason: str


class Encoding(NamedTuple):
    """All of some entries."""

    groups: list[Encoded]
    refused: list[Refused]


def encode(entries: Sequence[Entry]) -> Encoding:
    """Entries as records, by origin, in order; never raises for what stands in them.

    The content of single `LogRecord` messages is passed on as it is.
    """
    definitions = [entry.definition for entry in entries]
    payloads = [entry.payload for entry in entries]
    parts: dict[Origin, list[Part]] = {}
    refused: list[Refused] = []
    for definition, positions in _by_definition(definitions).items():
        members = payloads if len(positions) == len(payloads) else [payloads[position] for position in positions]
        try:
            origin, found, unread = _encode_alike(definition, members)
        except Undecodable as fault:
            refused += [Refused(position, str(fault)) for position in positions]
            continue
        refused += [Refused(positions[index], "not of its layout") for index in unread]
        places = np.fromiter(positions, np.int64, len(positions))
        parts.setdefault(origin, []).extend(part._replace(indices=places[part.indices]) for part in found)
    return Encoding([_group(origin, found) for origin, found in parts.items() if found], sorted(refused))


def _by_definition(definitions: Sequence[bytes]) -> dict[bytes, Sequence[int]]:
    if definitions and definitions.count(definitions[0]) == len(definitions):
        return {definitions[0]: range(len(definitions))}
    found: dict[bytes, list[int]] = {}
    for position, definition in enumerate(definitions):
        found.setdefault(definition, []).append(position)
    return {**found}


def _encode_alike(definition: bytes, payloads: Sequence[bytes]) -> tuple[Origin, list[Part], list[int]]:
    if definition[:1] == LAYOUT:
        layout = Layout.from_bytes(definition)
        return layout.origin, *encode_rows(layout, payloads)
    records = [framed(payload) for payload in payloads]
    return Origin.from_bytes(definition), [part_of(np.arange(len(records)), records)], []


def _group(origin: Origin, parts: Sequence[Part]) -> Encoded:
    if len(parts) == 1:
        part = parts[0]
        return Encoded(origin, part.buffer, _offsets(part.sizes), part.indices)
    records = [record for part in parts for record in _records(part)]
    positions = np.concatenate([part.indices for part in parts])
    order = positions.argsort()
    sizes = np.concatenate([part.sizes for part in parts])[order]
    return Encoded(origin, b"".join([records[place] for place in order.tolist()]), _offsets(sizes), positions[order])


def _records(part: Part) -> list[memoryview]:
    whole = memoryview(part.buffer)
    return [whole[start:stop] for start, stop in pairwise(_offsets(part.sizes).tolist())]


def _offsets(sizes: Indices) -> Indices:
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets
