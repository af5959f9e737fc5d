"""Dead letters: records that the backend refused for good, kept with the reason, to be looked at and replayed."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Sequence

from driftmeter.journal.clock import Almanac
from driftmeter.journal.directory import Directory, Name
from driftmeter.journal.files import Files
from driftmeter.journal.frames import Kind
from driftmeter.journal.limits import Limits
from driftmeter.journal.opening import ForeignSegmentError, Opener
from driftmeter.journal.reading import WITH_DEFINITION, Entry
from driftmeter.journal.segment import Segment
from driftmeter.journal.tail import Tail

Tell = Callable[[str, int, int, int], None]
"""`(reason, first_seq, last_seq, count)` of a loss."""


class DeadLetters:
    """The `dead` directory: segments as everywhere; a note in front of each burial says why and of whom.

    Args:
        directory: of the dead letters.
        opener: of the same directory.
        tell: counts what did not even find room here.

    """

    def __init__(self, directory: Directory, opener: Opener, limits: Limits, files: Files, tell: Tell) -> None:
        self._directory, self._opener, self._limits, self._files, self._tell = directory, opener, limits, files, tell
        self.reset("", None)

    def reset(self, writer: str, almanac: Almanac | None) -> None:
        """Start anew, as `writer`."""
        self._lock = threading.RLock()
        self._writer, self._almanac = writer, almanac
        self._tail: Tail | None = None
        self._opened = 0
        self._seq = 0
        self.buried = 0

    def bury(self, entries: Sequence[Entry], reason: str, writer: str) -> None:
        """Keep entries that will never be delivered; counted as lost where that fails, too."""
        if not entries:
            return
        with self._lock:
            try:
                self._write(entries, reason, writer)
                self.buried += len(entries)
            except (OSError, ValueError):
                seqs = [entry.seq for entry in entries]
                self._tell("dead_refused", min(seqs), max(seqs), len(seqs))
            with contextlib.suppress(OSError):
                self._keep_cap()

    def replay(self, append: Callable[[int, bytes, bytes], bool]) -> int:
        """Append every dead letter that nobody is writing to, then remove it; how many there were."""
        self.close()
        count = 0
        for name in self._names():
            segment = self._adopt(name)
            while segment is not None and (batch := segment.next(512, 2**20)) is not None:
                letters = [entry for entry in batch.entries if entry.kind in WITH_DEFINITION]
                if not all(append(entry.kind, entry.definition, entry.payload) for entry in letters):
                    segment.close()
                    return count
                count += len(letters)
                segment.acknowledge(batch)
            if segment is not None:
                segment.close()
        return count

    def bytes(self) -> int:
        """What they take on the disk."""
        return sum(map(self._directory.size, self._names()))

    def sync(self) -> None:
        """Have them reach the disk.

        Raises:
            OSError: they did not.

        """
        tail = self._tail
        if tail is not None:
            tail.sync()

    def close(self) -> None:
        """Let go of the segment that is written to."""
        with self._lock:
            if self._tail is not None:
                self._tail.segment.seal(self._tail.last_seq)
                self._tail.segment.save()
                self._tail.segment.close()
                self._tail = None

    def forget(self) -> None:
        """What a forked child does with its parent's."""
        if self._tail is not None:
            self._tail.segment.closed = True
        self._directory.forget()

    def _write(self, entries: Sequence[Entry], reason: str, writer: str) -> None:
        tail = self._tail
        if tail is None or tail.segment.size > self._limits.roll_bytes or not tail.segment.linked():
            self.close()
            tail = self._tail = self._open()
        note = {"buried": reason, "writer": writer, "seqs": [entry.seq for entry in entries]}
        self._put(tail, Entry(Kind.GAP, 0, b"", json.dumps(note, separators=(",", ":")).encode()))
        for entry in entries:
            self._put(tail, entry)

    def _put(self, tail: Tail, entry: Entry) -> None:
        self._seq += 1
        tail.put(entry.kind, self._seq, entry.definition, entry.payload)

    def _open(self) -> Tail:
        assert self._almanac is not None
        self._opened += 1
        now_ns = self._almanac.now_ns()
        segment = self._opener.make(Name(now_ns, self._writer, self._opened), self._seq + 1)
        return Tail(segment, self._files, now_ns)

    def _keep_cap(self) -> None:
        names = self._names()
        sizes = [self._directory.size(name) for name in names]
        excess = sum(sizes) - self._limits.dead_bytes
        for name, size in zip(names, sizes, strict=True):
            if excess <= 0:
                return
            if self._tail is not None and name == self._tail.segment.name:
                self.close()
            segment = self._adopt(name)
            if segment is None:
                continue
            loss = count_letters(segment)
            segment.discard()
            excess -= size
            if loss:
                self._tell("dead_full", 0, 0, loss)

    def _names(self) -> list[Name]:
        try:
            return self._directory.names() if self._directory.exists() else []
        except OSError:
            return []

    def _adopt(self, name: Name) -> Segment | None:
        try:
            return self._opener.adopt(name)
        except (OSError, ForeignSegmentError):
            return None


def count_letters(segment: Segment) -> int:
    """The records of a segment of dead letters, its notes not counted."""
    return sum(entry.kind in WITH_DEFINITION for entry, _ in segment.everything())
