"""A transport that a process may fork beside: gRPC aborts a child while a thread of its parent waits inside a call."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable

from driftmeter.otlp.answer import Answer
from driftmeter.otlp.transport import Transport

FORK_WAIT_S = 0.5


class Forkable:
    """Has requests on their way end before a fork, where they need to; the child starts with a connection of its own.

    Args:
        transport: does the sending.

    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._sending = threading.Lock()
        self._forking_thread: int | None = None
        _living.add(self)

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._transport.address

    def send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:
        """Send one serialised request, as `Transport` says; one that a fork ends may be sent again."""
        with self._sending:
            return self._transport.send(request, compressed=compressed, timeout_s=timeout_s)

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()

    def interrupt(self) -> bool:
        """As `Transport` says."""
        return self._transport.interrupt()

    def abandon(self) -> None:
        """Forget the connection, and the lock, which another thread of the parent may hold."""
        self._sending = threading.Lock()
        self._forking_thread = None
        self._transport.abandon()

    def before_fork(self) -> None:
        """Have nothing on its way, where a child could not live with it."""
        if self._sending.acquire(blocking=False) or (
            self._transport.interrupt() and self._sending.acquire(timeout=FORK_WAIT_S)
        ):
            self._forking_thread = threading.get_ident()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._forking_thread == threading.get_ident():  # another thread may fork meanwhile, having waited in vain
            self._forking_thread = None
            self._sending.release()


_living: weakref.WeakSet[Forkable] = weakref.WeakSet()


def _each(verb: Callable[[Forkable], None]) -> Callable[[], None]:
    def run() -> None:
        for transport in list(_living):
            verb(transport)

    return run


os.register_at_fork(
    before=_each(Forkable.before_fork),
    after_in_parent=_each(Forkable.after_fork_in_parent),
    after_in_child=_each(Forkable.abandon),
)
