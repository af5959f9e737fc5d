"""gRPC's own threads must be gone before a fork.

What they hold locked at that moment stays locked in the child, for ever, and a child that then opens a channel waits
for it inside gRPC, with the interpreter's lock in its hand: nothing of it runs any more. gRPC's own handlers stop its
threads at a fork, but not where one is just in the middle of something. Without any channel they end by themselves.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from driftmeter.forking import look_after

NAMES = ("event_engine", "lifeguard", "grpc_")
"""How the names of gRPC's threads begin."""

WAIT_S = 1.0
"""They take milliseconds, unless the machine is busy."""

SHORT_WAIT_S = 0.02
"""Once it was in vain: then others have channels, too, which are not ours to close."""

_NAP_S = 0.001
_TASKS = Path("/proc/self/task")


class GrpcThreads:
    """Waits, before each fork, until they are gone. Where they cannot be seen, as on macOS, it does not wait.

    Its transports close their channels before it waits: they are newer.

    """

    def __init__(self) -> None:
        self.started = False
        """Whether a channel was opened since they were last gone."""
        self._wait_s = WAIT_S
        look_after(self)

    def before_fork(self) -> None:
        """Wait for their end, for a moment."""
        if not self.started:
            return
        deadline_s = time.monotonic() + self._wait_s
        while running():
            if time.monotonic() >= deadline_s:
                self._wait_s = SHORT_WAIT_S
                return
            time.sleep(_NAP_S)
        self.started, self._wait_s = False, WAIT_S

    def after_fork_in_parent(self) -> None:
        """Go on: the next request opens a channel."""

    def after_fork_in_child(self) -> None:
        """Go on: threads do not outlive a fork."""


def running() -> bool:
    """Whether gRPC has threads in this process, as far as can be seen."""
    with suppress(OSError):
        return any(_name(task).startswith(NAMES) for task in _TASKS.iterdir())
    return False


def _name(task: Path) -> str:
    with suppress(OSError):  # it has just ended
        return (task / "comm").read_text()
    return ""


GRPC_THREADS = GrpcThreads()
