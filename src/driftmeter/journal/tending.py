"""The journal's one thread: has files reach the disk, and does whatever a caller must not wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from driftmeter.threads import begin

THREAD_NAME = "driftmeter-sync"


class Tender:
    """Calls `tend` every `interval_s` while there is something to do; asleep otherwise.

    Args:
        tend: does one round; returns whether another may be needed soon.
        interval_s: between rounds.

    """

    def __init__(self, tend: Callable[[], bool], interval_s: float) -> None:
        self._tend, self._interval_s = tend, interval_s
        self.reset()

    def reset(self) -> None:
        """Forget the thread: what a forked child needs."""
        self._bell = threading.Event()
        self._pause = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = False
        self.asleep = True

    def wake(self) -> None:
        """There is something to do; cheap while the thread is awake."""
        self.asleep = False
        if self._thread is None and self._starting.acquire(blocking=False):
            try:
                self._ended = False
                self._thread = begin(self._run, self._bell, name=THREAD_NAME)
            except RuntimeError:  # the interpreter is ending: what is on disk stays there
                self._thread = None
            finally:
                self._starting.release()
        self._bell.set()

    def hurry(self) -> None:
        """Have the next round now."""
        self._pause.set()

    def stop(self, timeout_s: float) -> None:
        """End the thread; a later `wake` starts another."""
        thread = self._thread
        self._ended = True
        self._bell.set()
        self._pause.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)
        self._bell = threading.Event()
        self._thread = None
        self.asleep = True

    def _run(self, bell: threading.Event) -> None:
        while not self._ended and bell is self._bell:
            bell.wait()
            bell.clear()
            while not self._ended:
                self._pause.wait(self._interval_s)
                self._pause.clear()
                if not self._tend():
                    break
            self.asleep = True
            if self._tend():
                self._bell.set()
