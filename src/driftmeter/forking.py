"""One order for everything that a fork must not tear: what was made last uses what was made before, and stops first."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Protocol


class Forked(Protocol):
    """What has locks, files or connections that a fork must not tear."""

    def before_fork(self) -> None:
        """Stand still, or give up after a moment: who forks waits."""

    def after_fork_in_parent(self) -> None:
        """Go on, whether or not standing still worked."""

    def after_fork_in_child(self) -> None:
        """Start with locks that nobody holds, and leave to the parent what is the parent's."""


_lock = threading.Lock()
_all: weakref.WeakKeyDictionary[Forked, None] = weakref.WeakKeyDictionary()
_standing: list[Forked] = []


def look_after(one: Forked) -> None:
    """Have `one` told of every fork from now on, for as long as it lives.

    Before a fork the newest are told first, as with `os.register_at_fork`, and after it the oldest: whoever is about to
    stand still may need, until it does, those it was built on.

    """
    with _lock:
        _all[one] = None


def _before() -> None:
    _lock.acquire()  # until after the fork: nobody else forks or joins meanwhile
    _standing.extend(reversed(list(_all)))
    _tell(_standing, lambda one: one.before_fork())


def _in_parent() -> None:
    _go_on(lambda one: one.after_fork_in_parent())


def _in_child() -> None:
    _go_on(lambda one: one.after_fork_in_child())


def _go_on(how: Callable[[Forked], None]) -> None:
    try:
        _tell(reversed(_standing), how)
    finally:
        _standing.clear()
        _lock.release()


def _tell(ones: Iterable[Forked], how: Callable[[Forked], None]) -> None:
    """Tell each, whatever becomes of another; Python writes to standard error what a fork's hooks raise."""
    faults: list[Exception] = []
    for one in ones:
        try:
            how(one)
        except Exception as fault:  # noqa: BLE001  # raised below
            faults.append(fault)
    if faults:
        raise ExceptionGroup("not ready for a fork", faults)


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
