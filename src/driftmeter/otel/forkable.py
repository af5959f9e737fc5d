"""A transport that a process may fork beside: gRPC aborts a child while a thread of its parent waits inside a call."""

from __future__ import annotations

import threading

from driftmeter.journal.forking import look_after
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
        look_after(self)

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

    def before_fork(self) -> None:
        """Have nothing on its way, where a child could not live with it."""
        if self._sending.acquire(blocking=False) or (
            self._transport.interrupt() and self._sending.acquire(timeout=FORK_WAIT_S)
        ):
            self._forking_thread = threading.get_ident()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._forking_thread == threading.get_ident():  # unless it was waited for in vain
            self._forking_thread = None
            self._sending.release()

    def after_fork_in_child(self) -> None:
        """Forget the connection, and the lock, which another thread of the parent may hold."""
        self._sending = threading.Lock()
        self._forking_thread = None
        self._transport.abandon()
