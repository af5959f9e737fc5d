"""Time that passes when a test says so."""

from __future__ import annotations

_NS_PER_S = 1_000_000_000


class FakeClock:
    """A monotonic and a wall clock that advance together; call it for monotonic seconds, like `time.monotonic`.

    Args:
        start_ns: The wall clock's first time, in nanoseconds since the epoch.

    >>> clock = FakeClock(start_ns=1_700_000_000_000_000_000)
    >>> clock.advance(1.5)
    >>> clock(), clock.time_ns()
    (1.5, 1700000001500000000)

    """

    def __init__(self, start_ns: int = 0) -> None:
        self._start_ns = start_ns
        self._elapsed_ns = 0

    def __call__(self) -> float:
        """Give the monotonic time, in seconds."""
        return self._elapsed_ns / _NS_PER_S

    def time_ns(self) -> int:
        """Give the wall clock's time, in nanoseconds since the epoch, like `time.time_ns`."""
        return self._start_ns + self._elapsed_ns

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: If it would pass backwards, which no monotonic clock does.

        """
        if seconds < 0:
            raise ValueError(f"cannot advance by {seconds} s: time only passes forwards")
        self._elapsed_ns += round(seconds * _NS_PER_S)
