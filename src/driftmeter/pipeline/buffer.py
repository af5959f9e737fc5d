"""The bounded line in which finished calls wait for the worker."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from driftmeter.pipeline.contracts import Draft, Packed

Waiting: TypeAlias = Draft | Packed

PRESSING_PART: Final = 16
"""Heavy calls wait for company until they are this part of what may wait."""


class Buffer:
    """First in, first out; bounded by records and by the bytes that they keep alive.

    When it is full the newest is refused, so that what was accepted stays in order and complete. Most calls are light:
    they weigh no more than their share of the bytes, `max_bytes / max_records`, and count as if they weighed just that,
    which needs no lock; with several threads at the limit each may add one too many.

    Args:
        max_records: how many calls may wait.
        max_bytes: how many bytes they may keep alive.
        chunk_records: how many are worth being taken at once.
        press: called whenever so many wait, or such heavy ones that none should wait for company, or one is refused.

    """

    def __init__(self, *, max_records: int, max_bytes: int, chunk_records: int, press: Callable[[], None]) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes
        self._chunk_records = chunk_records
        self._press = press
        self._share_bytes = max_bytes // max_records
        self.reset()

    def reset(self) -> None:
        """Forget everything, lock included: what a forked child needs."""
        # Reentrant, as all locks that callers take: a signal handler or a finaliser inside may predict as well.
        self._lock = threading.RLock()
        self._line: deque[Waiting | _Heavy] = deque()
        self._heavy = 0
        self._heavy_bytes = 0
        self._count(0, 0)

    @property
    def weight_bytes(self) -> int:
        """What the waiting calls keep alive, at most."""
        return self._heavy_bytes + self._share_bytes * (len(self._line) - self._heavy)

    def put(self, waiting: Waiting, weight_bytes: int) -> bool:
        """Append; False when there is no room."""
        line = self._line
        if weight_bytes > self._share_bytes:
            return self._put_heavy(_Heavy(waiting, weight_bytes))
        if len(line) >= self._easy_records:
            self._press()
            if len(line) >= self._light_records:
                return False
        line.append(waiting)
        return True

    def _put_heavy(self, heavy: _Heavy) -> bool:
        with self._lock:
            fits = len(self._line) < self.max_records and self.weight_bytes + heavy.weight_bytes <= self.max_bytes
            if fits:
                self._line.append(heavy)
                self._count(1, heavy.weight_bytes)
        if not fits or len(self._line) >= self._easy_records:
            self._press()
        return fits

    def take(self, most: int) -> list[Waiting]:
        """Remove and return up to `most` calls, oldest first."""
        line = self._line
        taken = [line.popleft() for _ in range(min(most, len(line)))]
        heavy = [waiting for waiting in taken if type(waiting) is _Heavy]
        if not heavy:
            return taken  # type: ignore[return-value]  # none of them is heavy
        with self._lock:
            self._count(-len(heavy), -sum(each.weight_bytes for each in heavy))
        return [waiting.waiting if type(waiting) is _Heavy else waiting for waiting in taken]  # type: ignore[misc]

    def _count(self, heavy: int, heavy_bytes: int) -> None:
        self._heavy += heavy
        self._heavy_bytes += heavy_bytes
        room_bytes = self.max_bytes - self._heavy_bytes
        room = room_bytes // self._share_bytes if self._share_bytes else self.max_records
        self._light_records = min(self.max_records, self._heavy + room)
        at_ease = self._heavy_bytes * PRESSING_PART <= self.max_bytes
        self._easy_records = min(self._light_records, self._chunk_records - 1) if at_ease else 0

    def __len__(self) -> int:
        return len(self._line)


class _Heavy(NamedTuple):
    """A call that weighs more than its share."""

    waiting: Waiting
    weight_bytes: int
