"""The one place where a fault of telemetry is swallowed: counted always, logged seldom, never raised."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from types import TracebackType

INTERNAL_LOGGER = "driftmeter.internal"
"""Our own handler refuses this logger, so a fault in logging cannot feed itself."""

LOG_INTERVAL_S = 60.0

_log = logging.getLogger(INTERNAL_LOGGER)


class Tally:
    """Counts by reason, from any thread.

    >>> lost = Tally()
    >>> lost.add("buffer_full", 2)
    >>> lost.counts()
    {'buffer_full': 2}

    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._counts: Counter[str] = Counter()

    def add(self, reason: str, count: int = 1) -> None:
        """Count `count` more for this reason; reasons are ours, never request values."""
        with self._lock:
            self._counts[reason] += count

    def counts(self) -> dict[str, int]:
        """A copy of the counts so far."""
        with self._lock:
            return dict(self._counts)

    def total(self) -> int:
        """The sum over all reasons."""
        return sum(self.counts().values())

    def reset(self) -> None:
        """Start again from nothing, with a lock that no other thread can hold: what a forked child needs."""
        self._lock = threading.RLock()
        self._counts = Counter()


class Guard:
    """Contains faults of telemetry at a named place.

    Only `Exception` is contained: what ends a program or a task (`BaseException`) passes.

    Attributes:
        faults: how many were contained, by place.
        altered: how many values could not be recorded as they were, by reason.

    >>> guard = Guard()
    >>> with guard.at("sinks.example"):
    ...     raise ValueError("a broken sink")
    >>> guard.faults.counts()
    {'sinks.example': 1}

    """

    def __init__(self, *, strict: bool = False) -> None:
        """Args: strict: count, then raise all the same; for tests."""
        self.faults = Tally()
        self.altered = Tally()
        self.strict = strict
        self._logged_s: dict[str, float] = {}

    def at(self, place: str) -> Guarded:
        """A context in which a fault is contained and counted under `place`."""
        return Guarded(self, place)

    def contain(self, place: str, fault: Exception) -> None:
        """Count a fault that was already caught; log it unless one of the same place was logged a moment ago."""
        self.faults.add(place)
        if self.strict:
            raise fault
        now_s = time.monotonic()
        if now_s - self._logged_s.get(place, -LOG_INTERVAL_S) < LOG_INTERVAL_S:
            return
        self._logged_s[place] = now_s
        with contextlib.suppress(Exception):  # the handlers that get this are the user's, and may fail themselves
            # The message names the fault's type only: an exception's text may quote the values it stumbled over.
            _log.warning("contained a telemetry fault in %s: %s", place, type(fault).__qualname__)
            _log.debug("details", exc_info=fault)


class Guarded:
    """The context manager that `Guard.at` gives."""

    __slots__ = ("_guard", "_place")

    def __init__(self, guard: Guard, place: str) -> None:
        self._guard = guard
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(fault, Exception):
            return False
        self._guard.contain(self._place, fault)
        return True
