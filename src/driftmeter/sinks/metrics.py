"""Latency, traffic and errors of each model, as one histogram and one counter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from opentelemetry.metrics import Meter, MeterProvider, get_meter

from driftmeter import semconv
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Predictions, Record, Timings
from driftmeter.sinks.logs_api import NO_SPAN, context_of

_BOUNDARIES_S = np.array(semconv.DURATION_BOUNDARIES_S)


class Durations(Protocol):
    """Where durations are counted."""

    def count(self, timings: Timings, attributes: Mapping[str, str]) -> None:
        """Count calls that differ in nothing but their timings; what was not timed is no duration of zero."""


class MetricSink:
    """Records `ml.prediction.duration` and `ml.prediction.rows`; exemplars lead to the call's trace.

    Args:
        guard: contains the fault of one record.
        provider: where the metrics go; None for the global one.
        durations: where durations are counted; None for a histogram of the provider's.

    """

    def __init__(self, guard: Guard, provider: MeterProvider | None = None, durations: Durations | None = None) -> None:
        meter = get_meter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION, meter_provider=provider)
        self._guard = guard
        self._rows = meter.create_counter(*semconv.ROWS.described)
        self._durations = durations or InstrumentDurations(meter)

    def accept(self, records: Sequence[Record], /) -> None:
        """Record predictions, those that differ in nothing but their timings at once; labels are no traffic."""
        singles: dict[tuple[str, str | None, str, str | None], list[Prediction]] = {}
        for record in records:
            if isinstance(record, Prediction):
                series = (record.model, record.version, record.operation, record.error_type)
                singles.setdefault(series, []).append(record)
            elif isinstance(record, Predictions):
                with self._guard.at("sinks.metrics"):
                    self._record(record.alike, int(record.rows.sum()), record.timings)
        for calls in singles.values():
            with self._guard.at("sinks.metrics"):
                self._record(calls[0], sum(call.batch_size for call in calls), Timings.of(calls))

    def _record(self, alike: Prediction, rows: int, timings: Timings) -> None:
        model = {semconv.MODEL_NAME: alike.model}
        if alike.version is not None:
            model[semconv.MODEL_VERSION] = alike.version
        self._rows.add(rows, model)
        attributes = {**model, semconv.OPERATION_NAME: alike.operation}
        if alike.error_type is not None:
            attributes[semconv.ERROR_TYPE] = alike.error_type
        self._durations.count(timings, attributes)


class InstrumentDurations:
    """Durations counted one by one by an OpenTelemetry histogram: all that a provider of the user's own offers."""

    def __init__(self, meter: Meter) -> None:
        self._histogram = meter.create_histogram(
            *semconv.DURATION.described, explicit_bucket_boundaries_advisory=semconv.DURATION_BOUNDARIES_S
        )

    def count(self, timings: Timings, attributes: Mapping[str, str]) -> None:
        """As `Durations` says."""
        # Making the context of a call's trace costs as much as recording its duration.
        contexts = {place: context_of(timings.traces[place]) for place in exemplary(timings).values()}
        for place, duration_s in enumerate(timings.durations_s.tolist()):
            if not math.isnan(duration_s):
                self._histogram.record(duration_s, attributes, context=contexts.get(place, NO_SPAN))


def exemplary(timings: Timings) -> dict[int, int]:
    """By bucket, which of the calls becomes its exemplar: a histogram keeps the latest sampled call of each."""
    places = np.flatnonzero(timings.sampled & ~np.isnan(timings.durations_s))
    if not len(places):
        return {}
    buckets = np.searchsorted(_BOUNDARIES_S, timings.durations_s[places])
    return dict(zip(buckets.tolist(), places.tolist(), strict=True))
