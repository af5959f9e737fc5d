"""A call on a thread of its own, for those who cannot wait for its end longer than they have time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from driftmeter.threads import begin

_log = logging.getLogger("driftmeter.internal")


class Aside:
    """One call, on a daemon thread that exists from now on and waits for its word.

    An interpreter that is going down starts no more threads (Python 3.12): what is called then needs one before. All
    that it waits for was made with it, for gevent may have patched `threading` since, and a thread from before cannot
    wait for an event from after.

    Args:
        call: gives whether all went well; a fault is a no.

    >>> aside = Aside(lambda: True)
    >>> aside.begin()
    >>> aside.done(timeout_s=10)
    True

    """

    def __init__(self, call: Callable[[], bool]) -> None:
        self._call = call
        self._word = threading.Event()
        self._patience_s = 0.0
        self._go = threading.Event()
        self._over = threading.Event()
        self._well = False
        begin(self._run, name="driftmeter-aside")

    def begin(self, patience_s: float = 0.0) -> None:
        """Have it called: now, or with patience when that is over, or sooner if `go` says so."""
        self._patience_s = patience_s
        self._word.set()

    def go(self) -> None:
        """No patience any more."""
        self._go.set()

    def done(self, timeout_s: float) -> bool:
        """Whether all went well within the time limit; a call that takes longer is left alone."""
        return self._over.wait(max(0.0, timeout_s)) and self._well

    def _run(self) -> None:
        self._word.wait()
        self._go.wait(self._patience_s)
        try:
            self._well = self._call()
        except Exception as fault:  # noqa: BLE001  # a provider may be anybody's
            _log.debug("what was called aside failed", exc_info=fault)
        self._over.set()
