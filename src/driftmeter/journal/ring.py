"""What waits in memory while the disk fails: bounded in bytes, oldest out first, readable by the sender meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from driftmeter.journal.reading import Batch, Entry

OVERHEAD_BYTES = 300
"""What Python needs around a payload: a tuple, a number, the header of a bytes object, a place in the queue."""


class Ring:
    """A queue of entries; the front part may be lent to a sender.

    Args:
        max_bytes: of payloads with their overhead, lent ones included.
        writer: asks for this process's writer.

    """

    def __init__(self, max_bytes: int, writer: Callable[[], str]) -> None:
        self._max_bytes, self._writer = max_bytes, writer
        self._lock = threading.RLock()
        self._waiting: deque[Entry] = deque()
        self._lent: list[Entry] = []
        self.bytes = 0

    def __len__(self) -> int:
        """Entries that are not lent."""
        return len(self._waiting)

    @property
    def held(self) -> int:
        """Entries, lent ones included."""
        return len(self._waiting) + len(self._lent)

    def oldest_seq(self) -> int | None:
        """The number of the oldest entry that is not lent."""
        with self._lock:
            return self._waiting[0].seq if self._waiting else None

    def put(self, entry: Entry) -> list[Entry]:
        """Keep an entry; what had to go for it, oldest first."""
        with self._lock:
            self._waiting.append(entry)
            self.bytes += _weight(entry)
            gone = []
            while self.bytes > self._max_bytes and self._waiting:
                gone.append(self._pop())
            return gone

    def take(self) -> Entry | None:
        """The oldest that is not lent, out of the ring."""
        with self._lock:
            return self._pop() if self._waiting else None

    def put_back(self, entry: Entry) -> None:
        """What `take` gave, to its old place."""
        with self._lock:
            self._waiting.appendleft(entry)
            self.bytes += _weight(entry)

    def next(self, max_records: int, max_bytes: int) -> Batch | None:
        """The oldest entries: lent until they are acknowledged or released."""
        with self._lock:
            self._give_back()
            weight = 0
            while self._waiting and len(self._lent) < max_records:
                weight += len(self._waiting[0].payload)
                if self._lent and weight > max_bytes:
                    break
                self._lent.append(self._waiting.popleft())
            return Batch(list(self._lent), self._writer(), self, self._lent[-1].seq) if self._lent else None

    def acknowledge(self, batch: Batch) -> None:
        """The batch has arrived: it is forgotten."""
        with self._lock:
            if self._lent and self._lent[-1].seq == batch.end:
                self.bytes -= sum(map(_weight, self._lent))
                self._lent = []

    def release(self, batch: Batch) -> None:
        """The batch waits again, to be sent later or written to the disk."""
        with self._lock:
            if self._lent and self._lent[-1].seq == batch.end:
                self._give_back()

    def close(self) -> None:
        """Whatever is lent waits again."""
        with self._lock:
            self._give_back()

    def _give_back(self) -> None:
        self._waiting.extendleft(reversed(self._lent))
        self._lent = []

    def _pop(self) -> Entry:
        entry = self._waiting.popleft()
        self.bytes -= _weight(entry)
        return entry


def _weight(entry: Entry) -> int:
    return len(entry.payload) + OVERHEAD_BYTES
