"""The end of a segment where this process appends: one `write()` for each record, and nothing half written."""

from __future__ import annotations

import contextlib
import errno

from driftmeter.journal.files import Files
from driftmeter.journal.frames import definition as definition_frame
from driftmeter.journal.frames import frame, record
from driftmeter.journal.reading import WITH_DEFINITION
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

        Args:
            kind: one of `Kind`.
            seq: the number of this record among its writer's.
            definition: what is needed to read the payload; ignored for a kind that has none.
            payload: the record.

        Raises:
            OSError: it could not be written whole; the segment is as it was.

        """
        number = self._ids.get(definition)
        if new := number is None or kind not in WITH_DEFINITION:
            data = self._first(kind, seq, definition, payload)
        else:
            data = record(kind, seq, number, payload, self._salt)
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
        self.segment.size += written
        self.last_seq = seq
        if new and kind in WITH_DEFINITION:
            self._ids[definition] = len(self._ids) + 1

    def _first(self, kind: int, seq: int, definition: bytes, payload: bytes) -> bytes:
        """The frames of a record whose definition the segment does not have yet, or of one that has none."""
        if kind not in WITH_DEFINITION:
            return frame(kind, seq, payload, self._salt)
        number = len(self._ids) + 1
        # Twice, since every record of the segment depends on it and damage may strike here as anywhere.
        return definition_frame(number, definition, self._salt) * 2 + record(kind, seq, number, payload, self._salt)

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

    def _cut_back(self) -> None:
        # Where even this fails, readers step over the torn frame.
        with contextlib.suppress(OSError):
            self._files.ftruncate(self._locker, self.segment.size)
