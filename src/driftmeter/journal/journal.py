"""One process's side of a journal directory: append here, read there, and what keeps the two within bounds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

from driftmeter.journal import forking
from driftmeter.journal.clock import Clock, SystemClock
from driftmeter.journal.dead import DeadLetters
from driftmeter.journal.directory import DEAD, Descriptors, Directory, Name
from driftmeter.journal.files import Files
from driftmeter.journal.header import Cursor
from driftmeter.journal.keeping import Keeper
from driftmeter.journal.lanes import LiveReader, SegmentReader
from driftmeter.journal.limits import Limits
from driftmeter.journal.losses import Losses
from driftmeter.journal.opening import ForeignSegmentError, Opener
from driftmeter.journal.reading import Entry, Reader
from driftmeter.journal.ring import Ring
from driftmeter.journal.segment import Segment
from driftmeter.journal.status import Counters, Status, take_stock
from driftmeter.journal.tending import Tender
from driftmeter.journal.writer import Writer

POLICIES = ("process", "interval", "always")
INTERVAL_S = 0.5
KEEP_EVERY_NS = 5_000_000_000
AVOID_NS = 60_000_000_000
HELD_MOST = 4
"""Sealed segments that stay open because their reader is in the middle of them; more are left to be adopted anew."""


class Journal:
    """Stores records so that they outlive the process, and hands them over until they are acknowledged.

    Nothing is opened before the first append; a forked child is a writer of its own.

    Args:
        directory: for journals alone; shared by any number of processes.
        limits: what it may take.
        sync: when records reach the disk itself, which matters when the machine fails, not when the process does:
            "process" leaves it to the system, "interval" waits half a second, "always" makes every append wait.
        files: the operating system.
        clock: the machine's clocks.

    Raises:
        ValueError: `sync` is none of the three.

    >>> import tempfile
    >>> from driftmeter.journal import Kind
    >>> journal = Journal(Path(tempfile.mkdtemp()) / "journal")
    >>> journal.append(Kind.RECORD, b"a resource", b"a record")
    True
    >>> batch = journal.live().next(max_records=512, max_bytes=2**20)
    >>> batch.entries
    [Entry(kind=2, seq=1, definition=b'a resource', payload=b'a record')]
    >>> journal.live().acknowledge(batch)
    >>> journal.close()

    """

    def __init__(
        self,
        directory: Path,
        *,
        limits: Limits | None = None,
        sync: str = "interval",
        files: Files | None = None,
        clock: Clock | None = None,
    ) -> None:
        if sync not in POLICIES:
            raise ValueError(f"sync={sync!r} is none of {', '.join(POLICIES)}")
        self.limits, self._policy = limits or Limits(), sync
        self._files, self._clock = files or Files(), clock or SystemClock()
        self._descriptors = Descriptors(self._files)
        self._directory = Directory(Path(directory), self._files, self._descriptors)
        self._opener = Opener(self._directory, self._files, self._descriptors)
        always = sync == "always"
        self._writer = Writer(self._opener, self.limits, self._files, self._clock, always_sync=always)
        dead = Directory(Path(directory) / DEAD, self._files, self._descriptors)
        opener = Opener(dead, self._files, self._descriptors)
        self._dead = DeadLetters(dead, opener, self.limits, self._files, self._writer.lose)
        self._keeper = Keeper(self._directory, self.limits, self._take)
        self._live = LiveReader(lambda: self._writer.segment)
        self._tender = Tender(self.tend, INTERVAL_S)
        self._reset()
        forking.look_after(self)

    def _reset(self) -> None:
        self._tending = threading.RLock()
        self._lanes = threading.RLock()
        self._out: dict[Name, Segment] = {}
        self._progress: dict[Name, Cursor] = {}
        self._avoid_until_ns: dict[Name, int] = {}
        self._foreign: set[Name] = set()
        self._counters = Counters()
        self._kept_ns = self._clock.steady_ns() - KEEP_EVERY_NS
        self._opened = 0
        self._dead.reset(self._writer.name, self._writer.almanac)

    @property
    def writer(self) -> str:
        """16 hexadecimal digits: who we are in `Batch.writer` and in file names."""
        return self._writer.name

    @property
    def losses(self) -> Losses:
        """What this process knows to be lost; each loss is also delivered as an entry of kind GAP."""
        return self._writer.losses

    @property
    def directory(self) -> Path:
        """Where the segments are."""
        return self._directory.path

    def prepare(self) -> None:
        """Make and check the directory, to be loud about it while somebody listens.

        Raises:
            UnsafeDirectoryError: it is a symlink, belongs to somebody else, or is open to others and not ours alone.
            OSError: it cannot be made.

        """
        self._directory.prepare()

    def append(self, kind: int, definition: bytes, payload: bytes) -> bool:
        """Store one record; False when it could only be counted as lost. Never raises, never waits for a reader.

        Args:
            kind: `Kind.RECORD` or `Kind.ROWS`; `Kind.GAP` has no definition.
            definition: what is needed to read the payload; stored once in each segment, so pass the same object.
            payload: the record.

        """
        stored = self._writer.append(kind, definition, payload)
        if self._tender.asleep:
            self._tender.wake()
        return stored

    def live(self) -> Reader:
        """The lane of what is being written now."""
        return self._live

    def memory(self) -> Reader:
        """The lane of what waits in memory while the disk fails."""
        ring: Ring = self._writer.ring
        return ring

    def backlog(self) -> Reader | None:
        """The oldest sealed segment that nobody reads, of ours or left behind by others; None when there is none.

        Read it until `next` gives None, or close it.
        """
        with self._lanes:
            with contextlib.suppress(OSError):
                for name in self._directory.names():
                    segment = self._take(name)
                    if segment is not None:
                        self._out[name] = segment
                        return SegmentReader(segment, self._left)
            return None

    def bury(self, entries: Sequence[Entry], reason: str, writer: str) -> None:
        """Put records that the backend refused for good among the dead letters."""
        self._dead.bury(entries, reason, writer)

    def replay(self) -> int:
        """Append every dead letter again, as new records; how many there were."""
        return self._dead.replay(self.append)

    def status(self) -> Status:
        """How much there is, how old, how it fares."""
        return take_stock(self._directory, self._dead, self._writer, self._counters, len(self._foreign))

    def sync(self) -> None:
        """Have everything that was appended reach the disk before this returns."""
        self._writer.return_to_disk()
        self._writer.sync()

    def roll(self) -> None:
        """Seal the segment; the next append begins another."""
        self._writer.set_aside()
        self.tend()

    def close(self) -> None:
        """Seal and let go of everything; what is not acknowledged waits for the next process, or the next append."""
        self._tender.stop(timeout_s=1.0)
        self._writer.return_to_disk(at_once=True)
        self._writer.set_aside()
        with self._tending:
            self._settle(all_of_them=True)
        with self._lanes:
            for segment in list(self._out.values()):
                self._left(segment)
        self._dead.close()
        self._directory.close()

    def tend(self) -> bool:
        """One round of what callers must not wait for: sync, roll by age, caps, back to the disk.

        Whether another round may be needed soon.

        The journal's thread calls it every half second while there is something to do.
        """
        with self._tending:
            if self._policy != "process":
                self._writer.sync()
                with contextlib.suppress(OSError):
                    self._dead.sync()
            self._writer.return_to_disk()
            self._roll_by_age()
            self._rescue()
            self._settle()
            self._keep()
            return self._writer.tail is not None or self._writer.ring.held > 0 or bool(self._writer.sealed)

    def before_fork(self) -> None:
        """As `forking.Forked`."""
        self._writer.lock.acquire()
        self._descriptors.lock.acquire()

    def after_fork_in_parent(self) -> None:
        """As `forking.Forked`."""
        self._descriptors.lock.release()
        self._writer.lock.release()

    def after_fork_in_child(self) -> None:
        """As `forking.Forked`."""
        for tail in (self._writer.tail, self._writer.parked, *self._writer.sealed):
            if tail is not None:
                tail.segment.closed = True
        for segment in self._out.values():
            segment.closed = True
        self._dead.forget()
        self._descriptors.close_all()
        self._descriptors.lock = threading.RLock()
        self._directory.forget()
        self._writer.reset()
        self._tender.reset()
        self._reset()

    def _roll_by_age(self) -> None:
        tail = self._writer.tail
        if tail is None or tail.segment.size == 0:
            return
        if self._clock.steady_ns() - tail.began_ns >= self.limits.roll_s * 1e9:
            self._writer.set_aside()

    def _rescue(self) -> None:
        """Somebody removed our file or its directory: store again what is still in our hands."""
        tails = [tail for tail in (self._writer.tail, *self._writer.sealed) if tail is not None]
        for tail in tails:
            segment = tail.segment
            if segment.closed or segment.linked():
                continue
            if tail is self._writer.tail:
                self._writer.set_aside()
            while (batch := segment.next(512, 2**20)) is not None:
                for entry in batch.entries:
                    self._writer.append(entry.kind, entry.definition, entry.payload)
                segment.acknowledge(batch)
            segment.close()

    def _settle(self, *, all_of_them: bool = False) -> None:
        """Have sealed segments reach the disk, and let go of those that nobody reads."""
        if self._writer.opened != self._opened and self._policy != "process":
            with contextlib.suppress(OSError):
                self._directory.sync()
                self._opened = self._writer.opened
        held = 0
        for tail in list(self._writer.sealed):
            segment = tail.segment
            if self._policy != "process" and not segment.closed:
                try:
                    tail.sync()
                except OSError:
                    self._writer.fsync_errors += not segment.closed
            with self._lanes, segment.lock:
                held += segment.lent or segment.started
                busy = segment.lent or segment.name in self._out or (segment.started and held <= HELD_MOST)
                if segment.done:
                    segment.discard()
                elif all_of_them or not busy:
                    self._let_go(segment)
                if segment.closed:
                    self._writer.sealed.remove(tail)

    def _keep(self) -> None:
        now_ns = self._clock.steady_ns()
        if now_ns - self._kept_ns < KEEP_EVERY_NS and self._writer.opened == self._counters.kept_at:
            return
        self._kept_ns, self._counters.kept_at = now_ns, self._writer.opened
        with self._lanes, contextlib.suppress(OSError):
            for loss in self._keeper.keep(self._writer.almanac.now_ns()):
                self._writer.losses.add(loss)

    def _take(self, name: Name) -> Segment | None:
        """A segment that nobody reads, locked by us."""
        if name in self._out or name in self._foreign:
            return None
        if self._clock.steady_ns() < self._avoid_until_ns.get(name, 0):
            return None
        own = self._writer.segment
        if own is not None and own.name == name:
            return None
        for tail in list(self._writer.sealed):
            if tail.segment.name == name:
                return None if tail.segment.closed or tail.segment.lent else tail.segment
        try:
            segment = self._opener.adopt(name)
        except ForeignSegmentError:
            self._foreign.add(name)
            return None
        except OSError:
            self._avoid(name)
            return None
        if segment is None:
            return None
        self._counters.adopted += segment.identity.writer != self._writer.name
        known = self._progress.pop(name, None)
        if known is not None:
            segment.advance(known)
        return None if segment.closed else segment

    def _left(self, segment: Segment) -> None:
        """A reader is through with a segment, or gave it up."""
        with self._lanes:
            self._out.pop(segment.name, None)
            self._counters.torn += segment.torn
            self._counters.corrupt += segment.corrupt
            segment.torn = segment.corrupt = 0
            if segment.kept:
                self._foreign.add(segment.name)
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
