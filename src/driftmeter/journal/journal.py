"""One process's side of a journal directory: append here, read there, and what keeps the two within bounds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

from driftmeter.forking import look_after_last
from driftmeter.journal.backlog import HELD_MOST, Backlog
from driftmeter.journal.clock import Clock, SystemClock
from driftmeter.journal.dead import DeadLetters
from driftmeter.journal.directory import DEAD, Descriptors, Directory
from driftmeter.journal.files import Files
from driftmeter.journal.keeping import Keeper
from driftmeter.journal.lanes import LiveReader
from driftmeter.journal.limits import Limits
from driftmeter.journal.losses import Losses
from driftmeter.journal.opening import Opener
from driftmeter.journal.reading import Entry, Reader
from driftmeter.journal.ring import Ring
from driftmeter.journal.status import Status, take_stock
from driftmeter.journal.tending import Tender
from driftmeter.journal.writer import Writer

POLICIES = ("process", "interval", "always")
INTERVAL_S = 0.5
KEEP_EVERY_NS = 5_000_000_000


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
        self._writer = Writer(
            self._opener, self.limits, self._files, self._clock, always_sync=always, rolled=self._hurry
        )
        dead = Directory(Path(directory) / DEAD, self._files, self._descriptors, self._directory)
        opener = Opener(dead, self._files, self._descriptors)
        self._dead = DeadLetters(dead, opener, self.limits, self._files, self._writer.lose)
        self._backlog = Backlog(self._directory, self._opener, self._writer, self._clock)
        self._keeper = Keeper(self._directory, self.limits, self._backlog.take)
        self._live = LiveReader(lambda: self._writer.segment)
        self._tender = Tender(self.tend, INTERVAL_S)
        self._reset()
        look_after_last(self)

    def _reset(self) -> None:
        self._held_for_fork = contextlib.ExitStack()
        self._tending = threading.RLock()
        self._backlog.reset()
        self._kept_ns = self._clock.steady_ns() - KEEP_EVERY_NS
        self._kept_at = -1
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
        return self._backlog.reader()

    def bury(self, entries: Sequence[Entry], reason: str, writer: str) -> None:
        """Put records that the backend refused for good among the dead letters."""
        self._dead.bury(entries, reason, writer)

    def replay(self) -> int:
        """Append every dead letter again, as new records; how many there were."""
        return self._dead.replay(self.append)

    def status(self) -> Status:
        """How much there is, how old, how it fares."""
        return take_stock(self._directory, self._dead, self._writer, self._backlog)

    def sync(self) -> None:
        """Have everything that was appended reach the disk before this returns."""
        self._writer.return_to_disk()
        self._writer.sync()

    def roll(self) -> None:
        """Seal the segment; the next append begins another."""
        self._writer.set_aside()
        self.tend()

    def close(self) -> None:
        """Seal and let go of everything; what is not acknowledged waits for the next process, or the next append.

        What the disk does not take even now is lost, and told so.

        """
        self._tender.stop(timeout_s=1.0)
        self._writer.return_to_disk(at_once=True)
        self._writer.give_up()
        self._writer.tell_pending()
        self._writer.set_aside()
        with self._tending:
            self._settle(at_once=True)
        self._backlog.close()
        self._dead.close()
        with self._writer.lock:  # others may append meanwhile, and begin a segment in the open directory
            self._directory.close()

    def tend(self) -> bool:
        """One round of what callers must not wait for: sync, roll by age, caps, back to the disk.

        The journal's thread calls it every half second, as long as it returns that more may be needed soon.
        """
        with self._tending:
            if self._policy != "process":
                self._writer.sync()
                with contextlib.suppress(OSError):
                    self._dead.sync()
            self._writer.return_to_disk()
            self._writer.tell_pending()
            self._roll_by_age()
            self._rescue()
            self._settle()
            self._keep()
            return self._writer.tail is not None or self._writer.ring.held > 0 or bool(self._writer.sealed)

    def before_fork(self) -> None:
        """As `driftmeter.forking.Forked`."""
        for lock in (self._writer.lock, self._descriptors.lock):
            self._held_for_fork.enter_context(lock)

    def after_fork_in_parent(self) -> None:
        """As `driftmeter.forking.Forked`."""
        self._held_for_fork.close()

    def after_fork_in_child(self) -> None:
        """As `driftmeter.forking.Forked`."""
        for tail in (self._writer.tail, self._writer.parked, *self._writer.sealed):
            if tail is not None:
                tail.segment.closed = True
        self._backlog.abandon()
        self._dead.forget()
        self._descriptors.lock = threading.RLock()
        self._descriptors.close_all()
        self._directory.forget()
        self._writer.reset()
        self._tender.reset()
        self._reset()

    def _hurry(self) -> None:
        self._tender.hurry()

    def _roll_by_age(self) -> None:
        tail = self._writer.tail
        if tail is not None and self._clock.steady_ns() - tail.began_ns >= self.limits.roll_s * 1e9:
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

    def _settle(self, *, at_once: bool = False) -> None:
        """Have sealed segments reach the disk, and let go of those that nobody reads."""
        durable = self._policy != "process"
        if durable and self._writer.opened != self._opened:
            with contextlib.suppress(OSError):
                self._directory.sync()
                self._opened = self._writer.opened
        room = HELD_MOST
        for tail in list(self._writer.sealed):
            if self._backlog.settle(tail, sync=durable, at_once=at_once, room=room):
                room -= 1
            else:
                self._writer.sealed.remove(tail)

    def _keep(self) -> None:
        now_ns = self._clock.steady_ns()
        if now_ns - self._kept_ns < KEEP_EVERY_NS and self._writer.opened == self._kept_at:
            return
        self._kept_ns, self._kept_at = now_ns, self._writer.opened
        with self._backlog.lock, contextlib.suppress(OSError):
            for loss, told in self._keeper.keep(self._writer.almanac.now_ns()):
                (self._writer.losses.add if told else self._writer.tell)(loss)
