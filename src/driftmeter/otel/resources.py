"""Offers the readings of `driftmeter.resources` to an OpenTelemetry Meter, as observable instruments.

The Meter API can register but not unregister, so the instruments stay and their callbacks fall silent: after
`stop_observing_resources`, and for as long as OpenTelemetry's own system-metrics instrumentation is active.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterable
from importlib import import_module
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from driftmeter.resources import CATALOGUE, GROUPS, Group, Snapshot, known_groups
from driftmeter.semconv import Metric

_observed: WeakKeyDictionary[Meter, _Observed] = WeakKeyDictionary()
_registration = threading.Lock()


def observe_resources(meter: Meter, groups: Collection[str] = GROUPS, *, min_interval_s: float = 1.0) -> None:
    """Emit the resource metrics of these groups, and of no others, through a meter.

    May be called again for the same meter, to switch groups on or off. `system` metrics describe the whole machine:
    N workers of one host emit N copies of them.

    Args:
        meter: Takes the instruments, once.
        groups: What to emit: "process", "system", both or none.
        min_interval_s: Shortest time between two readings, in seconds.

    Raises:
        ValueError: If a group is unknown, or the interval not positive.

    >>> from opentelemetry.metrics import NoOpMeter
    >>> observe_resources(NoOpMeter("example"), {"process"})

    """
    snapshots = {group: Snapshot({group}, min_interval_s=min_interval_s) for group in known_groups(groups)}
    for group in snapshots:
        # Now, not when they are first read: a child forked while a thread imports waits for that module for ever.
        import_module(f"driftmeter.resources.{group}")
    with _registration:
        observed = _observed.setdefault(meter, _Observed())
        observed.switch(meter, snapshots)


def stop_observing_resources(meter: Meter) -> None:
    """Emit no resource metrics through this meter any longer; no harm if there were none."""
    with _registration:
        if observed := _observed.get(meter):
            observed.switch(meter, {})


def resource_faults(meter: Meter) -> dict[tuple[str, str], int]:
    """Count the readings that failed for this meter, by reading (as "process.disk") and type of error."""
    observed = _observed.get(meter)
    return observed.faults() if observed else {}


def should_observe() -> bool:
    """Tell whether nobody else in this process emits these metrics.

    False while OpenTelemetry's `SystemMetricsInstrumentor` is active. A Collector's hostmetrics receiver cannot be
    seen from here: where one runs, leave the "system" group out.

    >>> should_observe()
    True

    """
    module = sys.modules.get("opentelemetry.instrumentation.system_metrics")
    # Its instance is looked up, not asked for: calling the class would run its __init__ once more and reset it.
    instance = getattr(getattr(module, "SystemMetricsInstrumentor", None), "_instance", None)
    return not getattr(instance, "is_instrumented_by_opentelemetry", False)


class _Observed:
    """What one meter emits."""

    def __init__(self) -> None:
        self._registered: set[Group] = set()
        self._active: dict[Group, Snapshot] = {}

    def switch(self, meter: Meter, snapshots: dict[Group, Snapshot]) -> None:
        self._active = snapshots
        for group in snapshots.keys() - self._registered:
            self._registered.add(group)
            for metric in CATALOGUE[group]:
                _register(meter, metric, self._callback(group, metric.name))

    def faults(self) -> dict[tuple[str, str], int]:
        faults: dict[tuple[str, str], int] = {}
        for snapshot in self._active.values():
            faults.update(snapshot.faults())
        return faults

    def _callback(self, group: Group, metric: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            snapshot = self._active.get(group)
            # Asked each time, since the other instrumentation may come later than ours.
            if snapshot is None or not should_observe():
                return ()
            return [Observation(point.value, point.attributes) for point in snapshot.points(metric)]

        return observe


def _register(meter: Meter, metric: Metric, observe: Callable[[CallbackOptions], Iterable[Observation]]) -> None:
    create = {
        "observable_counter": meter.create_observable_counter,
        "observable_gauge": meter.create_observable_gauge,
        "observable_up_down_counter": meter.create_observable_up_down_counter,
    }[metric.kind]
    create(metric.name, callbacks=[observe], unit=metric.unit, description=metric.description)
