"""One order for everything that a fork must not tear: what was made last uses what was made before, and stops first."""

from __future__ import annotations

import logging  # noqa: F401  # whose hooks hold a lock from before a fork: were they newer, we waited for threads that log
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from driftmeter.forking.mark import MARK

One = TypeVar("One")


class Forked(Protocol):
    """What has locks, files or connections that a fork must not tear."""

    def before_fork(self) -> None:
        """Stand still, or give up after a moment: who forks waits."""

    def after_fork_in_parent(self) -> None:
        """Go on, whether or not standing still worked."""

    def after_fork_in_child(self) -> None:
        """Start with locks that nobody holds, and leave to the parent what is the parent's, standing still or not."""


class _Fork:
    """One that is under way."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.standing: list[Forked] = []
        """Who stands still for it, the newest first."""


_told_pid = os.getpid()
_calls: list[Callable[[], object]] = []

_lock = threading.RLock()
"""Held from before a fork until after it, so that nobody else forks or joins meanwhile."""

_all: weakref.WeakKeyDictionary[Forked, None] = weakref.WeakKeyDictionary()
_last: weakref.WeakKeyDictionary[Forked, None] = weakref.WeakKeyDictionary()
_forks: list[_Fork] = []
"""All of one thread: a signal's handler may fork in the middle of another fork."""


def look_after(one: Forked) -> None:
    """Have `one` told of every fork from now on, for as long as it lives.

    Before a fork the newest are told first, as with `os.register_at_fork`, and after it the oldest: whoever is about to
    stand still may need, until it does, those it was built on.

    """
    with _lock:
        _all[one] = None


def look_after_last(one: Forked) -> None:
    """As `look_after`, for what predictions wait for: it stands still once all others do, and goes on before them.

    Others may wait for a second, for an answer or for threads of gRPC's, and other threads predict meanwhile.

    """
    with _lock:
        _last[one] = None


def _oldest_first() -> list[Forked]:
    return [*_last, *_all]


def in_child(call: Callable[[], object]) -> None:
    """Have something called in every child, before those that are looked after are told."""
    with _lock:
        _calls.append(call)


def _before() -> None:
    _lock.acquire()
    fork = _Fork()
    still = {id(one) for outer in _forks for one in outer.standing}
    _forks.append(fork)
    _tell(
        _stopping(fork, [one for one in reversed(_oldest_first()) if id(one) not in still]),
        lambda one: one.before_fork(),
    )


def _stopping(fork: _Fork, ones: Iterable[Forked]) -> Iterator[Forked]:
    for one in ones:
        if fork not in _forks:  # a handler forked, and its child came back here
            return
        fork.standing.append(one)
        yield one


def _in_parent() -> None:
    # No fork of ours: a handler raised while another thread's was waited for, or came back here as a child.
    if not _forks or _forks[-1].thread != threading.get_ident():
        return
    try:
        _tell(reversed(_forks.pop().standing), lambda one: one.after_fork_in_parent())
    finally:
        _lock.release()


def announced() -> bool:
    """Whether this thread is between the hooks of a fork; in a child, that its own hooks are on their way."""
    return bool(_forks)


def tell_child() -> None:
    """Tell everybody, since some servers call this alone, without a word before the fork; once in each child."""
    global _lock, _told_pid  # other threads of the parent are not there to release theirs
    if MARK[0] and _told_pid == os.getpid():  # the program's own hooks may have been first
        return
    _lock, _told_pid = threading.RLock(), os.getpid()
    _forks.clear()
    try:
        _tell([*_calls, *(one.after_fork_in_child for one in _oldest_first())], lambda call: call())
    finally:
        MARK[0] = 1


def _tell(ones: Iterable[One], how: Callable[[One], object]) -> None:
    """Tell each, whatever becomes of another; Python writes to standard error what a fork's hooks raise."""
    faults: list[BaseException] = []
    for one in ones:
        try:
            how(one)
        except BaseException as fault:  # noqa: BLE001  # raised below; a signal's handler may raise anything
            faults.append(fault)
    if faults:
        raise BaseExceptionGroup("not ready for a fork", faults)


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=tell_child)
