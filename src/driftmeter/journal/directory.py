"""A directory of segments: made private, checked before it is trusted, listed oldest first."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from driftmeter.journal.files import Files

_NAME = re.compile(r"(\d{20})-([0-9a-f]{16})-(\d+)\.seg")
DEAD = "dead"
"""Where refused records go, inside the journal's directory."""

_AS_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_TO_CHANGE = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_TO_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class UnsafeDirectoryError(OSError):
    """A journal directory that somebody else could read, replace or redirect."""


class Name(NamedTuple):
    """What a segment's file name says; sorts oldest first."""

    created_ns: int
    writer: str
    number: int

    def __str__(self) -> str:
        return f"{self.created_ns:020d}-{self.writer}-{self.number}.seg"

    @staticmethod
    def parse(text: str) -> Name | None:
        """The name, or None for a file that is not ours.

        >>> Name.parse(str(Name(5, "00" * 8, 3)))
        Name(created_ns=5, writer='0000000000000000', number=3)

        """
        match = _NAME.fullmatch(text)
        return Name(int(match[1]), match[2], int(match[3])) if match else None


class Descriptors:
    """The files that this process has open for the journal: a forked child closes every one of them.

    A descriptor is opened and noted under one lock, which a fork waits for, so that a child never inherits a lock
    (`flock`) of its parent's without knowing.
    """

    def __init__(self, files: Files) -> None:
        self.lock = threading.RLock()
        self._files = files
        self._open: set[int] = set()

    def open(self, path: str, flags: int, *, within: int | None = None) -> int:
        """As `os.open`, private to the owner."""
        with self.lock:
            descriptor = self._files.open(path, flags, 0o600, dir_fd=within)
            self._open.add(descriptor)
            return descriptor

    def close(self, descriptor: int) -> None:
        """Close, whatever the disk says about it."""
        with self.lock:
            if descriptor not in self._open:
                return
            self._open.discard(descriptor)
            with contextlib.suppress(OSError):
                self._files.close(descriptor)

    def close_all(self) -> None:
        """What a forked child does first; it leaves the parent's locks alone."""
        for descriptor in list(self._open):
            self.close(descriptor)


class Directory:
    """One directory, opened at first need and again after it was lost.

    Args:
        path: made with mode 0700 where it does not exist, and so are its missing parents.
        files: the operating system.
        descriptors: where open files are noted.
        within: the directory that it lies in, where that is one of ours and as little to be redirected.

    """

    def __init__(self, path: Path, files: Files, descriptors: Descriptors, within: Directory | None = None) -> None:
        self.path = path
        self._within = within
        self._files = files
        self._descriptors = descriptors
        self._descriptor: int | None = None

    def prepare(self) -> int:
        """The open directory, made and checked at first.

        Raises:
            UnsafeDirectoryError: it is a symlink or belongs to somebody else.
            OSError: it cannot be made.

        """
        if self._descriptor is not None:
            if self._files.fstat(self._descriptor).st_nlink:
                return self._descriptor
            self.close()
        try:
            descriptor = self._open()
        except OSError as fault:
            if stat.S_ISLNK(self._files.lstat(self.path).st_mode):
                raise UnsafeDirectoryError(f"{self.path} is a symbolic link: name the directory itself") from fault
            raise
        try:
            self._check(descriptor)
        except OSError:
            self._descriptors.close(descriptor)
            raise
        self._descriptor = descriptor
        return descriptor

    def _open(self) -> int:
        if self._within is None:
            self._make(self.path)
            return self._descriptors.open(str(self.path), _AS_DIRECTORY)
        parent = self._within.prepare()
        with contextlib.suppress(FileExistsError):
            self._files.mkdir(self.path.name, 0o700, dir_fd=parent)
        return self._descriptors.open(self.path.name, _AS_DIRECTORY, within=parent)

    def exists(self) -> bool:
        """Whether there is anything to look at; nothing is made by asking."""
        try:
            self._files.lstat(self.path)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Forget the open directory; the next use opens it again."""
        if self._descriptor is not None:
            self._descriptors.close(self._descriptor)
            self._descriptor = None

    def forget(self) -> None:
        """Somebody else closed it."""
        self._descriptor = None

    def names(self) -> list[Name]:
        """The segments, oldest first."""
        return list(self.oldest_first())

    def oldest_first(self) -> Iterator[Name]:
        """The segments one by one: after days without a backend there are thousands, of which the first is wanted."""
        # As text, which sorts alike but for the numbers of one writer's segments of one nanosecond.
        return (name for name in map(Name.parse, sorted(self._files.listdir(self.prepare()))) if name)

    def strangers(self) -> int:
        """Files that look like segments but are not named by us."""
        listed = self._files.listdir(self.prepare())
        return sum(text.endswith(".seg") and Name.parse(text) is None for text in listed)

    def make(self, name: Name) -> int:
        """A new file for appending; never one that was there before."""
        return self._descriptors.open(str(name), _TO_MAKE, within=self.prepare())

    def open(self, name: Name, *, writable: bool = True) -> int:
        """An existing file, for reading and, if `writable`, for changes in place.

        Raises:
            UnsafeDirectoryError: it is no ordinary file of ours.
            OSError: it is gone, or cannot be opened.

        """
        flags = _TO_CHANGE if writable else _TO_READ
        descriptor = self._descriptors.open(str(name), flags, within=self.prepare())
        facts = self._files.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            self._descriptors.close(descriptor)
            raise UnsafeDirectoryError(f"{name} is no ordinary file of this user")
        return descriptor

    def size(self, name: Name) -> int:
        """Bytes of one file; 0 where it is gone."""
        try:
            return self._files.lstat(self.path / str(name)).st_size
        except OSError:
            return 0

    def unlink(self, name: Name) -> None:
        """Remove a file; one that is gone already is fine."""
        with contextlib.suppress(FileNotFoundError):
            self._files.unlink(str(name), dir_fd=self.prepare())

    def sync(self) -> None:
        """Have the directory itself reach the disk: names of new files, absence of removed ones."""
        self._files.fsync(self.prepare())

    def free_bytes(self) -> tuple[int, int]:
        """Bytes that are free for us, and the size of the disk."""
        disk = self._files.fstatvfs(self.prepare())
        return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize

    def _make(self, path: Path) -> None:
        try:
            self._files.mkdir(path, 0o700)
        except FileExistsError:
            return
        except FileNotFoundError:
            if path.parent == path:
                raise
            self._make(path.parent)
            with contextlib.suppress(FileExistsError):
                self._files.mkdir(path, 0o700)  # once: there are directories that can have none

    def _check(self, descriptor: int) -> None:
        facts = self._files.fstat(descriptor)
        if facts.st_uid != os.geteuid():
            owner = f"user {facts.st_uid}, not {os.geteuid()}"
            raise UnsafeDirectoryError(f"{self.path} belongs to {owner}: choose a directory of your own")
        if not stat.S_IMODE(facts.st_mode) & 0o077:
            return
        others = [text for text in self._files.listdir(descriptor) if not text.endswith(".seg") and text != DEAD]
        if others:  # making a directory private that others use, too, could break a machine: think of /tmp
            way_out = "choose a directory for the journal alone, or chmod 700"
            raise UnsafeDirectoryError(f"{self.path} is open to other users and holds {others[0]!r}: {way_out}")
        self._files.fchmod(descriptor, 0o700)
