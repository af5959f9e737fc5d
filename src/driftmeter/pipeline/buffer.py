"""The bounded line in which finished calls wait for the worker."""

from __future__ import annotations

import threading
from collections import deque

from driftmeter.pipeline.contracts import Draft


class Buffer:
    """First in, first out; bounded by records and by the bytes that they keep alive.

    When it is full the newest is refused, so that what was accepted stays in order and complete.
    """

    def __init__(self, *, max_records: int, max_bytes: int) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes
        self.reset()

    def reset(self) -> None:
        """Forget everything, lock included: what a forked child needs."""
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Draft, int]] = deque()
        self.weight_bytes = 0

    def put(self, draft: Draft, weight_bytes: int) -> bool:
        """Append; False when there is no room."""
        with self._lock:
            waiting = self._waiting
            weighs_bytes = self.weight_bytes + weight_bytes
            if len(waiting) >= self.max_records or weighs_bytes > self.max_bytes:
                return False
            waiting.append((draft, weight_bytes))
            self.weight_bytes = weighs_bytes
            return True

    def take(self, most: int) -> list[Draft]:
        """Remove and return up to `most` drafts, oldest first."""
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self.weight_bytes -= sum(weight for _, weight in taken)
        return [draft for draft, _ in taken]

    def __len__(self) -> int:
        return len(self._waiting)
