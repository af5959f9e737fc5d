"""How fast requests are answered: a rate over the last moment, percentiles over the last thousand and over all."""

from __future__ import annotations

import time
from array import array
from collections import deque
from collections.abc import Callable

from driftmeter.demo.scene import Pace

_RECENT = 1000


class Stopwatch:
    """Notes every latency.

    Args:
        clock: gives seconds; for tests.

    >>> watch = Stopwatch(clock=iter([0.0, 1.0, 2.0, 3.0]).__next__)
    >>> watch.note(0.002)
    >>> watch.note(0.004)
    >>> watch.whole().p99_ms
    4.0

    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started_s = clock()
        self._latencies_s = array("d")
        self._finished_s: deque[float] = deque(maxlen=_RECENT)

    def note(self, latency_s: float) -> None:
        """One request was answered just now."""
        self._latencies_s.append(latency_s)
        self._finished_s.append(self._clock())

    def recent(self) -> Pace:
        """The last thousand answers."""
        finished_s = self._finished_s
        span_s = finished_s[-1] - finished_s[0] if finished_s else 0.0
        return _pace(list(self._latencies_s[-_RECENT:]), len(finished_s) / span_s if span_s else 0.0)

    def whole(self) -> Pace:
        """All answers."""
        span_s = self._finished_s[-1] - self._started_s if self._finished_s else 0.0
        return _pace(list(self._latencies_s), len(self._latencies_s) / span_s if span_s else 0.0)


def _pace(latencies_s: list[float], per_s: float) -> Pace:
    if not latencies_s:
        return Pace()
    ordered = sorted(latencies_s)
    return Pace(per_s=per_s, p50_ms=_quantile(ordered, 0.5) * 1e3, p99_ms=_quantile(ordered, 0.99) * 1e3)


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
