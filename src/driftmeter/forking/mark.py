"""A byte that the kernel wipes in a child: so that to ask whether one is a child costs next to nothing."""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
from typing import Final

_WIPE_ON_FORK: Final = 18
"""MADV_WIPEONFORK of Linux, which Python has no name for; see madvise(2)."""


class ProcessId:
    """The same where no page can be had: slower, since the system is asked each time."""

    _pid = 0

    def __getitem__(self, _: int) -> int:
        return self._pid == os.getpid()

    def __setitem__(self, _: int, __: int) -> None:
        self._pid = os.getpid()


def _unmarked() -> mmap.mmap | ProcessId:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            page.madvise(_WIPE_ON_FORK)
            return page
    return ProcessId()


MARK: Final = _unmarked()
"""`MARK[0]` is 0 in a child until it was told that it is one."""

MARK[0] = 1
