"""Each prediction as one structured, queryable event: the audit trail, and the foundation of new training data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.columns import Columns
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction, Record
from driftmeter.sinks.logs_api import EventWriter, SeverityNumber
from driftmeter.sinks.plain import Plain


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

    def allows(self, name: str) -> bool:
        """Whether the deny-list lets a column of this name through."""
        lowered = name.lower()
        return not any(word in lowered for word in self._deny)

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
        for record in records:
            with self._guard.at("sinks.events"):
                if isinstance(record, Prediction):
                    self._write_prediction(record)
                else:
                    self._write_feedback(record)

    def _write_prediction(self, prediction: Prediction) -> None:
        plain = Plain()
        attributes: dict[str, AnyValue] = {
            f"{semconv.SLICE_PREFIX}{key}": plain.value(value) for key, value in prediction.slices.items()
        }
        attributes |= {f"{semconv.TAG_PREFIX}{key}": plain.value(value) for key, value in prediction.tags.items()}
        for name, columns in (
            (semconv.PREDICTION_INPUTS, prediction.inputs),
            (semconv.PREDICTION_OUTPUTS, prediction.outputs),
            (semconv.PREDICTION_SCORES, prediction.scores),
        ):
            if columns is not None and (allowed := self._capture.allowed(columns, prediction)):
                attributes[name] = {column: _cell(columns, column, plain) for column in allowed}
        if plain.altered:
            attributes[semconv.PREDICTION_ALTERED] = True
        # Identity last: of more than 128 attributes the SDK evicts the first.
        attributes |= self._identity(prediction, plain)
        failed = prediction.error_type is not None
        self._writer.write(
            semconv.EVENT_PREDICTION,
            attributes,
            body=f"{prediction.model} {'failed' if failed else 'answered'}",
            timestamp_ns=prediction.timestamp_ns or prediction.started_ns,
            trace=prediction.trace,
            severity=SeverityNumber.ERROR if failed else SeverityNumber.INFO,
        )

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
        plain = Plain()
        attributes: dict[str, AnyValue] = {
            semconv.LABEL_VALUE: plain.value(label.actual),
            semconv.LABEL_SOURCE: label.source,
            semconv.PREDICTION_ROW: label.row,
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


def _cell(columns: Columns, name: str, plain: Plain) -> AnyValue:
    """The value of a single row, or the list of a batch."""
    column = columns[name]
    return plain.value(column[0] if columns.rows == 1 else column)
