"""Bytes in, frames out: each with its length, checksum and number, so that damage to one spares its neighbour."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

MAGIC = b"\xd7\x4a"
VERSION = 1
HEAD = struct.Struct("<2sBBIIQ")
_CHECKED = struct.Struct("<BBIQ")
_ID = struct.Struct("<I")
_HEAD_AND_ID = struct.Struct(HEAD.format + "I")
_CHECKED_AND_ID = struct.Struct(_CHECKED.format + "I")
MAX_PAYLOAD_BYTES = 16 * 2**20
"""No length above this is believed, whatever a file says."""

CHUNK_BYTES = 256 * 1024
_PATIENCE = (0.0, 0.001)
"""A frame that is being erased in place looks damaged for a moment: it is read again after each of these seconds."""

Read = Callable[[int, int], bytes]
"""`(offset, size)`: at most `size` bytes from there."""


class Kind(IntEnum):
    """What a frame holds."""

    DEFINITION = 1
    RECORD = 2
    ROWS = 3
    GAP = 4
    ERASED = 5


class Frame(NamedTuple):
    """One sound frame and where it lies."""

    kind: int
    version: int
    seq: int
    payload: bytes
    start: int
    end: int


class Damage(NamedTuple):
    """Bytes that are no frame; `torn`: they run to the end, as after a write that was cut short."""

    start: int
    end: int
    torn: bool


def frame(kind: int, seq: int, payload: bytes, salt: int) -> bytes:
    """One frame.

    Args:
        kind: one of `Kind`.
        seq: the number of this record among its writer's; 0 for definitions.
        payload: at most `MAX_PAYLOAD_BYTES`.
        salt: of the segment; without it nobody can write a payload that passes for a frame once damage moves the
            reader into it.

    >>> len(frame(Kind.RECORD, 1, b"payload", 0)) - len(b"payload")
    20

    """
    checked = _CHECKED.pack(kind, VERSION, len(payload), seq)
    crc = crc32(payload, crc32(checked, salt))
    return HEAD.pack(MAGIC, kind, VERSION, len(payload), crc, seq) + payload


def record(kind: int, seq: int, definition_id: int, payload: bytes, salt: int) -> bytes:
    """The frame of a payload that names its definition: as `frame`, with fewer copies, since a caller waits for it."""
    length = len(payload) + 4
    crc = crc32(payload, crc32(_CHECKED_AND_ID.pack(kind, VERSION, length, seq, definition_id), salt))
    return _HEAD_AND_ID.pack(MAGIC, kind, VERSION, length, crc, seq, definition_id) + payload


def named(payload: bytes) -> tuple[int, bytes]:
    """The definition id that a payload begins with, and the rest; -1 for one too short to have any."""
    if len(payload) < 4:
        return -1, b""
    return _ID.unpack_from(payload)[0], payload[4:]


def definition(definition_id: int, content: bytes, salt: int) -> bytes:
    """The frame that says what `definition_id` means in this segment."""
    return frame(Kind.DEFINITION, 0, _ID.pack(definition_id) + content, salt)


class _Window:
    """The bytes around the place that is being read; never more than one frame or one chunk."""

    def __init__(self, read: Read, end: int, salt: int) -> None:
        self._read, self._end, self._salt = read, end, salt
        self._base, self._bytes = 0, b""

    def forget(self) -> None:
        self._bytes = b""

    def take(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from `at`; fewer only at the end."""
        size = min(size, self._end - at)
        if at < self._base or at + size > self._base + len(self._bytes):
            self._base = at
            self._bytes = self._read(at, min(max(size, CHUNK_BYTES), self._end - at))
        return self._bytes[at - self._base : at - self._base + size]

    def head(self, at: int) -> int | None:
        """The length that the frame at `at` claims, where the claim is possible."""
        head = self.take(at, HEAD.size)
        if len(head) < HEAD.size:
            return None
        magic, kind, _, length, _, _ = HEAD.unpack(head)
        if magic != MAGIC or not kind or length > MAX_PAYLOAD_BYTES or at + HEAD.size + length > self._end:
            return None
        return int(length)

    def frame(self, at: int) -> Frame | None:
        """The sound frame at `at`."""
        start = at - self._base
        if not 0 <= start <= len(self._bytes) - HEAD.size:
            if self.head(at) is None:
                return None
            start = at - self._base
        magic, kind, version, length, crc, seq = HEAD.unpack_from(self._bytes, start)
        end = start + HEAD.size + length
        if magic != MAGIC or not kind or length > MAX_PAYLOAD_BYTES or self._base + end > self._end:
            return None
        if end > len(self._bytes):
            if len(self.take(at, HEAD.size + length)) < HEAD.size + length:
                return None
            return self.frame(at)
        payload = self._bytes[start + HEAD.size : end]
        if crc != crc32(payload, crc32(_CHECKED.pack(kind, version, length, seq), self._salt)):
            return None
        return Frame(kind, version, seq, payload, at, self._base + end)

    def patient_frame(self, at: int) -> Frame | None:
        """The frame at `at`, read again where it may be changing under us."""
        found = self.frame(at)
        if found is not None or self.head(at) is None:
            return found
        for wait_s in _PATIENCE:
            time.sleep(wait_s)
            self.forget()
            if (found := self.frame(at)) is not None:
                return found
        return None

    def next_sound(self, at: int) -> int:
        """Where the first sound frame behind the damaged place `at` begins; the end where there is none."""
        at += 1  # the length is not believed even where it leads to a sound frame: it may leap over others
        while at < self._end:
            piece = self.take(at, CHUNK_BYTES)
            if not piece:
                break
            step = piece.find(MAGIC)
            if step < 0:
                at += max(len(piece) - 1, 1)
                continue
            at += step
            if self.frame(at) is not None:
                return at
            at += 1
        return self._end

    def cut_short(self, at: int) -> bool:
        """Whether what stands at `at` looks like the beginning of a frame whose rest was never written."""
        head = self.take(at, HEAD.size)
        if len(head) < HEAD.size:
            return MAGIC.startswith(head[:2])
        magic, kind, version, length, _, _ = HEAD.unpack(head)
        sensible = magic == MAGIC and 0 < kind <= Kind.ERASED and version == VERSION
        return bool(sensible and at + HEAD.size + length > self._end)


def scan(read: Read, start: int, end: int, salt: int) -> Iterator[Frame | Damage]:
    """Everything between two offsets, in order: sound frames, and the damaged stretches between them.

    Never allocates more than one frame, never stands still, never raises for what the bytes are.

    >>> data = frame(Kind.RECORD, 1, b"a", 7) + b"noise" + frame(Kind.RECORD, 2, b"b", 7)
    >>> for found in scan(lambda at, size: data[at:at + size], 0, len(data), 7):
    ...     print(type(found).__name__, found.start, found.end)
    Frame 0 21
    Damage 21 26
    Frame 26 47

    """
    window = _Window(read, end, salt)
    at = start
    while at < end:
        found = window.patient_frame(at)
        if found is not None:
            yield found
            at = found.end
            continue
        sound = window.next_sound(at)
        yield Damage(at, sound, torn=sound >= end and window.cut_short(at))
        at = sound
