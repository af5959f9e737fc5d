"""The one background thread: asleep until something ends, then chunk by chunk until nothing waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

from driftmeter.threads import begin

LINGER_S = 1.0
"""After waking, wait this long for company, as OpenTelemetry's processors of log records do: most of what a chunk costs
is the same however many records it has, and at a hundred predictions a second a twentieth of a second brings five."""


class Worker:
    """Calls `step` on a daemon thread until it says that nothing is left.

    No thread exists before the first `wake`, and none is inherited over a fork.

    Args:
        step: does one chunk of work; returns whether there may be more.
        linger_s: how long to gather a chunk after being woken.

    """

    def __init__(self, step: Callable[[], bool], *, linger_s: float = LINGER_S) -> None:
        self._step = step
        self._linger_s = linger_s
        self.reset()

    def reset(self) -> None:
        """Forget the thread and every lock: what a forked child needs."""
        self.awake = False
        self.halted = False
        self.stepping = threading.Lock()
        self._start_lock = threading.Lock()
        self._bell = threading.Event()
        self._hurry = threading.Event()
        self._rounds = threading.Condition()
        self._asked = 0
        self._served = 0
        self._thread: threading.Thread | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being done and nothing will be, unless something wakes it."""
        return self.halted or not (self.awake or self.stepping.locked())

    def wake(self) -> None:
        """Ring the bell; start the thread if there is none yet. Cheap, and callable from any thread."""
        self.awake = True
        if self._thread is None:
            self._start()
        self._bell.set()

    def hurry(self) -> None:
        """Wait for no more company. Cheap, and callable from any thread."""
        if not self._hurry.is_set():
            self._hurry.set()

    def drain(self, timeout_s: float) -> bool:
        """Wait until everything that waits now is done; False when that takes longer than `timeout_s`, or for ever."""
        if self.halted or threading.current_thread() is self._thread:
            return False
        with self._rounds:
            self._asked += 1
            mine = self._asked
            self.hurry()
            self.wake()
            return self._rounds.wait_for(lambda: self._served >= mine, timeout_s)

    def halt(self, timeout_s: float) -> None:
        """Let no further step begin, for good: an interpreter that ends aborts over a thread inside NumPy's C++."""
        self.halted = self.halted or self.stepping.acquire(timeout=timeout_s)

    def stand_still(self, timeout_s: float) -> bool:
        """Let no further step begin until `stepping` is released; False where that takes longer, or none can begin."""
        if self.halted or threading.current_thread() is self._thread:
            return False
        return self.stepping.acquire(timeout=timeout_s)

    def _start(self) -> None:
        with self._start_lock:
            if self._thread is None:
                self._thread = begin(self._run, name="driftmeter-worker")

    def _run(self) -> None:
        while True:
            self._bell.wait()
            self._hurry.wait(self._linger_s)
            self._hurry.clear()
            self._bell.clear()
            # Both are read before the last look: who appends or asks after it rings again.
            self.awake = False
            asked = self._asked
            while self._locked_step():
                pass
            with self._rounds:
                self._served = asked
                self._rounds.notify_all()

    def _locked_step(self) -> bool:
        with self.stepping:
            return self._step()
