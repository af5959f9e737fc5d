"""A fork waits for a whole append; the child closes what it inherited and starts as a writer of its own."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Forked(Protocol):
    """What has locks and files that a fork must not tear."""

    def before_fork(self) -> None:
        """Stand still."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Own nothing."""


_lock = threading.Lock()
_all: weakref.WeakSet[Forked] = weakref.WeakSet()
_standing: list[Forked] = []


def look_after(one: Forked) -> None:
    """Have `one` told of every fork from now on."""
    with _lock:
        _all.add(one)


def _before() -> None:
    _lock.acquire()
    _standing.extend(_all)
    for one in _standing:
        one.before_fork()


def _in_parent() -> None:
    for one in reversed(_standing):
        one.after_fork_in_parent()
    _standing.clear()
    _lock.release()


def _in_child() -> None:
    for one in _standing:
        one.after_fork_in_child()
    _standing.clear()
    _lock.release()


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
