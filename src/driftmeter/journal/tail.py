"""The end of a segment where this process appends: one `write()` for each record, and nothing half written."""

from __future__ import annotations

import contextlib
import errno

from driftmeter.journal.files import Files
from driftmeter.journal.frames import definition as definition_frame
from driftmeter.journal.frames import record
from driftmeter.journal.segment import Segment


class Tail:
    """Appends to a segment that this process made.

    Args:
        segment: with its `file.locker`.
        began_ns: steady time of its making.

    """

    def __init__(self, segment: Segment, files: Files, began_ns: int) -> None:
        locker = segment.file.locker
        assert locker is not None
        self.segment = segment
        self.began_ns = began_ns
        self._synced_bytes = 0
        self.last_seq = segment.identity.first_seq - 1
        self._files, self._locker = files, locker
        self._append = files.write
        self._salt = segment.identity.salt
        self._ids: dict[bytes, int] = {}

    def put(self, kind: int, seq: int, definition: bytes, payload: bytes) -> None:
        """Append a record, and its definition before it where this segment does not have it yet.

        Raises:
            OSError: it could not be written whole; the segment is as it was.

        """
        number = self._ids.get(definition)
        if number is not None:
            self._write(record(kind, seq, number, payload, self._salt), seq)
            return
        number = len(self._ids) + 1
        # Twice, since every record of the segment depends on it and damage may strike here as anywhere.
        meaning = definition_frame(number, definition, self._salt) * 2
        self._write(meaning + record(kind, seq, number, payload, self._salt), seq)
        self._ids[definition] = number

    def put_frame(self, frame: bytes, seq: int) -> None:
        """Append a frame that needs no definition; as `put`."""
        self._write(frame, seq)

    def sync(self) -> bool:
        """Have what was appended reach the disk; False when it was there already.

        Raises:
            OSError: it did not, and never will through this descriptor.

        """
        size = self.segment.size
        if size == self._synced_bytes:
            return False
        # Noted before the attempt: after a failure the system forgets the pages, and would call a second one a success.
        self._synced_bytes = size
        self._files.fdatasync(self._locker)
        return True

    def _write(self, data: bytes, seq: int) -> None:
        segment = self.segment
        try:
            written = self._append(self._locker, data)
        except InterruptedError:
            written = self._append(self._locker, data)
        except OSError:
            self._cut_back()
            raise
        if written != len(data):
            self._cut_back()
            raise OSError(errno.ENOSPC, "the disk took a part only")
        segment.size += written
        self.last_seq = seq

    def _cut_back(self) -> None:
        # Where even this fails, readers step over the torn frame.
        with contextlib.suppress(OSError):
            self._files.ftruncate(self._locker, self.segment.size)
