"""Two clocks: a steady one for intervals and ages, the wall's for stamps."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where a journal takes its time from."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970; may jump."""

    def steady_ns(self) -> int:
        """Nanoseconds since some moment; never jumps."""

    def nap(self, seconds: float, /) -> None:
        """Let time pass."""


class SystemClock:
    """The machine's clocks."""

    wall_ns = staticmethod(time.time_ns)
    steady_ns = staticmethod(time.monotonic_ns)
    nap = staticmethod(time.sleep)


class Almanac:
    """Stamps that never jump while the process lives: the wall's time at the beginning, carried on by the steady clock.

    A wall clock that is set right in between makes no record older or younger than it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ns = clock.wall_ns() - clock.steady_ns()

    def now_ns(self) -> int:
        """Nanoseconds since 1970."""
        return self._clock.steady_ns() + self._offset_ns
