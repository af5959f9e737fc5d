"""Latency, traffic and errors of each model, as one histogram and one counter."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.metrics import MeterProvider, get_meter

from driftmeter import semconv
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Record
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
            if isinstance(record, Prediction):
                with self._guard.at("sinks.metrics"):
                    self._record(record)

    def _record(self, prediction: Prediction) -> None:
        model = {semconv.MODEL_NAME: prediction.model}
        if prediction.version is not None:
            model[semconv.MODEL_VERSION] = prediction.version
        self._rows.add(prediction.batch_size, model)
        if prediction.duration_s is None:
            return
        attributes = {**model, semconv.OPERATION_NAME: prediction.operation}
        if prediction.error_type is not None:
            attributes[semconv.ERROR_TYPE] = prediction.error_type
        self._duration.record(prediction.duration_s, attributes, context=context_of(prediction.trace))
