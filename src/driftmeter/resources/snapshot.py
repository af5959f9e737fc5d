"""One snapshot per collection cycle, shared by every callback of every reader."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection

from driftmeter.resources.catalogue import GROUPS, Group, known_groups
from driftmeter.resources.point import Point, Reader


class Snapshot:
    """The readings of some groups, taken anew when asked for and older than `min_interval_s`.

    Two metric readers, or twenty callbacks of one, so share the differences from which utilization is computed
    instead of cutting each other's short. A reading that fails is left out, never 0, and counted in `faults`. Safe
    in threads; a forked child starts with its own process, lock, differences and faults.

    Args:
        groups: What to read: "process", "system" or both.
        min_interval_s: Shortest time between two snapshots, in seconds.
        clock: Monotonic time in seconds.

    Raises:
        ValueError: If a group is unknown, or the interval not positive.

    >>> snapshot = Snapshot({"process"})
    >>> [point.value for point in snapshot.points("process.thread.count")][0] >= 1
    True
    >>> snapshot.points("system.uptime")
    ()

    """

    def __init__(
        self,
        groups: Collection[str] = GROUPS,
        *,
        min_interval_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not min_interval_s > 0:
            raise ValueError(f"min_interval_s is {min_interval_s}; it must be above 0")
        self._groups = known_groups(groups)
        self._min_interval_s = min_interval_s
        self._clock = clock
        self._cycles = self._begin()

    def points(self, metric: str) -> tuple[Point, ...]:
        """Give the points of one metric now, by its name; none if the metric is not read or its reading failed."""
        return self._own().points(metric)

    def faults(self) -> dict[tuple[str, str], int]:
        """Count the readings that failed so far, by reading (as "process.disk") and type of error."""
        return dict(self._own().faults)

    def _begin(self) -> _Cycles:
        return _Cycles(self._groups, self._min_interval_s, self._clock)

    def _own(self) -> _Cycles:
        # Replaced as a whole, lock included, since a thread of the parent may have held the lock while forking.
        if self._cycles.pid != os.getpid():
            self._cycles = self._begin()
        return self._cycles


class _Cycles:
    """The snapshots of one process, one after the other."""

    def __init__(self, groups: tuple[Group, ...], min_interval_s: float, clock: Callable[[], float]) -> None:
        self.pid = os.getpid()
        self.faults: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._readers: dict[Group, Reader | None] = dict.fromkeys(groups)
        self._min_interval_s = min_interval_s
        self._clock = clock
        self._taken: float | None = None
        self._points: dict[str, tuple[Point, ...]] = {}

    def points(self, metric: str) -> tuple[Point, ...]:
        with self._lock:
            now = self._clock()
            if self._taken is None or now - self._taken >= self._min_interval_s:
                self._taken, self._points = now, {}
                for group in self._readers:
                    self._read(group)
            return self._points.get(metric, ())

    def _read(self, group: Group) -> None:
        try:
            reader = self._readers[group] = self._readers[group] or _reader(group, self._clock)
        except Exception as error:  # noqa: BLE001 - a machine may refuse any of this; telemetry goes on without it
            self.faults[group, type(error).__name__] += 1
            return
        for name, read in reader.readings.items():
            try:
                self._points.update(read())
            except Exception as error:  # noqa: BLE001 - as above
                self.faults[f"{group}.{name}", type(error).__name__] += 1


def _reader(group: Group, clock: Callable[[], float]) -> Reader:
    # psutil takes tens of milliseconds to import, which only those pay who read resources.
    if group == "process":
        from driftmeter.resources.process import ProcessReader  # noqa: PLC0415

        return ProcessReader(clock)
    from driftmeter.resources.system import SystemReader  # noqa: PLC0415

    return SystemReader()
