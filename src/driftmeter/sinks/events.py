"""Each prediction as one structured, queryable event: the audit trail, and the foundation of new training data."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.columns import Columns
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction, Record, singly
from driftmeter.sinks.event_writer import EventWriter
from driftmeter.sinks.logs_api import SeverityNumber
from driftmeter.sinks.plain import Plain
from driftmeter.text import MAX_CHARACTERS

MAX_NAMES_SEEN = 4096
MAX_TAGS = 100
"""Tags and slices of one event: with those that make its identity, fewer than the 128 at which the SDK evicts some."""


class Capture:
    """Decides which columns of a prediction may be recorded.

    What the user handed over is recorded, minus the deny-list; of what instrumentation merely saw, only the columns
    that a reference names.

    Args:
        mode: `default`, `all` (minus the deny-list all the same) or `none`.
        named: the columns that references name, by model.
        deny: words; a column whose name contains one is never recorded.

    >>> Capture("default", {}, deny=["token"]).allows("session_token")
    False

    """

    def __init__(self, mode: str, named: Mapping[str, frozenset[str]], *, deny: Iterable[str]) -> None:
        self._mode = mode
        self._named = named
        self._deny = tuple(word.lower() for word in deny)
        self._seen: dict[str, bool] = {}

    def allows(self, name: str) -> bool:
        """Whether the deny-list lets a column, or a key inside one, of this name through."""
        if (seen := self._seen.get(name)) is not None:
            return seen
        lowered = name.lower()
        allowed = not any(word in lowered for word in self._deny)
        if len(self._seen) < MAX_NAMES_SEEN and len(name) <= MAX_CHARACTERS:
            self._seen[name] = allowed
        return allowed

    def allowed(self, columns: Columns, prediction: Prediction) -> list[str]:
        """The names of the columns that may be recorded."""
        if self._mode == "none":
            return []
        names = [name for name in columns.names if self.allows(name)]
        if self._mode == "all" or prediction.handed_over:
            return names
        named = self._named.get(prediction.model, frozenset())
        return [name for name in names if name in named]


class EventSink:
    """Writes `ml.prediction` and `ml.feedback` events.

    Args:
        writer: where events go.
        capture: which columns may be recorded.
        guard: contains the fault of one record.
        reference_hashes: the hash of the reference by model.

    """

    def __init__(
        self, writer: EventWriter, capture: Capture, guard: Guard, reference_hashes: Mapping[str, str]
    ) -> None:
        self._writer = writer
        self._capture = capture
        self._guard = guard
        self._reference_hashes = reference_hashes

    def accept(self, records: Sequence[Record], /) -> None:
        """Write one event per record."""
        for record in singly(records):
            with self._guard.at("sinks.events"):
                if isinstance(record, Prediction):
                    self._write_prediction(record)
                else:
                    self._write_feedback(record)

    def _write_prediction(self, prediction: Prediction) -> None:
        plain = Plain(self._capture.allows)
        attributes: dict[str, AnyValue] = {
            f"{prefix}{plain.text(key)}": plain.text(value)
            for prefix, pairs in ((semconv.SLICE_PREFIX, prediction.slices), (semconv.TAG_PREFIX, prediction.tags))
            for key, value in pairs.items()
            if self._capture.allows(key)
        }
        if len(attributes) > MAX_TAGS:
            attributes = dict(itertools.islice(attributes.items(), MAX_TAGS))
            plain.altered = True
        for name, columns in (
            (semconv.PREDICTION_INPUTS, prediction.inputs),
            (semconv.PREDICTION_OUTPUTS, prediction.outputs),
            (semconv.PREDICTION_SCORES, prediction.scores),
        ):
            if columns is not None and (allowed := self._capture.allowed(columns, prediction)):
                attributes[name] = self._cells(columns, allowed, plain)
        if plain.altered:
            attributes[semconv.PREDICTION_ALTERED] = True
        # Identity last: of more than 128 attributes the SDK evicts the first.
        attributes |= self._identity(prediction, plain)
        failed = prediction.error_type is not None
        self._writer.write(
            semconv.EVENT_PREDICTION,
            attributes,
            body=f"{plain.text(prediction.model)} {'failed' if failed else 'answered'}",
            timestamp_ns=prediction.timestamp_ns or prediction.started_ns,
            trace=prediction.trace,
            severity=SeverityNumber.ERROR if failed else SeverityNumber.INFO,
        )

    def _cells(self, columns: Columns, names: Sequence[str], plain: Plain) -> dict[str, AnyValue]:
        """The value of a single row, or the list of a batch; without columns that break when they are looked at."""
        cells: dict[str, AnyValue] = {}
        for name in names:
            with self._guard.at("sinks.events.value"):
                column = columns[name]
                cells[plain.key(name)] = plain.value(column[0] if columns.rows == 1 else column)
                continue
            plain.altered = True
        return cells

    def _identity(self, prediction: Prediction, plain: Plain) -> dict[str, AnyValue]:
        known: dict[str, AnyValue] = {
            semconv.PREDICTION_ID: plain.text(prediction.id),
            semconv.PREDICTION_BATCH_SIZE: prediction.batch_size,
            semconv.PREDICTION_DURATION: prediction.duration_s,
            semconv.PREDICTION_SOURCE: prediction.source,
            semconv.OPERATION_NAME: prediction.operation,
            semconv.MODEL_NAME: plain.text(prediction.model),
            semconv.MODEL_VERSION: prediction.version,
            semconv.MODEL_FRAMEWORK: prediction.framework,
            semconv.ERROR_TYPE: prediction.error_type,
            semconv.REFERENCE_HASH: self._reference_hashes.get(prediction.model),
        }
        return {key: value for key, value in known.items() if value is not None}

    def _write_feedback(self, label: Feedback) -> None:
        plain = Plain(self._capture.allows)
        attributes: dict[str, AnyValue] = {
            semconv.LABEL_VALUE: plain.value(label.actual),
            semconv.LABEL_SOURCE: label.source,
            semconv.PREDICTION_ROW: plain.value(label.row),
            semconv.PREDICTION_ID: plain.text(label.prediction_id),
        }
        if label.model is not None:
            attributes[semconv.MODEL_NAME] = plain.text(label.model)
        self._writer.write(
            semconv.EVENT_FEEDBACK,
            attributes,
            body=f"label for prediction {plain.text(label.prediction_id)}",
            timestamp_ns=label.received_ns,
            trace=label.trace,
        )
