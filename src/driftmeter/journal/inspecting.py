"""Everything that a journal directory holds, looked at without a lock and without changing anything."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from driftmeter.journal.directory import DEAD, Descriptors, Directory, Name
from driftmeter.journal.files import Files
from driftmeter.journal.frames import Frame, Kind
from driftmeter.journal.opening import ForeignSegmentError, Opener
from driftmeter.journal.reading import Entry, Gone
from driftmeter.journal.segment import Segment


class Sighting(NamedTuple):
    """One entry and where it lies.

    Args:
        place: "journal", or "dead" for a refused record.
        segment: the file's name.
        writer: who appended it.
        created_ns: when the segment was begun, nanoseconds since 1970.
        pending: whether it is still to be delivered; True for dead letters.
        reason: why a dead letter was refused; "" elsewhere.
        entry: the record.

    """

    place: str
    segment: str
    writer: str
    created_ns: int
    pending: bool
    reason: str
    entry: Entry


def inspect(directory: Path, *, files: Files | None = None) -> Iterator[Sighting]:
    """Every entry of a journal directory, oldest segment first, then the dead letters; also of running processes.

    Raises:
        OSError: the directory is there, but cannot be trusted or read; single files that cannot be are passed over.

    >>> list(inspect(Path("there/is/none")))
    []

    """
    for place, segment in segments(directory, files or Files(), writable=False):
        with contextlib.closing(segment):
            yield from _letters(segment) if place == DEAD else _records(segment)


def segments(directory: Path, files: Files, *, writable: bool) -> Iterator[tuple[str, Segment]]:
    """Each segment as it is now, to be closed by the caller; "journal" or "dead" before it."""
    descriptors = Descriptors(files)
    try:
        outer = Directory(directory, files, descriptors)
        for place, there in (("journal", outer), (DEAD, Directory(directory / DEAD, files, descriptors, outer))):
            if not there.exists():
                continue
            opener = Opener(there, files, descriptors)
            for name in there.names():
                segment = _look(opener, name, writable=writable)
                if segment is not None:
                    yield place, segment
    finally:
        descriptors.close_all()


def _look(opener: Opener, name: Name, *, writable: bool) -> Segment | None:
    with contextlib.suppress(OSError, ForeignSegmentError):
        return opener.look(name, writable=writable)
    return None


def _records(segment: Segment) -> Iterator[Sighting]:
    told = 0
    for entry, item in segment.everything():
        if item is None:
            pending, told = told >= segment.cursor.gaps, told + 1
        else:
            pending = item.start >= segment.cursor.offset
        yield _sighting("journal", segment, entry, pending=pending)


def _letters(segment: Segment) -> Iterator[Sighting]:
    note = Note("", "", [])
    for entry, item in segment.everything():
        if entry.kind == Kind.GAP:
            note = Note.parse(entry.payload, item) or note
            continue
        seq = note.seqs.pop(0) if note.seqs else entry.seq
        seen = _sighting(DEAD, segment, entry._replace(seq=seq), pending=True)
        yield seen._replace(reason=note.reason, writer=note.writer or seen.writer)


def _sighting(place: str, segment: Segment, entry: Entry, *, pending: bool) -> Sighting:
    identity = segment.identity
    return Sighting(place, str(segment.name), identity.writer, identity.created_ns, pending, "", entry)


class Note(NamedTuple):
    """What stands in front of a burial."""

    reason: str
    writer: str
    seqs: list[int]

    @staticmethod
    def parse(payload: bytes, item: Frame | Gone | None) -> Note | None:
        """The note, or None where it is a gap record."""
        if not isinstance(item, Frame):
            return None
        try:
            said = json.loads(payload)
            return Note(str(said["buried"]), str(said["writer"]), [int(seq) for seq in said["seqs"]])
        except (ValueError, KeyError, TypeError):
            return None
