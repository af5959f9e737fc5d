"""Keeps a journal directory within its limits: the oldest segment goes first, and its header tells what it was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from driftmeter.journal.directory import Directory, Name
from driftmeter.journal.header import HEADER_BYTES
from driftmeter.journal.limits import Limits
from driftmeter.journal.losses import Loss
from driftmeter.journal.segment import Segment

FREE_SHARE = 0.05


class Keeper:
    """Enforces `Limits` on all segments of the directory that nobody is busy with.

    Args:
        directory: the journal's.
        limits: what it may take.
        take: gives a segment that this process may drop, locked; None where somebody needs it.

    """

    def __init__(self, directory: Directory, limits: Limits, take: Callable[[Name], Segment | None]) -> None:
        self._directory, self._limits, self._take = directory, limits, take

    def keep(self, now_ns: int) -> list[tuple[Loss, bool]]:
        """Drop what is too much, oldest first; what was lost by it, and whether its segment tells it.

        Raises:
            OSError: the directory cannot be read.

        """
        names = self._directory.names()
        sizes = {name: self._directory.size(name) for name in names}
        total = sum(sizes.values())
        free, disk = self._directory.free_bytes()
        wanted = min(self._limits.min_free_bytes, int(disk * FREE_SHARE))
        lost: list[tuple[Loss, bool]] = []
        for name in names:
            reason = self._reason(name, now_ns, total, free - wanted)
            if reason is None:
                break
            if sizes[name] <= HEADER_BYTES:  # a gap record waiting to be delivered: nothing to gain
                continue
            segment = self._take(name)
            if segment is None:
                continue
            with contextlib.closing(segment), contextlib.suppress(OSError):
                loss = segment.drop(reason, now_ns)
                if loss is not None:
                    lost.append((loss, not segment.closed))
            freed = sizes[name] - self._directory.size(name)
            total -= freed
            free += freed
        return lost

    def _reason(self, name: Name, now_ns: int, total: int, spare: int) -> str | None:
        if total > self._limits.max_bytes:
            return "journal_full"
        if spare < 0:
            return "disk_low"
        age_s = (now_ns - name.created_ns) / 1e9
        if self._limits.max_age_s is not None and age_s > self._limits.max_age_s:
            return "too_old"
        return None
