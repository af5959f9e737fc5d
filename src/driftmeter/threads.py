"""Threads of our own: none keeps a process alive, or is begun in an interpreter that is going down; all stand back."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Piece = TypeVar("Piece")


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


def breathing(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same pieces of work; after each the interpreter is offered to threads that make predictions.

    Asked for by another thread, Python takes it from one that computes only after five milliseconds.

    >>> list(breathing("ab"))
    ['a', 'b']

    """
    for piece in pieces:
        yield piece
        time.sleep(0)
