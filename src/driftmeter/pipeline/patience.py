"""How long an end may wait in vain: once for all that end together, since whoever stops a process waits once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from driftmeter.forking import in_child

TOGETHER_S = 10.0
"""Ends that follow one another within this time are one."""


class Patience:
    """Takes from the time limit of an end what other ends have waited in vain just before.

    >>> patience = Patience(clock=iter([0.0, 4.0, 5.0, 5.5]).__next__)
    >>> patience.end(lambda timeout_s: False, 5.0)
    False
    >>> patience.end(lambda timeout_s: timeout_s == 1.0, 5.0)
    True

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.renew()

    def renew(self) -> None:
        """Forget what was waited for: what a forked child needs."""
        self._spent_s = 0.0
        self._over_s = float("-inf")

    def end(self, end: Callable[[float], bool], timeout_s: float) -> bool:
        """Call an end with the time that is left to it; whether it was not in vain."""
        started_s = self._clock()
        if started_s - self._over_s > TOGETHER_S:
            self._spent_s = 0.0
        done = end(max(0.0, timeout_s - self._spent_s))
        self._over_s = self._clock()
        if not done:
            self._spent_s += self._over_s - started_s
        return done


PATIENCE: Final = Patience()
"""The process's."""

in_child(PATIENCE.renew)
