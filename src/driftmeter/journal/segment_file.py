"""The open file under a segment: read in whole pieces, changed in place, let go with its lock."""

from __future__ import annotations

import contextlib

from driftmeter.journal.directory import Descriptors
from driftmeter.journal.files import Files


class SegmentFile:
    """A descriptor for reading and for changes in place, and where we make the segment, one for appending.

    Args:
        descriptor: not for appending, since Linux appends whatever is written to such a one, wherever it is meant for.
        locker: holds the lock, and is appended to; None where `descriptor` holds the lock.

    """

    def __init__(self, files: Files, descriptors: Descriptors, descriptor: int, locker: int | None) -> None:
        self.locker = locker
        self._files, self._descriptors, self._descriptor = files, descriptors, descriptor

    def read(self, at: int, size: int) -> bytes:
        """As many bytes as the file has, though the system may give them in pieces.

        Raises:
            OSError: the disk refuses.

        """
        content = self._files.pread(self._descriptor, size, at)
        while content and len(content) < size:
            more = self._files.pread(self._descriptor, size - len(content), at + len(content))
            if not more:
                break
            content += more
        return content

    def put(self, content: bytes, at: int) -> bool:
        """Write in place; False where the disk refuses."""
        try:
            return self._files.pwrite(self._descriptor, content, at) == len(content)
        except OSError:
            return False

    def truncate(self, size: int) -> None:
        """Give back what lies behind `size`.

        Raises:
            OSError: the disk refuses.

        """
        self._files.ftruncate(self._descriptor, size)

    def size(self) -> int:
        """Bytes in the file.

        Raises:
            OSError: the disk refuses.

        """
        return self._files.fstat(self._descriptor).st_size

    def sync(self) -> None:
        """Have the file reach the disk.

        Raises:
            OSError: it did not.

        """
        self._files.fdatasync(self._descriptor)

    def linked(self) -> bool:
        """Whether the file is still in its directory."""
        with contextlib.suppress(OSError):
            return self._files.fstat(self._descriptor).st_nlink > 0
        return False

    def close(self) -> None:
        """Give back the lock, also where a child that is being forked still has the file, and the descriptors."""
        for descriptor in (self.locker, self._descriptor):
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    self._files.unlock(descriptor)
                self._descriptors.close(descriptor)
