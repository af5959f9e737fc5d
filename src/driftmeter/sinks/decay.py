"""Labels joined to predictions: how late they come, how many find their prediction, and how good the model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from opentelemetry.metrics import MeterProvider, get_meter

from driftmeter import semconv
from driftmeter.decay import LabelJoin, Performance, Score
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction, Predictions, Record


class Quality(NamedTuple):
    """The scores of one model and version."""

    model: str
    version: str | None
    scores: list[Score]


class DecaySink:
    """Remembers predictions, matches labels, keeps each model's rolling quality.

    The number of models and versions is bounded by an earlier stage.

    Args:
        guard: contains the fault of one record.
        label_memory: how many predictions are remembered.
        provider: where the metrics go; None for the global one.

    """

    def __init__(self, guard: Guard, *, label_memory: int, provider: MeterProvider | None = None) -> None:
        meter = get_meter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION, meter_provider=provider)
        self._guard = guard
        self._label_memory = label_memory
        self._matched = meter.create_counter(*semconv.LABEL_MATCHED.described)
        self._orphaned = meter.create_counter(*semconv.LABEL_ORPHANED.described)
        self._delay = meter.create_histogram(
            *semconv.LABEL_DELAY_METRIC.described, explicit_bucket_boundaries_advisory=semconv.LABEL_DELAY_BOUNDARIES_S
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything: what a forked child needs."""
        self._join = LabelJoin(self._label_memory)
        self._performance: dict[tuple[str, str | None], Performance] = {}

    def accept(self, records: Sequence[Record], /) -> None:
        """Remember predictions and match labels, in the order in which they came."""
        for record in records:
            with self._guard.at("sinks.decay"):
                if isinstance(record, Prediction):
                    self._join.remember_record(record)
                elif isinstance(record, Predictions):
                    self._join.remember_records(record)
                else:
                    self._match(record)

    def quality(self) -> list[Quality]:
        """The present scores of each model and version that has labels."""
        return [
            Quality(model, version, performance.scores())
            for (model, version), performance in list(self._performance.items())
        ]

    def _match(self, label: Feedback) -> None:
        attributes: dict[str, str] = {semconv.LABEL_SOURCE: label.source}
        found = self._join.match_record(label)
        if found is None:
            self._orphaned.add(1, attributes)
            return
        key = (found.model, found.version)
        attributes[semconv.MODEL_NAME] = found.model
        self._matched.add(1, attributes)
        self._delay.record(found.delay_s, attributes)
        self._performance.setdefault(key, Performance()).update(found.predicted, found.actual, found.row)
