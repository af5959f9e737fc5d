"""An event when a model answers under a version that this process has not seen before: deployments, in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from driftmeter import semconv
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction, Predictions, Record
from driftmeter.sinks.event_writer import EventWriter


class ModelChangeSink:
    """Writes `ml.model.changed` at the first prediction of each model and version.

    Args:
        writer: where events go.
        guard: contains the fault of one record.
        reference_hashes: the hash of the reference by model.

    """

    def __init__(self, writer: EventWriter, guard: Guard, reference_hashes: Mapping[str, str]) -> None:
        self._writer = writer
        self._guard = guard
        self._reference_hashes = reference_hashes
        self._latest: dict[str, str | None] = {}
        self._seen: set[tuple[str, str | None]] = set()

    def accept(self, records: Sequence[Record], /) -> None:
        """Look for models and versions that are new; their number is bounded by an earlier stage."""
        for record in records:
            if not isinstance(record, Feedback) and (record.model, record.version) not in self._seen:
                with self._guard.at("sinks.changes"):
                    self._announce(record.calls[0] if isinstance(record, Predictions) else record)

    def _announce(self, prediction: Prediction) -> None:
        self._seen.add((prediction.model, prediction.version))
        known = {
            semconv.MODEL_NAME: prediction.model,
            semconv.MODEL_VERSION: prediction.version,
            semconv.MODEL_VERSION_PREVIOUS: self._latest.get(prediction.model),
            semconv.MODEL_FRAMEWORK: prediction.framework,
            semconv.REFERENCE_HASH: self._reference_hashes.get(prediction.model),
        }
        self._latest[prediction.model] = prediction.version
        self._writer.write(
            semconv.EVENT_MODEL_CHANGED,
            {key: value for key, value in known.items() if value is not None},
            body=f"{prediction.model} now answers as version {prediction.version or 'unknown'}",
            timestamp_ns=prediction.timestamp_ns or prediction.started_ns,
            trace=prediction.trace,
        )
