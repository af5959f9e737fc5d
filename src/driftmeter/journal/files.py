"""Every call to the operating system that the journal makes, in one object: tests can make each of them fail."""

from __future__ import annotations

import fcntl
import os


class Files:
    """The part of `os` that a journal needs; a subclass may fail, write less than asked, or count.

    >>> Files().pwrite is os.pwrite
    True

    """

    open = staticmethod(os.open)
    close = staticmethod(os.close)
    write = staticmethod(os.write)
    pread = staticmethod(os.pread)
    pwrite = staticmethod(os.pwrite)
    ftruncate = staticmethod(os.ftruncate)
    fdatasync = staticmethod(getattr(os, "fdatasync", os.fsync))
    fsync = staticmethod(os.fsync)
    fstat = staticmethod(os.fstat)
    lstat = staticmethod(os.lstat)
    fchmod = staticmethod(os.fchmod)
    mkdir = staticmethod(os.mkdir)
    unlink = staticmethod(os.unlink)
    fstatvfs = staticmethod(os.fstatvfs)

    @staticmethod
    def listdir(descriptor: int) -> list[str]:
        """Names in an open directory."""
        return os.listdir(descriptor)

    @staticmethod
    def try_lock(descriptor: int) -> bool:
        """Take the exclusive `flock` of an open file, or say at once that somebody else has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @staticmethod
    def unlock(descriptor: int) -> None:
        """Give the lock back even where a forked child still has the file open."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
