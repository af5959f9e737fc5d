"""The last batches of a server that is told to go: flush on SIGTERM, then die of it all the same.

Whoever stops a container sends SIGTERM. Nothing registered with `atexit` runs when its default disposition ends the
process, and servers such as uvicorn come back to that: they answer what is open, put the earlier disposition back and
raise the signal again. So we take its place before they start, and only if nobody else has; a server that exits on its
own account never asks us.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
from types import FrameType

FLUSH_TIMEOUT_S = 4.5
"""As at any other end: of five seconds the rest is for everything else."""


def flush_on_sigterm() -> bool:
    """Take SIGTERM; False where it is taken already, or where Python cannot take it: off the main thread.

    The price: a long call into C, which SIGTERM would have ended at once, is ended when it returns.
    """
    if not _holds(signal.SIG_DFL):
        return False
    signal.signal(signal.SIGTERM, _flush_and_die)
    return True


def let_sigterm_be() -> None:
    """Give SIGTERM back, if it is still ours."""
    if _holds(_flush_and_die):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _holds(disposition: object) -> bool:
    return threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == disposition


def _flush_and_die(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signal module's contract
    # The signal may have interrupted this thread while it held one of the locks that a flush needs. So another thread
    # flushes, and it is started at the lowest level, since `threading` has locks of its own.
    finished = _thread.allocate_lock()
    finished.acquire()
    with contextlib.suppress(RuntimeError):  # no more threads to be had
        _thread.start_new_thread(_flush, (finished,))
        finished.acquire(timeout=FLUSH_TIMEOUT_S)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
    # Still alive: the kernel spares a container's first process, which goes on as it would have without us.
    signal.signal(signal.SIGTERM, _flush_and_die)


def _flush(finished: _thread.LockType) -> None:
    runtime = sys.modules.get("driftmeter.runtime")  # not loaded: nothing was ever predicted
    if runtime is not None:
        with contextlib.suppress(Exception):
            runtime.flush(FLUSH_TIMEOUT_S)
    finished.release()
