"""How a segment comes into this process's hands: made anew, or adopted once nobody else holds it."""

from __future__ import annotations

import contextlib
import os
import time

from driftmeter.journal.directory import Descriptors, Directory, Name
from driftmeter.journal.files import Files
from driftmeter.journal.frames import Frame, scan
from driftmeter.journal.header import (
    HEADER_BYTES,
    Cursor,
    Identity,
    Ledger,
    format_of,
    new_header,
    read_cursor,
    read_identity,
    read_ledger,
)
from driftmeter.journal.losses import Loss
from driftmeter.journal.segment import Segment
from driftmeter.journal.segment_file import SegmentFile

BEING_MADE_NS = 10_000_000_000


class ForeignSegmentError(Exception):
    """A file of another version, or no segment at all: to be left alone."""


class Opener:
    """Makes and adopts segments of one directory."""

    def __init__(self, directory: Directory, files: Files, descriptors: Descriptors) -> None:
        self._directory, self._files, self._descriptors = directory, files, descriptors

    def make(self, name: Name, first_seq: int, losses: tuple[Loss, ...] = ()) -> Segment:
        """A new segment, locked from before its first byte on; `segment.file.locker` is what to append to.

        Raises:
            OSError: the disk refuses; nothing is left behind.

        """
        identity = Identity(name.writer, name.created_ns, first_seq, os.getpid())
        locker = self._directory.make(name)
        try:
            self._begin(locker, name, new_header(identity, losses))
            descriptor = self._directory.open(name)
        except OSError:
            with contextlib.suppress(OSError):
                self._directory.unlink(name)
            self._descriptors.close(locker)
            raise
        file = SegmentFile(self._files, self._descriptors, descriptor, locker)
        return Segment(
            directory=self._directory,
            name=name,
            file=file,
            identity=identity,
            size=HEADER_BYTES,
            cursor=Cursor(),
            ledger=Ledger(losses),
        )

    def adopt(self, name: Name) -> Segment | None:
        """The segment, locked by us; None where somebody lives in it, or it is gone, or was empty.

        Raises:
            ForeignSegmentError: it is to be left alone.
            OSError: the disk refuses.

        """
        try:
            descriptor = self._directory.open(name)
        except FileNotFoundError:
            return None
        segment: Segment | None = None
        try:
            if not self._being_made(descriptor) and self._files.try_lock(descriptor):
                segment = self._adopted(name, descriptor)
        finally:
            if segment is None:
                self._descriptors.close(descriptor)
        return segment

    def look(self, name: Name, *, writable: bool) -> Segment | None:
        """The segment as it is now, without a lock: to be looked at and closed, never acknowledged.

        Raises:
            ForeignSegmentError: it is to be left alone.
            OSError: the disk refuses.

        """
        try:
            descriptor = self._directory.open(name, writable=writable)
        except FileNotFoundError:
            return None
        try:
            return self._known(name, descriptor)
        except BaseException:
            self._descriptors.close(descriptor)
            raise

    def _being_made(self, descriptor: int) -> bool:
        """Whether somebody may be about to lock it and write its header: to lock it first would send them to memory."""
        facts = self._files.fstat(descriptor)
        return facts.st_size < HEADER_BYTES and time.time_ns() - facts.st_mtime_ns < BEING_MADE_NS

    def _begin(self, locker: int, name: Name, header: bytes) -> None:
        # Somebody may have adopted the still empty file, and removed it: then this name is spent.
        if not self._files.try_lock(locker) or not self._files.fstat(locker).st_nlink:
            raise BlockingIOError(f"{name} was taken")
        if self._files.write(locker, header) != len(header):
            raise OSError(f"{name}: no room for a header")

    def _adopted(self, name: Name, descriptor: int) -> Segment | None:
        facts = self._files.fstat(descriptor)
        if not facts.st_nlink:
            return None
        if facts.st_size < HEADER_BYTES:  # its writer died before the first record
            self._directory.unlink(name)
            return None
        segment = self._known(name, descriptor)
        segment.sealed = True
        if segment.done:
            segment.discard()
            return None
        return segment

    def _known(self, name: Name, descriptor: int) -> Segment:
        size = self._files.fstat(descriptor).st_size
        header = self._files.pread(descriptor, HEADER_BYTES, 0)
        identity = read_identity(header)
        if identity is None:
            # A damaged header costs nothing but progress: the name tells the writer, and the frames speak for
            # themselves.
            identity = Identity(name.writer, name.created_ns, 0, 0)
            if format_of(header) is not None or not self._holds_frames(descriptor, size, identity):
                raise ForeignSegmentError(str(name))
        return Segment(
            directory=self._directory,
            name=name,
            file=SegmentFile(self._files, self._descriptors, descriptor, None),
            identity=identity,
            size=size,
            cursor=read_cursor(header, size),
            ledger=read_ledger(header),
        )

    def _holds_frames(self, descriptor: int, size: int, identity: Identity) -> bool:
        found = scan(lambda at, most: self._files.pread(descriptor, most, at), HEADER_BYTES, size, identity.salt)
        return any(isinstance(item, Frame) for item in found)
