"""A call on a thread of its own, for those who cannot wait for its end longer than they have time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger("driftmeter.internal")


class Aside:
    """One call, on a daemon thread that exists from now on and waits for its word.

    An interpreter that is going down starts no more threads (Python 3.12): what is called then needs one before.

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
        self._after, self._patience_s = threading.Event(), 0.0
        self._over = threading.Event()
        self._well = False
        threading.Thread(target=self._run, name="driftmeter-aside", daemon=True).start()

    def begin(self, after: threading.Event | None = None, patience_s: float = 0.0) -> None:
        """Have it called: now, or as soon as `after` is set, or when patience is over."""
        if after is not None:
            self._after, self._patience_s = after, patience_s
        self._word.set()

    def done(self, timeout_s: float) -> bool:
        """Whether all went well within the time limit; a call that takes longer is left alone."""
        return self._over.wait(max(0.0, timeout_s)) and self._well

    def _run(self) -> None:
        self._word.wait()
        self._after.wait(self._patience_s)
        try:
            self._well = self._call()
        except Exception as fault:  # noqa: BLE001  # a provider may be anybody's
            _log.debug("what was called aside failed", exc_info=fault)
        self._over.set()
