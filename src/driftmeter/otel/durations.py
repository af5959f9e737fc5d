"""Durations counted a chunk at a time, and joined to what our own exporters send.

The SDK's histogram takes one measurement after the other, which costs the worker more than everything else that it does
with a prediction. So where the exporters are ours, the histogram is, too: built of the SDK's public data classes, point
for point what its own instrument would have sent.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from opentelemetry.sdk.environment_variables import OTEL_METRICS_EXEMPLAR_FILTER
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics import Histogram as HistogramInstrument
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
)
from opentelemetry.sdk.metrics.view import DefaultAggregation, ExplicitBucketHistogramAggregation

from driftmeter import semconv
from driftmeter.forking import in_child
from driftmeter.otel.joining import join
from driftmeter.record import Timings
from driftmeter.sinks.metrics import exemplary

MAX_SERIES = 2000
"""Distinct attributes that the SDK tells apart; what comes later is one series more."""

OVERFLOW: Mapping[str, str | bool] = {"otel.metric.overflow": True}

_BOUNDARIES_S = np.array(semconv.DURATION_BOUNDARIES_S)

Attributes = Mapping[str, str | bool]


class ChunkDurations:
    """Counts durations for exporters, for each as it prefers.

    Args:
        streams: one for each exporter.

    """

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = streams
        mine = weakref.WeakMethod(self.reset)
        in_child(lambda: (reset := mine()) and reset())

    def count(self, timings: Timings, attributes: Mapping[str, str]) -> None:
        """As `driftmeter.sinks.metrics.Durations` says."""
        durations_s = timings.durations_s[(timings.durations_s >= 0) & (timings.durations_s < math.inf)]
        if not durations_s.size:
            return
        exemplars = {bucket: _exemplar(timings, place) for bucket, place in exemplary(timings).items()}
        for stream in self._streams:
            stream.count(durations_s, exemplars, attributes)

    def reset(self) -> None:
        """Count from zero: what a forked child needs."""
        for stream in self._streams:
            stream.reset()


class Stream:
    """What one exporter sends of the durations: counts of its own, from one collection to the next.

    Args:
        temporality: whether a point counts from the beginning or from the last collection.

    """

    def __init__(self, temporality: AggregationTemporality) -> None:
        self._temporality = temporality
        self.reset()

    def reset(self) -> None:
        """Count from zero, with a lock that no other thread can hold."""
        self._lock = threading.Lock()
        self._series: dict[frozenset[tuple[str, str | bool]], _Series] = {}
        self._collected_ns: int | None = None

    def count(
        self, durations_s: NDArray[np.float64], exemplars: Mapping[int, Exemplar], attributes: Attributes
    ) -> None:
        """Count calls of the same attributes.

        Args:
            durations_s: at least one; finite and not negative.
            exemplars: by bucket.
            attributes: of the series.

        """
        with self._lock:
            key = frozenset(attributes.items())
            if key not in self._series and len(self._series) >= MAX_SERIES:
                attributes, key = OVERFLOW, frozenset(OVERFLOW.items())
            if key not in self._series:
                self._series[key] = _Series(attributes, self._collected_ns or time.time_ns())
            self._series[key].add(durations_s, exemplars)

    def collect(self, now_ns: int) -> list[Metric]:
        """The histogram, if there is anything in it, at the time of the collection."""
        points = self._points(now_ns)
        name, unit, description = semconv.DURATION.described
        return [Metric(name, description, unit, Histogram(points, self._temporality))] if points else []

    def _points(self, now_ns: int) -> list[HistogramDataPoint]:
        with self._lock:
            points = [series.point(now_ns) for series in self._series.values()]
            if self._temporality is AggregationTemporality.DELTA and (points or self._collected_ns):
                self._series, self._collected_ns = {}, now_ns
            return points


@dataclass(slots=True)
class _Series:
    """The counts of one set of attributes."""

    attributes: Attributes
    start_ns: int
    count: int = 0
    sum_s: float = 0.0
    min_s: float = math.inf
    max_s: float = -math.inf
    at_most: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(_BOUNDARIES_S), np.int64))
    """Per boundary, how many durations are no longer than it."""
    exemplars: dict[int, Exemplar] = field(default_factory=dict)

    def add(self, durations_s: NDArray[np.float64], exemplars: Mapping[int, Exemplar]) -> None:
        ordered = np.sort(durations_s)
        self.count += len(ordered)
        self.sum_s += float(ordered.sum())
        self.min_s = min(self.min_s, float(ordered[0]))
        self.max_s = max(self.max_s, float(ordered[-1]))
        self.at_most += np.searchsorted(ordered, _BOUNDARIES_S, side="right")
        self.exemplars |= exemplars

    def point(self, now_ns: int) -> HistogramDataPoint:
        exemplars, self.exemplars = self.exemplars, {}
        return HistogramDataPoint(
            attributes=dict(self.attributes),
            exemplars=[exemplars[bucket] for bucket in sorted(exemplars)],
            start_time_unix_nano=self.start_ns,
            time_unix_nano=now_ns,
            count=self.count,
            sum=self.sum_s,
            bucket_counts=tuple(np.diff(self.at_most, prepend=0, append=self.count).tolist()),
            explicit_bounds=semconv.DURATION_BOUNDARIES_S,
            min=self.min_s,
            max=self.max_s,
        )


def _exemplar(timings: Timings, place: int) -> Exemplar:
    trace = timings.traces[place]
    ids = () if trace is None else (trace.span_id, trace.trace_id)
    return Exemplar({}, float(timings.durations_s[place]), time.time_ns(), *ids)


def join_durations(exporters: Sequence[object], environ: Mapping[str, str]) -> ChunkDurations | None:
    """Durations that all these exporters send along with the rest.

    None where one of them asks for what only the SDK's instrument does: it is a reader with a way out of its own, or
    wants other buckets than ours, or the user wants other exemplars than those of sampled calls.
    """
    temporalities = [_temporality(exporter) for exporter in exporters]
    if (
        not exporters
        or None in temporalities
        or environ.get(OTEL_METRICS_EXEMPLAR_FILTER, "trace_based") != "trace_based"
    ):
        return None
    streams = [Stream(temporality) for temporality in temporalities if temporality is not None]
    for exporter, stream in zip(exporters, streams, strict=True):
        join(exporter, stream.collect)
    return ChunkDurations(streams)


def _temporality(exporter: Any) -> AggregationTemporality | None:
    """The temporality that an exporter prefers for histograms; None where it takes no buckets of ours."""
    try:
        temporalities, aggregations = exporter._preferred_temporality, exporter._preferred_aggregation  # noqa: SLF001  # the SDK's readers ask for them likewise
    except AttributeError:
        return None
    aggregation = (aggregations or {}).get(HistogramInstrument, DefaultAggregation())
    usual = ExplicitBucketHistogramAggregation()
    if type(aggregation) is not DefaultAggregation and (type(aggregation), vars(aggregation)) != (
        type(usual),
        vars(usual),
    ):
        return None
    temporality: AggregationTemporality = (temporalities or {}).get(
        HistogramInstrument, AggregationTemporality.CUMULATIVE
    )
    return temporality
