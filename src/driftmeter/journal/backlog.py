"""Which sealed segment is whose: taken under its lock, read by one reader at a time, let go in its place."""

from __future__ import annotations

import contextlib
import threading

from driftmeter.journal.clock import Clock
from driftmeter.journal.directory import Directory, Name
from driftmeter.journal.header import Cursor
from driftmeter.journal.lanes import SegmentReader
from driftmeter.journal.opening import ForeignSegmentError, Opener
from driftmeter.journal.segment import Segment
from driftmeter.journal.tail import Tail
from driftmeter.journal.writer import Writer

AVOID_NS = 60_000_000_000
"""A segment that the disk cannot read is tried again after this."""

HELD_MOST = 4
"""Sealed segments that stay open because a reader is in the middle of them; more are left to be adopted anew."""


class Backlog:
    """The sealed segments of a directory, as one process sees them.

    Args:
        directory: the journal's.
        opener: of the same directory.
        writer: whose live segment is not backlog.
        clock: for what is avoided for a while.

    """

    def __init__(self, directory: Directory, opener: Opener, writer: Writer, clock: Clock) -> None:
        self._directory, self._opener, self._writer, self._clock = directory, opener, writer, clock
        self.reset()

    def reset(self) -> None:
        """Hold nothing: what a forked child needs."""
        self.lock = threading.RLock()
        self.foreign: set[Name] = set()
        self.adopted = self.corrupt = self.torn = self.fsync_errors = 0
        self._out: dict[Name, Segment] = {}
        self._progress: dict[Name, Cursor] = {}
        self._avoid_until_ns: dict[Name, int] = {}

    def reader(self) -> SegmentReader | None:
        """A reader of the oldest segment that nobody reads."""
        with self.lock, contextlib.suppress(OSError):
            for name in self._directory.oldest_first():
                segment = self.take(name)
                if segment is not None:
                    self._out[name] = segment
                    return SegmentReader(segment, self._left)
        return None

    def take(self, name: Name) -> Segment | None:
        """The segment, locked by us, if nobody needs it."""
        if name in self._out or name in self.foreign:
            return None
        if self._clock.steady_ns() < self._avoid_until_ns.get(name, 0):
            return None
        own = self._writer.segment
        if own is not None and own.name == name:
            return None
        for tail in list(self._writer.sealed):
            if tail.segment.name == name and not tail.segment.closed:
                return None if tail.segment.lent else tail.segment
        try:
            segment = self._opener.adopt(name)
        except ForeignSegmentError:
            self.foreign.add(name)
            return None
        except OSError:
            self._avoid(name)
            return None
        return self._adopted(segment) if segment is not None else None

    def settle(self, tail: Tail, *, sync: bool, at_once: bool, room: int) -> bool:
        """Let go of a segment that was sealed, unless a reader is in it and there is `room` to keep it open.

        Returns:
            Whether it is still held.

        """
        segment = tail.segment
        if sync and not segment.closed:
            try:
                tail.sync()
            except OSError:
                self.fsync_errors += not segment.closed
        with self.lock, segment.lock:
            busy = segment.lent or segment.name in self._out or (segment.started and room > 0)
            if segment.done:
                segment.discard()
            elif at_once or not busy:
                self._let_go(segment)
            return not segment.closed

    def close(self) -> None:
        """Give up all readers."""
        with self.lock:
            for segment in list(self._out.values()):
                self._left(segment)

    def abandon(self) -> None:
        """What a forked child does with its parent's: nothing may touch them again."""
        for segment in self._out.values():
            segment.closed = True

    def _adopted(self, segment: Segment) -> Segment | None:
        self.adopted += segment.identity.writer != self._writer.name
        known = self._progress.pop(segment.name, None)
        if known is not None:
            segment.advance(known)
        return None if segment.closed else segment

    def _left(self, segment: Segment) -> None:
        """A reader is through with a segment, or gave it up."""
        with self.lock:
            if self._out.get(segment.name) is not segment:
                return
            del self._out[segment.name]
            corrupt, torn = segment.damage
            self.corrupt += corrupt
            self.torn += torn
            if segment.kept:
                self.foreign.add(segment.name)
            if segment.failed:
                self._avoid(segment.name)
            if segment.done:
                segment.discard()
            self._let_go(segment)

    def _let_go(self, segment: Segment) -> None:
        with segment.lock:
            segment.lent = False
            if not segment.closed and not segment.save():
                self._progress[segment.name] = segment.cursor
            segment.close()

    def _avoid(self, name: Name) -> None:
        self._avoid_until_ns[name] = self._clock.steady_ns() + AVOID_NS
