"""Every prediction counted against its model's reference, and an event whenever an alarm changes its state."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from driftmeter import semconv
from driftmeter.columns import stack
from driftmeter.drift import AlarmChange, DriftMonitor, Reference, Window
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Record
from driftmeter.sinks.logs_api import EventWriter, SeverityNumber

Key = tuple[str, str | None]


class DriftSink:
    """Keeps one `DriftMonitor` per model and version, and writes `ml.drift.detected` and `ml.drift.cleared`.

    Args:
        references: the reference of each model.
        windows: over which live rows are looked at.
        alpha: probability that one look at one undrifted column raises an alarm.
        guard: contains the fault of one group of records.
        writer: where events go; None for no events.

    """

    def __init__(
        self,
        references: Mapping[str, Reference],
        windows: Sequence[Window],
        alpha: float,
        guard: Guard,
        writer: EventWriter | None,
    ) -> None:
        self._references = references
        self._windows = tuple(windows)
        self._alpha = alpha
        self._guard = guard
        self._writer = writer
        self.reset()

    def reset(self) -> None:
        """Start all windows anew: what a forked child needs.

        The monitors of the references stand from the start, so that every bin is announced with 0.
        """
        self._monitors: dict[Key, DriftMonitor] = {}
        for reference in self._references.values():
            self._monitor(reference.model, reference.version)

    def monitors(self) -> dict[Key, DriftMonitor]:
        """The monitors by model and version; a copy, for readers on other threads."""
        return dict(self._monitors)

    def accept(self, records: Sequence[Record], /) -> None:
        """Count the predictions, in the order in which they ended."""
        predictions = (record for record in records if isinstance(record, Prediction))
        for _, alike in itertools.groupby(predictions, key=_layout):
            with self._guard.at("sinks.drift"):
                self._observe(list(alike))

    def _observe(self, predictions: list[Prediction]) -> None:
        """Count predictions of one model whose columns are alike, as one table."""
        first = predictions[0]
        monitor = self._monitor(first.model, first.version)
        if monitor is None or (first.inputs is None and first.outputs is None):
            return
        inputs = [prediction.inputs for prediction in predictions if prediction.inputs is not None]
        outputs = [prediction.outputs for prediction in predictions if prediction.outputs is not None]
        rows = np.array([_rows(prediction) for prediction in predictions])
        timestamps_ns = np.repeat([p.timestamp_ns or p.started_ns for p in predictions], rows)
        changes = monitor.observe(stack(inputs) if inputs else None, stack(outputs) if outputs else None, timestamps_ns)
        ends = np.cumsum(rows)
        for change in changes:
            tipped = predictions[int(np.searchsorted(ends, change.row_in_batch, side="right"))]
            self._announce(change, tipped)

    def _monitor(self, model: str, version: str | None) -> DriftMonitor | None:
        key = (model, version)
        if key not in self._monitors:
            reference = self._references.get(model)
            if reference is None:
                return None
            self._monitors[key] = DriftMonitor(reference, windows=self._windows, alpha=self._alpha)
        return self._monitors[key]

    def _announce(self, change: AlarmChange, tipped: Prediction) -> None:
        if self._writer is None:
            return
        subject = semconv.FEATURE if change.kind == "feature" else semconv.OUTPUT
        attributes: dict[str, str | int | float] = {
            semconv.DRIFT_SUBJECT_KIND: change.kind,
            subject.attribute: change.name,
            semconv.DRIFT_STATISTIC: change.statistic,
            semconv.DRIFT_VALUE: change.value,
            semconv.DRIFT_THRESHOLD: change.threshold,
            semconv.DRIFT_P_VALUE: change.p_value,
            semconv.WINDOW: change.window,
            semconv.DRIFT_WINDOW_ROWS: change.window_rows,
            semconv.DRIFT_ROW: change.row,
            semconv.PREDICTION_ID: tipped.id,
            semconv.MODEL_NAME: tipped.model,
            semconv.REFERENCE_HASH: self._references[tipped.model].hash,
        }
        if tipped.version is not None:
            attributes[semconv.MODEL_VERSION] = tipped.version
        verb = "drifted" if change.raised else "is back at its reference"
        self._writer.write(
            semconv.EVENT_DRIFT_DETECTED if change.raised else semconv.EVENT_DRIFT_CLEARED,
            attributes,
            body=f"{change.kind} {change.name} of {tipped.model} {verb}",
            timestamp_ns=tipped.timestamp_ns or tipped.started_ns,
            trace=tipped.trace,
            severity=SeverityNumber.WARN if change.raised else SeverityNumber.INFO,
        )


def _rows(prediction: Prediction) -> int:
    table = prediction.inputs if prediction.inputs is not None else prediction.outputs
    return table.rows if table is not None else 0


def _layout(prediction: Prediction) -> tuple[object, ...]:
    """What two predictions must share to be laid below each other."""
    inputs, outputs = prediction.inputs, prediction.outputs
    return (
        prediction.model,
        prediction.version,
        None if inputs is None else inputs.names,
        None if outputs is None else (outputs.names, outputs.rows == _rows(prediction)),
    )
