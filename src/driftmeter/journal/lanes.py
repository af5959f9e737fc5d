"""The sender's view: what is written now, what lies behind it on the disk, and what waits in memory."""

from __future__ import annotations

from collections.abc import Callable

from driftmeter.journal.reading import Batch
from driftmeter.journal.segment import Segment


class LiveReader:
    """Reads the segment that is being written; after a roll, the next one, and the rest of the last is backlog.

    Args:
        current: asks for the segment that is appended to now.

    """

    def __init__(self, current: Callable[[], Segment | None]) -> None:
        self._current = current
        self._last: Batch | None = None

    def next(self, max_records: int, max_bytes: int) -> Batch | None:
        """As `Reader.next`."""
        segment = self._current()
        if self._last is not None and self._last.source is not segment:
            self._last.source.release(self._last)  # who asks again has given it up; it is backlog now
        self._last = segment.next(max_records, max_bytes) if segment is not None else None
        return self._last

    def acknowledge(self, batch: Batch) -> None:
        """As `Reader.acknowledge`, also for a segment that was sealed in the meantime."""
        batch.source.acknowledge(batch)

    def release(self, batch: Batch) -> None:
        """As `Reader.release`."""
        batch.source.release(batch)

    def close(self) -> None:
        """Nothing to leave: what is not acknowledged becomes backlog by itself."""


class SegmentReader:
    """Reads one sealed segment to its end.

    Args:
        segment: locked by this process.
        left: is told when the reader is through with it, or gives it up.

    """

    def __init__(self, segment: Segment, left: Callable[[Segment], None]) -> None:
        self._segment, self._left = segment, left

    def next(self, max_records: int, max_bytes: int) -> Batch | None:
        """As `Reader.next`; after None the segment is gone, or was left to a later try."""
        batch = self._segment.next(max_records, max_bytes)
        if batch is None:
            self.close()
        return batch

    def acknowledge(self, batch: Batch) -> None:
        """As `Reader.acknowledge`; the file goes with its last entry."""
        batch.source.acknowledge(batch)

    def release(self, batch: Batch) -> None:
        """As `Reader.release`."""
        batch.source.release(batch)

    def close(self) -> None:
        """Let others have the rest."""
        self._left(self._segment)
