"""Each prediction as one structured, queryable event: the audit trail, and the foundation of new training data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.capture import DROP, Rule
from driftmeter.columns import Columns
from driftmeter.pipeline import Guard
from driftmeter.plain import Plain
from driftmeter.record import Feedback, Prediction, Record, singly
from driftmeter.sinks.event_writer import EventWriter
from driftmeter.sinks.prediction_event import body_of, identity_of, severity_of
from driftmeter.sinks.storing import Storing

LABEL: Final = "label"
"""The column as which the settings `capture` and `policies` know the values of labels."""
MAX_TAGS: Final = 100
"""Tags and slices of one event: with those that make its identity, fewer than the 128 at which the SDK evicts some."""


class EventSink:
    """Writes `ml.prediction` and `ml.feedback` events.

    Args:
        writer: where events go.
        storing: what may be said in them.
        guard: contains the fault of one record.

    """

    def __init__(self, writer: EventWriter, storing: Storing, guard: Guard) -> None:
        self._writer = writer
        self._storing = storing
        self._capture = storing.capture
        self._guard = guard

    def accept(self, records: Sequence[Record], /) -> None:
        """Write one event per record."""
        for record in singly(records):
            with self._guard.at("sinks.events"):
                if isinstance(record, Prediction):
                    self._write_prediction(record)
                else:
                    self._write_feedback(record)

    def _write_prediction(self, prediction: Prediction) -> None:
        plain = Plain(self._capture.allows, self._guard.altered.add)
        attributes: dict[str, AnyValue] = {
            f"{prefix}{plain.text(key)}": plain.text(value)
            for prefix, pairs in ((semconv.SLICE_PREFIX, prediction.slices), (semconv.TAG_PREFIX, prediction.tags))
            for key, value in pairs.items()
            if self._capture.allows(key)
        }
        if len(attributes) > MAX_TAGS:
            attributes = dict(itertools.islice(attributes.items(), MAX_TAGS))
            plain.mark("too_many")
        for name, columns in (
            (semconv.PREDICTION_INPUTS, prediction.inputs),
            (semconv.PREDICTION_OUTPUTS, prediction.outputs),
            (semconv.PREDICTION_SCORES, prediction.scores),
        ):
            if columns is not None and (kept := self._kept(columns, prediction)):
                attributes[name] = self._cells(columns, kept, plain)
        if plain.altered:
            attributes[semconv.PREDICTION_ALTERED] = True
        # Identity last: of more than 128 attributes the SDK evicts the first.
        attributes |= self._identity(prediction, plain)
        self._writer.write(
            semconv.EVENT_PREDICTION,
            attributes,
            body=body_of(prediction),
            timestamp_ns=prediction.timestamp_ns or prediction.started_ns,
            trace=prediction.trace,
            severity=severity_of(prediction),
        )

    def _kept(self, columns: Columns, prediction: Prediction) -> dict[str, Rule]:
        rules = self._capture.columns(prediction.model, columns.names, handed_over=prediction.handed_over)
        return {name: rule for name, rule in zip(columns.names, rules, strict=True) if rule is not DROP}

    def _cells(self, columns: Columns, kept: Mapping[str, Rule], plain: Plain) -> dict[str, AnyValue]:
        """The value of a single row, or the list of a batch; without columns that break when they are looked at."""
        cells: dict[str, AnyValue] = {}
        for name, rule in kept.items():
            if not plain.fits(name):
                plain.mark("too_large")
                break
            with self._guard.at("sinks.events.value"):
                column = columns[name]
                cells[plain.key(name)] = rule.apply(plain.value(column[0] if columns.rows == 1 else column))
                continue
            plain.mark("unreadable")
        return cells

    def _identity(self, prediction: Prediction, plain: Plain) -> dict[str, AnyValue]:
        known = identity_of(prediction, self._storing)
        known[semconv.PREDICTION_ID] = plain.text(prediction.id)
        known[semconv.PREDICTION_BATCH_SIZE] = prediction.batch_size
        if prediction.duration_s is not None:
            known[semconv.PREDICTION_DURATION] = prediction.duration_s
        if (reference := self._storing.subjects.subject_ref(prediction.subject)) is not None:
            known[semconv.SUBJECT_REF] = reference
        return known

    def _write_feedback(self, label: Feedback) -> None:
        plain = Plain(self._capture.allows, self._guard.altered.add)
        attributes: dict[str, AnyValue] = {
            semconv.LABEL_SOURCE: label.source,
            semconv.PREDICTION_ROW: plain.value(label.row),
            semconv.PREDICTION_ID: plain.text(label.prediction_id),
        }
        if label.model is not None:
            attributes[semconv.MODEL_NAME] = plain.text(label.model)
        [rule] = self._capture.columns(label.model or "", (LABEL,), handed_over=True)
        if rule is not DROP:
            attributes[semconv.LABEL_VALUE] = rule.apply(plain.value(label.actual))
        if (until := self._storing.retention.until(label.received_ns)) is not None:
            attributes[semconv.RETENTION_UNTIL] = until
        if plain.altered:
            attributes[semconv.PREDICTION_ALTERED] = True
        self._writer.write(
            semconv.EVENT_FEEDBACK,
            attributes,
            body=f"label for prediction {plain.text(label.prediction_id)}",
            timestamp_ns=label.received_ns,
            trace=label.trace,
        )
