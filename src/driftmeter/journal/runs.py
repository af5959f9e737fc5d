"""Records in a row that nothing has happened to, read in one loop: almost all that a journal ever holds.

What is anything else ends a run and is looked at with care, by `frames.scan`.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import NamedTuple, TypeAlias
from zlib import crc32

from driftmeter.journal.frames import CHUNK_BYTES, HEAD, MAGIC, VERSION, Kind, Read
from driftmeter.journal.glossary import Glossary
from driftmeter.journal.reading import WITH_DEFINITION, Entry

_HEAD = struct.Struct("<4sIIQI")
"""The head of a frame and the id of a definition; magic, kind and version in one, which most frames share."""
_KIND_AT, _CRC_AT, _SEQ_AT = 2, 8, 12
"""Where these stand; the checksum is of what lies around it."""
_KINDS = {MAGIC + bytes([kind, VERSION]): int(kind) for kind in (*WITH_DEFINITION, Kind.DEFINITION)}
_DEFINITION = int(Kind.DEFINITION)

_entry = partial(tuple.__new__, Entry)
"""As `Entry._make`, without a step in Python for each."""

_Found: TypeAlias = "tuple[int, int, bytes, bytes]"


class Run(NamedTuple):
    """Entries, and what follows them."""

    entries: list[Entry]
    weight: int
    """Bytes of their payloads."""
    end: int
    """Where the first frame begins that is none of them."""
    last_seq: int | None
    """The number of the last entry; None where there is none."""
    full: bool
    """Whether there were more, but no room for them."""


class Runs:
    """Reads runs from the file of a segment.

    Args:
        read: gives bytes of the file.
        salt: of the segment.
        glossary: of the segment; learns the definitions that stand between the records.

    """

    def __init__(self, read: Read, salt: int, glossary: Glossary) -> None:
        self._read, self._salt, self._glossary = read, salt, glossary

    def next(self, start: int, end: int, max_records: int, max_bytes: int) -> Run:
        """The run that begins at `start`, which may be empty; its entries are as many as there is room for.

        Args:
            start: where a frame begins.
            end: where the frames of the file end.
            max_records: the most entries.
            max_bytes: the most bytes of payloads, unless the first has more.

        """
        found: list[_Found] = []
        at, weight, full = start, 0, False
        while at < end and not full:
            used, more, full = self._add(
                found, self._read(at, min(CHUNK_BYTES, end - at)), max_records, max_bytes - weight
            )
            if not used:
                break
            at, weight = at + used, weight + more
        return Run(list(map(_entry, found)), weight, at, found[-1][1] if found else None, full)

    def _add(self, found: list[_Found], content: bytes, max_records: int, max_bytes: int) -> tuple[int, int, bool]:
        """Add what a piece of the file begins with; how much that was of it, what it weighs, whether room ran out.

        One loop without calls of our own: each of them would cost a tenth of the whole.
        """
        view, size, definitions = memoryview(content), len(content), self._glossary.definitions
        unpack, salt = _HEAD.unpack_from, self._salt
        at, weight, last = 0, 0, size - _HEAD.size
        kind, seed, known, known_length = 0, 0, b"", -1
        while at <= last:
            head, length, crc, seq, number = unpack(content, at)
            if length != known_length or head != known:
                if head not in _KINDS or length < _HEAD.size - HEAD.size:
                    break
                kind, known, known_length = _KINDS[head], head, length
                seed = crc32(view[at + _KIND_AT : at + _CRC_AT], salt)
            end = at + HEAD.size + length
            if end > size or crc != crc32(view[at + _SEQ_AT : end], seed):
                break
            payload = content[at + _HEAD.size : end]
            if kind == _DEFINITION:
                definitions[number] = payload
            elif number in definitions:
                if found and (len(found) >= max_records or weight + len(payload) > max_bytes):
                    return at, weight, True
                weight += len(payload)
                found.append((kind, seq, definitions[number], payload))
            else:
                break
            at = end
        return at, weight, False
