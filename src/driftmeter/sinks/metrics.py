"""Latency, traffic and errors of each model, as one histogram and one counter."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from opentelemetry.metrics import MeterProvider, get_meter

from driftmeter import semconv
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Predictions, Record, TraceLink
from driftmeter.sinks.logs_api import context_of


class MetricSink:
    """Records `ml.prediction.duration` and `ml.prediction.rows`; exemplars lead to the call's trace."""

    def __init__(self, guard: Guard, provider: MeterProvider | None = None) -> None:
        meter = get_meter(semconv.SCOPE_NAME, meter_provider=provider)
        duration, rows = semconv.DURATION, semconv.ROWS
        self._guard = guard
        self._duration = meter.create_histogram(
            duration.name,
            duration.unit,
            duration.description,
            explicit_bucket_boundaries_advisory=semconv.DURATION_BOUNDARIES_S,
        )
        self._rows = meter.create_counter(rows.name, rows.unit, rows.description)

    def accept(self, records: Sequence[Record], /) -> None:
        """Record each prediction; labels are no traffic."""
        for record in records:
            with self._guard.at("sinks.metrics"):
                if isinstance(record, Prediction):
                    self._record(record, record.batch_size, [(record.duration_s, record.trace)])
                elif isinstance(record, Predictions):
                    self._record(record.alike, int(record.rows.sum()), record.timings)

    def _record(self, alike: Prediction, rows: int, timings: Sequence[tuple[float | None, TraceLink | None]]) -> None:
        model = {semconv.MODEL_NAME: alike.model}
        if alike.version is not None:
            model[semconv.MODEL_VERSION] = alike.version
        self._rows.add(rows, model)
        attributes = {**model, semconv.OPERATION_NAME: alike.operation}
        if alike.error_type is not None:
            attributes[semconv.ERROR_TYPE] = alike.error_type
        for (duration_s, trace), shown in zip(timings, _exemplary(timings), strict=True):
            if duration_s is not None:
                self._duration.record(duration_s, attributes, context=context_of(trace if shown else None))


def _exemplary(timings: Sequence[tuple[float | None, TraceLink | None]]) -> Sequence[bool]:
    """Which of the calls can become exemplars: a histogram keeps the latest sampled call of each bucket.

    Making the context of a call's trace costs as much as recording its duration.
    """
    if len(timings) == 1:
        return [True]
    latest: dict[int, int] = {}
    for place, (duration_s, trace) in enumerate(timings):
        if duration_s is not None and trace is not None and trace.trace_flags & 1:
            latest[bisect.bisect_left(semconv.DURATION_BOUNDARIES_S, duration_s)] = place
    shown = set(latest.values())
    return [place in shown for place in range(len(timings))]
