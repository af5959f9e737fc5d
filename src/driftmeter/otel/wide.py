"""Metrics of many series, read when others are collected and joined to what our own exporters send.

A model of twenty columns has some fifteen hundred series. An instrument of the SDK makes several objects for each of
them at each collection, most of which the next throws away, and holds the interpreter meanwhile. So where the exporters
are ours, what is observed by column goes straight into the SDK's public data classes, point for point what its own
instruments would have sent.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Metric,
    MetricReader,
    NumberDataPoint,
    Sum,
)

from driftmeter import semconv
from driftmeter.forking import in_child
from driftmeter.otel.joining import join

Read: TypeAlias = Callable[[], Iterable[Observation]]


class WideMetrics:
    """What is observed, in as many exporters as there are, for each as it prefers.

    Args:
        temporalities: of the counters, for each exporter.

    """

    def __init__(self, temporalities: Sequence[AggregationTemporality]) -> None:
        self._reads: dict[semconv.Metric, Read] = {}
        self.streams = [WideStream(self._reads, temporality) for temporality in temporalities]

    def observe(self, metric: semconv.Metric, read: Read) -> None:
        """Send a metric along, whose series are read at each collection, each of them once."""
        self._reads[metric] = read


class WideStream:
    """What one exporter sends of it.

    Args:
        reads: the metrics, and how to read them.
        temporality: whether a counter's point counts from the beginning or from the last collection.

    """

    def __init__(self, reads: dict[semconv.Metric, Read], temporality: AggregationTemporality) -> None:
        self._reads, self._temporality = reads, temporality
        self._reset()
        mine = weakref.WeakMethod(self._reset)
        in_child(lambda: (reset := mine()) and reset())

    def _reset(self) -> None:
        """Count from zero, with a lock that no other thread can hold: what a forked child needs."""
        self._lock = threading.Lock()
        self._counters: dict[tuple[str, frozenset[tuple[str, Any]]], _Counter] = {}
        self._collected_ns: int | None = None

    def collect(self, now_ns: int) -> list[Metric]:
        """The metrics that have series, at the time of the collection."""
        with self._lock:
            found = [self._metric(metric, read, now_ns) for metric, read in list(self._reads.items())]
            self._collected_ns = now_ns
        return [metric for metric in found if metric.data.data_points]

    def _metric(self, metric: semconv.Metric, read: Read, now_ns: int) -> Metric:
        name, unit, description = metric.described
        if metric.kind != "observable_counter":
            points = [_gauged(seen, now_ns) for seen in read() if math.isfinite(seen.value)]
            return Metric(name, description, unit, Gauge(points))
        points = [self._counted(name, seen, now_ns) for seen in read()]
        return Metric(name, description, unit, Sum(points, self._temporality, is_monotonic=True))

    def _counted(self, name: str, seen: Observation, now_ns: int) -> NumberDataPoint:
        key = name, frozenset((seen.attributes or {}).items())
        if (counter := self._counters.get(key)) is None:
            counter = self._counters[key] = _Counter(self._collected_ns or time.time_ns())
        start_ns, value = counter.start_ns, seen.value
        if self._temporality is AggregationTemporality.DELTA:
            value -= counter.value
            counter.start_ns, counter.value = now_ns, seen.value
        return NumberDataPoint(seen.attributes or {}, start_ns, now_ns, value, [])


def _gauged(seen: Observation, now_ns: int) -> NumberDataPoint:
    return NumberDataPoint(seen.attributes or {}, None, now_ns, seen.value, [])  # type: ignore[arg-type]  # a start: the SDK's gauges have none


class _Counter:
    """What was sent of one series of a counter."""

    __slots__ = ("start_ns", "value")

    def __init__(self, start_ns: int) -> None:
        self.start_ns = start_ns
        self.value: float = 0


def join_wide(exporters: Sequence[Any]) -> WideMetrics | None:
    """Metrics that all these exporters send along; None where one of them is a reader with a way out of its own."""
    if not exporters or any(isinstance(exporter, MetricReader) for exporter in exporters):
        return None
    # The SDK's readers ask for it likewise.
    preferred = [getattr(exporter, "_preferred_temporality", None) or {} for exporter in exporters]
    wide = WideMetrics([each.get(ObservableCounter, AggregationTemporality.CUMULATIVE) for each in preferred])
    for exporter, stream in zip(exporters, wide.streams, strict=True):
        join(exporter, stream.collect)
    return wide
