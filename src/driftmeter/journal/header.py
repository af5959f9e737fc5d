"""The first 4 KiB of a segment: whose it is, how far it was delivered, and what was lost where it stands.

All of it is allocated when the segment is made and changed in place afterwards, so that progress and losses can be
written on a full disk too. Each part has its own checksum: progress that cannot be read means "from the beginning".
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from driftmeter.journal.losses import LOSS_BYTES, Loss

HEADER_BYTES = 4096
FORMAT = 1
_MAGIC = b"DMJRNL"
_IDENTITY = struct.Struct("<6sH8sQQI")
_CURSOR = struct.Struct("<QQQ")
_LEDGER = struct.Struct("<II")
_CRC = struct.Struct("<I")
CURSOR_AT = 64
LEDGER_AT = 128
MOST_LOSSES = (HEADER_BYTES - LEDGER_AT - _LEDGER.size - _CRC.size) // LOSS_BYTES


class Identity(NamedTuple):
    """Who writes a segment, since when, and the number of its first record."""

    writer: str
    created_ns: int
    first_seq: int
    pid: int

    @property
    def salt(self) -> int:
        """What every checksum of the segment starts from."""
        return zlib.crc32(bytes.fromhex(self.writer))


class Cursor(NamedTuple):
    """How far a segment was delivered: bytes, gap records; and its last number, once it is sealed."""

    offset: int = HEADER_BYTES
    gaps: int = 0
    last_seq: int = 0


class Ledger(NamedTuple):
    """What was lost; `dropped`: the segment's own frames are among it and no longer count."""

    losses: tuple[Loss, ...] = ()
    dropped: bool = False

    def with_loss(self, loss: Loss, *, unread: int) -> Ledger | None:
        """One more, joined to the last if that is `unread` and of its kind; None when there is no room."""
        last = self.losses[-1] if unread > 0 else None
        if last is not None and (last.reason, last.writer) == (loss.reason, loss.writer):
            return self._replace(losses=(*self.losses[:-1], last.with_more(loss)))
        return self._replace(losses=(*self.losses, loss)) if len(self.losses) < MOST_LOSSES else None

    def with_rest(self, rest: Loss) -> Ledger:
        """As the segment is dropped: what was left of it is lost, too."""
        if not rest.count:
            return self._replace(dropped=True)
        if len(self.losses) == MOST_LOSSES:
            return Ledger((*self.losses[:-1], self.losses[-1].with_more(rest)), dropped=True)
        return Ledger((*self.losses, rest), dropped=True)


def _sealed(content: bytes) -> bytes:
    return content + _CRC.pack(zlib.crc32(content))


def _opened(stored: bytes) -> bytes | None:
    content = stored[: -_CRC.size]
    sound = len(stored) > _CRC.size and zlib.crc32(content) == _CRC.unpack(stored[-_CRC.size :])[0]
    return content if sound else None


def pack_identity(identity: Identity) -> bytes:
    """The part of the header that never changes."""
    writer = bytes.fromhex(identity.writer)
    packed = _IDENTITY.pack(_MAGIC, FORMAT, writer, identity.created_ns, identity.first_seq, identity.pid)
    return _sealed(packed)


def format_of(header: bytes) -> int | None:
    """The version of the format, where a sound header says so; None where there is no such header.

    >>> format_of(pack_identity(Identity("00" * 8, 0, 1, 1)))
    1
    >>> format_of(b"something else") is None
    True

    """
    content = _opened(header[: _IDENTITY.size + _CRC.size])
    if content is None or not content.startswith(_MAGIC):
        return None
    return int(_IDENTITY.unpack(content)[1])


def read_identity(header: bytes) -> Identity | None:
    """What `pack_identity` gave; None where it is damaged or of another version."""
    if format_of(header) != FORMAT:
        return None
    _, _, writer, created_ns, first_seq, pid = _IDENTITY.unpack_from(header)
    return Identity(writer.hex(), created_ns, first_seq, pid)


def pack_cursor(cursor: Cursor) -> bytes:
    """To be written at `CURSOR_AT`."""
    return _sealed(_CURSOR.pack(*cursor))


def read_cursor(header: bytes, size: int) -> Cursor:
    """The progress that a header tells, within the file's `size`; none, where it is damaged."""
    content = _opened(header[CURSOR_AT : CURSOR_AT + _CURSOR.size + _CRC.size])
    if content is None:
        return Cursor()
    cursor = Cursor(*_CURSOR.unpack(content))
    return cursor._replace(offset=max(min(cursor.offset, size), HEADER_BYTES))


def pack_ledger(ledger: Ledger) -> bytes:
    """To be written at `LEDGER_AT`; at most `MOST_LOSSES` of them."""
    packed = [loss.to_bytes() for loss in ledger.losses]
    return _sealed(_LEDGER.pack(len(packed), ledger.dropped) + b"".join(packed))


def read_ledger(header: bytes) -> Ledger:
    """What `pack_ledger` gave; an empty one where it is damaged."""
    stored = header[LEDGER_AT:HEADER_BYTES]
    if len(stored) < _LEDGER.size:
        return Ledger()
    count, dropped = _LEDGER.unpack_from(stored)
    if count > MOST_LOSSES:
        return Ledger()
    content = _opened(stored[: _LEDGER.size + count * LOSS_BYTES + _CRC.size])
    if content is None:
        return Ledger()
    starts = range(_LEDGER.size, len(content), LOSS_BYTES)
    return Ledger(tuple(Loss.from_bytes(content[at : at + LOSS_BYTES]) for at in starts), bool(dropped))


def new_header(identity: Identity, losses: tuple[Loss, ...] = ()) -> bytes:
    """All of it, as a new segment begins."""
    header = bytearray(HEADER_BYTES)
    for at, part in (
        (0, pack_identity(identity)),
        (CURSOR_AT, pack_cursor(Cursor())),
        (LEDGER_AT, pack_ledger(Ledger(losses))),
    ):
        header[at : at + len(part)] = part
    return bytes(header)
