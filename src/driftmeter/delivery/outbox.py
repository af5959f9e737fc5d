"""A journal and the sender that empties it, as one thing to append to; one per directory in a process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from driftmeter.delivery.pace import Pace
from driftmeter.delivery.sender import Sender
from driftmeter.forking import in_child
from driftmeter.journal import Journal, Limits, mounts
from driftmeter.otlp import Origin
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import Transport, connect
from driftmeter.pipeline import Guard

_open: dict[tuple[Path, Endpoint], Outbox] = {}
_opening = threading.Lock()


class Outbox:
    """Where records are safe once `append` returns, and from where they are delivered.

    Args:
        journal: keeps them.
        transport: the way to the backend.
        guard: contains the faults.
        origin: what reports of lost records are sent under.
        pace: how much is sent, how often.

    """

    def __init__(
        self, journal: Journal, transport: Transport, guard: Guard, origin: Callable[[], Origin], pace: Pace
    ) -> None:
        self.journal = journal
        self.sender = Sender(journal, transport, guard=guard, pace=pace, origin=origin())
        self._used = False

    def append(self, kind: int, definition: bytes, payload: bytes) -> bool:
        """Store one record, and have it delivered; False when it could only be counted as lost. Never raises."""
        self._used = True
        stored = self.journal.append(kind, definition, payload)
        if not self.sender.awake:
            self.sender.wake()
        return stored

    def flush(self, timeout_s: float) -> bool:
        """Deliver everything that was appended before now; True when that is done."""
        if not self._used:
            return True
        delivered = self.sender.flush(timeout_s)
        if delivered:
            self.journal.roll()  # what is delivered need not lie on the disk until the segment is full
        return delivered

    def shutdown(self, timeout_s: float) -> bool:
        """Make one attempt to deliver what is there, and end; True when nothing is left.

        The rest stays on disk for the next process; what is appended after this, too.
        """
        if not self._used:
            return True
        delivered = self.sender.shutdown(timeout_s)
        self.journal.close()
        _forget(self)
        return delivered


def outbox_of(
    directory: Path, endpoint: Endpoint, guard: Guard, origin: Callable[[], Origin], *, limits: Limits, sync: str
) -> Outbox:
    """An outbox of one's own.

    Raises:
        ValueError: a setting that cannot be meant; the message names the way out.

    """
    mounts.warn_if_remote(directory)
    pace = Pace.from_environ(timeout_s=endpoint.timeout_s, record_bytes=limits.max_record_bytes)
    return Outbox(Journal(directory, limits=limits, sync=sync), connect(endpoint), guard, origin, pace)


def open_outbox(
    directory: Path, endpoint: Endpoint, guard: Guard, origin: Callable[[], Origin], *, limits: Limits, sync: str
) -> Outbox:
    """The process's outbox for a directory and a backend: the same again for the same.

    Raises:
        ValueError: as `outbox_of`.

    """
    with _opening:
        if (known := _open.get((directory, endpoint))) is None:
            known = outbox_of(directory, endpoint, guard, origin, limits=limits, sync=sync)
            _open[directory, endpoint] = known
        return known


def close_outboxes(timeout_s: float = 0.0) -> None:
    """Let go of all outboxes; what they hold stays on disk."""
    for outbox in list(_open.values()):
        outbox.shutdown(timeout_s)
    _open.clear()


def _forget(outbox: Outbox) -> None:
    with _opening:
        for key in [key for key, known in _open.items() if known is outbox]:
            del _open[key]


def _renew_lock() -> None:
    global _opening  # noqa: PLW0603  # a forked child must not wait for a lock that another thread held
    _opening = threading.Lock()


in_child(_renew_lock)
