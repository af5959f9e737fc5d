"""What is called before the process ends: a child of `multiprocessing` leaves without what `atexit` was given, too."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

_end: Callable[[], object] | None = None
_hooked = False
_finalized = 0
"""The process that calls it by a finalizer."""


def before_leaving(end: Callable[[], object]) -> None:
    """Call `end` when the interpreter ends, before all that was registered so far, or when a child's work is done."""
    global _end  # noqa: PLW0603  # one end for the process
    if _end is not None:
        atexit.unregister(_end)
    atexit.register(end)
    _end = end
    _hook()


def _hook() -> None:
    """Take part where `multiprocessing` is there; a child drops its parent's finalizers, but runs through its hooks."""
    global _hooked  # noqa: PLW0603
    if _end is None or "multiprocessing.util" not in sys.modules:
        return
    from multiprocessing import parent_process  # noqa: PLC0415  # imported already
    from multiprocessing.util import register_after_fork  # noqa: PLC0415

    if not _hooked:
        _hooked = True
        register_after_fork(_finalize, lambda finalize: finalize())
    if parent_process() is not None:
        _finalize()


def _finalize() -> None:
    global _finalized  # noqa: PLW0603
    from multiprocessing.util import Finalize  # noqa: PLC0415

    if _finalized != os.getpid():
        _finalized = os.getpid()
        Finalize(None, _leave, exitpriority=0)  # after those of others, who may still predict


def _leave() -> None:
    if _end is not None:
        _end()


os.register_at_fork(after_in_child=_hook)
