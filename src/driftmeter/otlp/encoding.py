"""Journal entries become records ready to send: in their order, by origin, and what cannot be read given back apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

import numpy as np

from driftmeter.otlp import layout as layouts
from driftmeter.otlp.decoding import Undecodable
from driftmeter.otlp.exact import record_of
from driftmeter.otlp.layout import Layout
from driftmeter.otlp.origin import Origin
from driftmeter.otlp.request import Encoded, framed


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
    """Entries as records, by origin, in order; never raises for what stands in them."""
    found: dict[Origin, list[tuple[int, bytes]]] = {}
    refused: list[Refused] = []
    for position, entry in enumerate(entries):
        try:
            if entry.definition[:1] == layouts.MARK:
                layout = Layout.from_bytes(entry.definition)
                origin, record = layout.origin, record_of(layout, entry.payload)
            else:
                origin, record = Origin.from_bytes(entry.definition), entry.payload
        except Undecodable as fault:
            refused.append(Refused(position, str(fault)))
        else:
            found.setdefault(origin, []).append((position, framed(record)))
    return Encoding([_group(origin, members) for origin, members in found.items()], refused)


def _group(origin: Origin, members: Iterable[tuple[int, bytes]]) -> Encoded:
    positions, records = zip(*members, strict=True)
    offsets = np.array([0, *accumulate(map(len, records))])
    return Encoded(origin, b"".join(records), offsets, np.array(positions))
