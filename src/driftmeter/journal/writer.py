"""The caller's side: an append is one `write()`, and when the disk fails, one place in memory. It never raises."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable

from driftmeter.journal.clock import Almanac, Clock
from driftmeter.journal.directory import Name
from driftmeter.journal.files import Files
from driftmeter.journal.frames import HEAD
from driftmeter.journal.header import MOST_LOSSES
from driftmeter.journal.limits import Limits
from driftmeter.journal.losses import Loss, Losses
from driftmeter.journal.opening import Opener
from driftmeter.journal.reading import Entry
from driftmeter.journal.ring import Ring
from driftmeter.journal.segment import Segment
from driftmeter.journal.tail import Tail

SLOW_NS = 50_000_000
SLOW_TIMES = 3
SLOW_REST_NS = 30_000_000_000
NAPS = 5
NAP_S = 0.0005
TRIES = 5
_FRAME_BYTES = HEAD.size + 4
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Writer:
    """Appends of one process to a journal directory.

    Its lock is held for one `write()`; everything slower is left to `Journal.tend`.
    """

    def __init__(
        self,
        opener: Opener,
        limits: Limits,
        files: Files,
        clock: Clock,
        *,
        always_sync: bool,
        rolled: Callable[[], None],
    ) -> None:
        self._opener, self._limits, self._files, self._clock = opener, limits, files, clock
        self._steady_ns = clock.steady_ns
        self._max_bytes, self._roll_bytes = limits.max_record_bytes - _FRAME_BYTES, limits.roll_bytes
        self._always_sync, self._rolled = always_sync, rolled
        self.reset()

    def reset(self) -> None:
        """Start as a new writer that owns nothing: what a forked child needs."""
        self.lock = threading.RLock()
        self.name = os.urandom(8).hex()
        self.almanac = Almanac(self._clock)
        self.losses = Losses()
        self.ring = Ring(self._limits.memory_bytes, lambda: self.name)
        self.tail: Tail | None = None  # None: records wait in memory, or there was none yet
        self.parked: Tail | None = None  # while the disk is full: where we go on when it is not
        self.sealed: list[Tail] = []
        self.opened = 0
        self.refusals = 0
        self.fsync_errors = 0
        self.slow_writes = 0
        self.took = [0] * 65
        self.rest_until_ns = 0
        self._slow_in_a_row = 0
        self._seq = 0
        self._inside = False
        self._pending: list[Loss] = []

    @property
    def appended(self) -> int:
        """Records that were written to the disk at once."""
        return sum(self.took)

    @property
    def segment(self) -> Segment | None:
        """The segment that is appended to now."""
        tail = self.tail or self.parked
        return tail.segment if tail else None

    def append(self, kind: int, definition: bytes, payload: bytes) -> bool:
        """Store one record; False when it could only be counted as lost."""
        with self.lock:
            self._seq = seq = self._seq + 1
            if self._inside:  # a signal's code that interrupted an append on this very thread
                return self._remember(Entry(kind, seq, definition, payload))
            self._inside = True
            try:
                tail = self.tail
                if tail is None or tail.segment.size >= self._roll_bytes:
                    tail = self._fresh_tail()
                if tail is None or len(payload) > self._max_bytes or len(definition) > self._max_bytes:
                    return self._keep_off_disk(Entry(kind, seq, definition, payload))
                began_ns = self._steady_ns()
                try:
                    tail.put(kind, seq, definition, payload)
                except OSError as fault:
                    self._refused(tail, fault)
                    return self._remember(Entry(kind, seq, definition, payload))
                took_ns = self._steady_ns() - began_ns
                self.took[took_ns.bit_length()] += 1
                if took_ns > SLOW_NS or self._slow_in_a_row:
                    self._judge(took_ns)
                if self._always_sync:
                    self.sync()
            except Exception:  # noqa: BLE001  whatever it is, a prediction must not notice
                self.lose("fault", seq, seq, 1)
                return False
            except BaseException:
                self.set_aside(certain=False)
                raise
            else:
                return True
            finally:
                self._inside = False

    def sync(self) -> None:
        """Have everything reach the disk; a disk that says no is never asked again for the same file."""
        tail = self.tail
        if tail is None:
            return
        try:
            tail.sync()
        except OSError:
            if not tail.segment.closed:
                self.fsync_errors += 1
                with self.lock:
                    if self.tail is tail:
                        self.set_aside()

    def set_aside(self, *, certain: bool = True) -> None:
        """Go on in another segment, begun with the next record; this one is settled by `Journal.tend`.

        Args:
            certain: whether its size is known; where an append was interrupted, the file itself tells.

        """
        with self.lock:
            for tail in (self.tail, self.parked):
                if tail is not None:
                    if not certain:
                        tail.segment.measure()
                    tail.segment.seal(tail.last_seq)
                    self.sealed.append(tail)
            self.tail = self.parked = None

    def _refused(self, tail: Tail, fault: OSError) -> None:
        """The disk took no more: records wait in memory until `return_to_disk`."""
        self.refusals += 1
        self.tail, self.parked = None, tail
        if fault.errno not in _FULL:
            self.set_aside()

    def return_to_disk(self, *, at_once: bool = False) -> None:
        """Write what waits in memory, oldest first, if the disk takes it; appends go to the disk again then."""
        while self.ring.held or self.parked:
            with self.lock:
                if self._steady_ns() < self.rest_until_ns and not at_once:
                    return
                tail = self.tail or self.parked or self._open(self.ring.oldest_seq() or self._seq + 1)
                if tail is None or not self._write_back(tail, 64):
                    return
                if not self.ring:
                    self.tail, self.parked = tail, None
                    return

    def _write_back(self, tail: Tail, most: int) -> bool:
        for _ in range(most):
            entry = self.ring.take()
            if entry is None:
                return True
            try:
                tail.put(*entry)
            except OSError as fault:
                self.ring.put_back(entry)
                self._refused(tail, fault)
                return False
        return True

    def give_up(self) -> None:
        """The process ends, and what the disk did not take back from memory with it: tell that as lost."""
        with self.lock:
            self.ring.close()
            left = list(iter(self.ring.take, None))
            if left:
                self.lose("disk_failed", left[0].seq, left[-1].seq, len(left))

    def lose(self, reason: str, first_seq: int, last_seq: int, count: int) -> None:
        """Count a loss, and have the segment tell it."""
        now_ns = self.almanac.now_ns()
        self.tell(Loss(reason, self.name, first_seq, last_seq, count, now_ns, now_ns))

    def tell(self, loss: Loss) -> None:
        """As `lose`, for a loss of any writer."""
        self.losses.add(loss)
        with self.lock:
            segment = self.segment
            if segment is None and not self.ring.held:
                tail = self._fresh_tail()
                segment = tail.segment if tail else None
            if segment is None or not segment.add_loss(loss):
                self._defer(loss)

    def tell_pending(self) -> None:
        """Give losses that no header could tell so far to the segment of now, or to new ones."""
        with self.lock:
            for _ in range(len(self._pending) // MOST_LOSSES + 2):
                if not self._pending or not (self.tail or self._fresh_tail()):
                    return
                pending, self._pending = self._pending, []
                for loss in pending:
                    segment = self.segment
                    if segment is None or not segment.add_loss(loss):
                        self._defer(loss)
                if self._pending:  # the header is full, and a process that ends would take them along
                    self._fresh_tail()

    def _defer(self, loss: Loss) -> None:
        """Keep a loss for the next segment's header."""
        for at, known in enumerate(self._pending):
            if (known.reason, known.writer) == (loss.reason, loss.writer):
                self._pending[at] = known.with_more(loss)
                return
        self._pending.append(loss)

    def _keep_off_disk(self, entry: Entry) -> bool:
        if len(entry.payload) > self._max_bytes or len(entry.definition) > self._max_bytes:
            self.lose("too_large", entry.seq, entry.seq, 1)
            return False
        return self._remember(entry)

    def _remember(self, entry: Entry) -> bool:
        gone = self.ring.put(entry)
        for old in gone:
            self.lose("memory_full", old.seq, old.seq, 1)
        return entry not in gone

    def _fresh_tail(self) -> Tail | None:
        """The tail to append to, after rolling or opening; None in memory mode."""
        if self.tail is not None:
            self.set_aside()
            self._rolled()
        elif self.ring.held or self.parked or self._steady_ns() < self.rest_until_ns:
            return None
        self.tail = self._open(self._seq)
        return self.tail

    def _open(self, first_seq: int) -> Tail | None:
        told = tuple(self._pending[:MOST_LOSSES])
        for _ in range(TRIES):
            self.opened += 1
            try:
                segment = self._opener.make(Name(self.almanac.now_ns(), self.name, self.opened), first_seq, told)
            except (BlockingIOError, FileExistsError, InterruptedError):  # of this name, not of the disk
                continue
            except OSError:
                break
            del self._pending[: len(told)]
            return Tail(segment, self._files, self._steady_ns())
        self.refusals += 1
        return None

    def _judge(self, took_ns: int) -> None:
        """A disk that stalls three times running is left alone for a while, unless it is the machine that stalls."""
        self._slow_in_a_row = self._slow_in_a_row + 1 if took_ns > SLOW_NS else 0
        self.slow_writes += took_ns > SLOW_NS
        if self._slow_in_a_row >= SLOW_TIMES and self.tail is not None:
            self._slow_in_a_row = 0
            if not self._machine_stalls():
                self.tail, self.parked = None, self.tail
                self.rest_until_ns = self._steady_ns() + SLOW_REST_NS

    def _machine_stalls(self) -> bool:
        """Whether naps are late, too: what was waited for is a processor or Python's lock, and memory is no safer."""
        began_ns = self._steady_ns()
        for _ in range(NAPS):
            self._clock.nap(NAP_S)
        return self._steady_ns() - began_ns > SLOW_NS // 2
