"""Threads of our own: none keeps a process alive, and none is begun in an interpreter that is going down."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def begin(run: Callable[..., object], *args: object, name: str) -> threading.Thread:
    """Start a daemon thread.

    Raises:
        RuntimeError: where no thread can be had. Before Python 3.12 `start` itself would wait for ever once the
            interpreter goes down, as it does for a prediction that an object makes when it is thrown away last.

    """
    if sys.is_finalizing():
        raise RuntimeError("an interpreter that is going down starts no more threads")
    thread = threading.Thread(target=run, args=args, name=name, daemon=True)
    thread.start()
    return thread
