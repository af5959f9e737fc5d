"""Export requests by concatenation: encoded records are never taken apart again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.origin import Origin
from driftmeter.otlp.wire import varint

Buffer: TypeAlias = "bytes | bytearray | memoryview"
RECORD_FIELD = b"\x12"
"""Tag of `ScopeLogs.log_records`."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Records of one origin, ready to be sent.

    Args:
        origin: where they come from.
        buffer: the records one after the other, each as the field of `ScopeLogs` that it will be.
        offsets: where each begins, and after the last where it ends.
        positions: which of the entries given to `encode` each was.

    """

    origin: Origin
    buffer: Buffer
    offsets: NDArray[np.int64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)

    def part(self, start: int, stop: int) -> Encoded:
        """Some of the records: for halving a request, or cutting one to size."""
        offsets = self.offsets[start : stop + 1]
        content = memoryview(self.buffer)[offsets[0] : offsets[-1]]
        return Encoded(self.origin, content, offsets - offsets[0], self.positions[start:stop])

    def records(self) -> list[bytes]:
        """Each record's `LogRecord` message alone."""
        offsets = self.offsets.tolist()
        return [_content(bytes(self.buffer[start:stop])) for start, stop in pairwise(offsets)]


def _content(framed: bytes) -> bytes:
    position = 1
    while framed[position] > 127:
        position += 1
    return framed[position + 1 :]


def framed(record: bytes) -> bytes:
    """A `LogRecord` message as the field of `ScopeLogs`."""
    return RECORD_FIELD + varint(len(record)) + record


def request(groups: Iterable[Encoded]) -> bytes:
    """An `ExportLogsServiceRequest` of all records of the groups.

    >>> request([])
    b''

    """
    resources: dict[tuple[bytes, str], list[Encoded]] = {}
    for group in groups:
        if len(group):
            resources.setdefault((group.origin.resource_head(), group.origin.resource_schema_url), []).append(group)
    parts: list[Buffer] = []
    for (head, schema_url), members in resources.items():
        scopes = [part for group in members for part in _scope_logs(group)]
        tail = _schema(schema_url)
        parts += _field(b"\x0a", [head, *scopes, tail])
    return b"".join(parts)


def _scope_logs(group: Encoded) -> list[Buffer]:
    return _field(b"\x12", [group.origin.scope_head(), group.buffer, _schema(group.origin.scope_schema_url)])


def _schema(url: str) -> bytes:
    content = url.encode()
    return b"\x1a" + varint(len(content)) + content if url else b""


def _field(tag: bytes, parts: Sequence[Buffer]) -> list[Buffer]:
    """An embedded message without copying what is in it."""
    return [tag, varint(sum(map(len, parts))), *parts]
