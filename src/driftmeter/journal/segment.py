"""One file of frames that this process has locked: read from where it was acknowledged, deleted when all of it was."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from driftmeter.journal.directory import Directory, Name
from driftmeter.journal.frames import Frame, Kind, frame, scan
from driftmeter.journal.glossary import Glossary
from driftmeter.journal.header import (
    CURSOR_AT,
    HEADER_BYTES,
    LEDGER_AT,
    Cursor,
    Identity,
    Ledger,
    pack_cursor,
    pack_ledger,
)
from driftmeter.journal.losses import Loss, told_count
from driftmeter.journal.reading import NUMBERED, WITH_DEFINITION, Batch, Entry, Gone, resolve
from driftmeter.journal.runs import Run, Runs
from driftmeter.journal.segment_file import SegmentFile


class Segment:
    """The reading side of a segment; its lock (`flock`) is held as long as it is open.

    Progress lives here first and in the file's header second: a header that cannot be written repeats nothing.

    Args:
        directory: where it lies.
        name: its file.
        file: the open file.
        identity: its writer.
        size: bytes that are complete.
        cursor: how far it was delivered.
        ledger: losses that its header tells.

    """

    def __init__(
        self,
        *,
        directory: Directory,
        name: Name,
        file: SegmentFile,
        identity: Identity,
        size: int,
        cursor: Cursor,
        ledger: Ledger,
    ) -> None:
        self.name, self.identity, self.size, self.cursor, self.ledger = name, identity, size, cursor, ledger
        self.lock = threading.RLock()
        self.sealed = False
        self.final_seq = cursor.last_seq
        self.lent = False
        self._lent_gaps = 0
        self.closed = False
        self.failed = False  # the disk refused to read it
        self.file = file
        self._directory = directory
        self._glossary = Glossary(identity)
        self._runs = Runs(file.read, identity.salt, self._glossary)
        self._last_seq = identity.first_seq - 1 if identity.first_seq else None
        self._known_to = HEADER_BYTES
        self._ahead: tuple[int, int | None] = (0, None)

    @property
    def kept(self) -> bool:
        """Whether it holds frames that only a newer driftmeter can read."""
        return self._glossary.kept

    @property
    def _cut_off(self) -> bool:
        """Whether records are gone behind the last one that is left, which only its number can tell."""
        known = self._known_to == self.cursor.offset and self._last_seq is not None
        return known and self.final_seq > (self._last_seq or 0)

    @property
    def damage(self) -> tuple[int, int]:
        """Stretches that turned out to be corrupt, and torn."""
        return len(self._glossary.corrupt), len(self._glossary.torn)

    @property
    def started(self) -> bool:
        """Whether a reader has been here."""
        return self._ahead[0] > 0

    @property
    def done(self) -> bool:
        """Whether nothing in it is left to deliver."""
        at_end = self.cursor.offset >= self.size and not self._cut_off
        return (at_end or self.ledger.dropped) and self.cursor.gaps >= len(self.ledger.losses)

    def next(self, max_records: int, max_bytes: int) -> Batch | None:
        """The entries behind the last acknowledged one; damage becomes a gap record in its place."""
        with self.lock:
            if self.closed or self.failed:
                return None
            try:
                return self._next(max_records, max_bytes)
            except OSError:
                self.failed = True
                return None

    def _next(self, max_records: int, max_bytes: int) -> Batch | None:
        self._learn()
        run = Run([], 0, self.cursor.offset, None, full=self.ledger.dropped)
        if not self.ledger.dropped:
            run = self._runs.next(self.cursor.offset, self.size, max_records, max_bytes)
        entries, weight, at = run.entries, run.weight, run.end
        last_seq = self._last_seq if run.last_seq is None else run.last_seq
        for item in () if run.full else self._items(at, last_seq):
            entry = self._glossary.entry(item)
            if entry is not None:
                weight += len(entry.payload)
                if entries and (len(entries) >= max_records or weight > max_bytes):
                    break
                entries.append(entry)
            at = item.end
            if isinstance(item, Gone):
                last_seq = item.last_seq
            elif item.kind in NUMBERED:
                last_seq = item.seq
        gaps = self.cursor.gaps
        if len(entries) < max_records and gaps < len(self.ledger.losses):
            news = self.ledger.losses[gaps:]
            entries += [Entry(Kind.GAP, loss.first_seq, b"", loss.payload()) for loss in news]
            gaps += len(news)
        batch = Batch(entries, self.identity.writer, self, at, gaps)
        self._ahead = (at, last_seq)
        if not entries:
            if at > self.cursor.offset:
                self.acknowledge(batch)  # nothing but definitions and erased frames: behind us
            return None
        self.lent, self._lent_gaps = True, gaps
        return batch

    def everything(self) -> Iterator[tuple[Entry, Frame | Gone | None]]:
        """Every entry from the beginning on, acknowledged or not, and where it lies; the header's gap records last."""
        if not self.ledger.dropped:
            self._last_seq = self.identity.first_seq - 1 if self.identity.first_seq else None
            for item in self._items(HEADER_BYTES, self._last_seq):
                entry = self._glossary.entry(item)
                if entry is not None:
                    yield entry, item
        for loss in self.ledger.losses:
            yield Entry(Kind.GAP, loss.first_seq, b"", loss.payload()), None

    def acknowledge(self, batch: Batch) -> None:
        """Put the batch behind us, in memory first."""
        with self.lock:
            self.lent = False
            offset, gaps = max(self.cursor.offset, batch.end), max(self.cursor.gaps, batch.gaps)
            self.cursor = self.cursor._replace(offset=offset, gaps=gaps)
            if self._ahead[0] == offset:
                self._known_to, self._last_seq = self._ahead
            if self.closed:
                return
            if self.sealed and self.done:
                self.discard()
            else:
                self.save()

    def advance(self, known: Cursor) -> None:
        """Progress that is remembered though the header does not tell it."""
        self.acknowledge(Batch([], self.identity.writer, self, known.offset, known.gaps))

    def release(self, batch: Batch) -> None:
        """Nobody is busy with this batch any more."""
        if batch.source is self:
            self.lent = False

    def save(self) -> bool:
        """Write the progress; False where the disk refuses."""
        with self.lock:
            return self.file.put(pack_cursor(self.cursor._replace(last_seq=self.final_seq)), CURSOR_AT)

    def seal(self, final_seq: int) -> None:
        """Nothing more is appended; needs no lock, since the caller's thread does it."""
        self.final_seq = final_seq
        self.sealed = True

    def measure(self) -> None:
        """Take the size from the file."""
        with contextlib.suppress(OSError):
            self.size = self.file.size()

    def add_loss(self, loss: Loss) -> bool:
        """Have the header tell a loss; False where it is full or cannot be written."""
        with self.lock:
            unread = len(self.ledger.losses) - (self._lent_gaps if self.lent else self.cursor.gaps)
            ledger = self.ledger.with_loss(loss, unread=unread)
            if ledger is None:
                return False
            if self.closed or not self.file.put(pack_ledger(ledger), LEDGER_AT):
                return False
            self.ledger = ledger
            return True

    def drop(self, reason: str, now_ns: int) -> Loss | None:
        """Turn the segment into its own gap record: told first, truncated second, so that no crash can hide it.

        Returns:
            What was lost by it; where `closed` is set as well, the file could not tell it, and somebody else must.

        Raises:
            OSError: the disk refuses to say what there is.

        """
        with self.lock:
            loss = self._rest(reason, now_ns)
            if not loss.count and self.cursor.gaps >= len(self.ledger.losses):
                self.discard()
                return None
            ledger = self.ledger.with_rest(loss)
            if not self.file.put(pack_ledger(ledger), LEDGER_AT):
                self.discard()
                return loss
            self.ledger = ledger
            with contextlib.suppress(OSError):
                self.file.truncate(HEADER_BYTES)
                self.size = HEADER_BYTES
            return loss if loss.count else None

    def _rest(self, reason: str, now_ns: int) -> Loss:
        """All that is not delivered, as one loss."""
        self._learn()
        count, seqs = 0, []
        for item in () if self.ledger.dropped else self._items(self.cursor.offset, self._last_seq):
            if isinstance(item, Gone):
                count += item.lost
            elif item.kind == Kind.GAP:
                count += told_count(item.payload)
            elif item.kind in WITH_DEFINITION:
                count += 1
                seqs.append(item.seq)
        first, last = (min(seqs), max(seqs)) if seqs else (0, 0)
        return Loss(reason, self.identity.writer, first, last, count, self.identity.created_ns, now_ns)

    def overwrite(self, found: Frame, kind: Kind) -> None:
        """Put a frame of the same length and number, but all zeros, in the place of another.

        Raises:
            OSError: the disk refuses.

        """
        blank = frame(kind, found.seq, bytes(len(found.payload)), self.identity.salt)
        if not self.file.put(blank, found.start):
            raise OSError(f"{self.name}: a record could not be overwritten")

    def sync(self) -> None:
        """Have the file reach the disk.

        Raises:
            OSError: it did not.

        """
        with self.lock:
            if not self.closed:
                self.file.sync()

    def linked(self) -> bool:
        """Whether the file is still in its directory."""
        with self.lock:
            return not self.closed and self.file.linked()

    def discard(self) -> None:
        """Everything has arrived: the file goes."""
        with self.lock:
            if not self.closed:
                if not self._glossary.kept:
                    with contextlib.suppress(OSError):
                        self._directory.unlink(self.name)
                self.close()

    def close(self) -> None:
        """Leave the segment, and its lock, to whoever comes next."""
        with self.lock:
            if not self.closed:
                self.closed = True
                self.file.close()

    def _items(self, start: int, last_seq: int | None) -> Iterator[Frame | Gone]:
        final_seq = self.final_seq if self.sealed else 0  # asked before the size, which is final only then
        found = scan(self.file.read, start, self.size, self.identity.salt)
        return resolve(found, start, last_seq=last_seq, final_seq=final_seq, explained=self.ledger.losses)

    def _learn(self) -> None:
        """Know the definitions, and the last number, that stand before the cursor."""
        if self._known_to < self.cursor.offset:
            for item in scan(self.file.read, self._known_to, self.cursor.offset, self.identity.salt):
                if isinstance(item, Frame):
                    self._glossary.learn(item)
                    if item.kind in NUMBERED:
                        self._last_seq = item.seq
            self._known_to = self.cursor.offset
