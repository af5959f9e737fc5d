"""Every prediction counted against its model's reference, and an event whenever an alarm changes its state."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from driftmeter import semconv
from driftmeter.columns import stack
from driftmeter.drift import REFERENCE, AlarmChange, DriftMonitor, Reference, Window
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Record
from driftmeter.sinks.logs_api import EventWriter, SeverityNumber
from driftmeter.sinks.slicing import MonitorKey, Slice, Slicer


class DriftSink:
    """Keeps one `DriftMonitor` per model, version and watched slice; writes `ml.drift.detected` and `ml.drift.cleared`.

    A prediction counts for the whole and for each of its slices that is watched.

    Args:
        references: the reference of each model.
        windows: over which live rows are looked at.
        alpha: probability that one look at one undrifted column raises an alarm.
        guard: contains the fault of one group of records.
        writer: where events go; None for no events.
        slices: names of the slices that have monitors of their own beside the whole.
        max_slices: how many values of slices are told apart per model; the rest is counted as `other`.
        compare_with: what windows are compared with beside the reference: "previous", "version".

    """

    def __init__(
        self,
        references: Mapping[str, Reference],
        windows: Sequence[Window],
        alpha: float,
        guard: Guard,
        writer: EventWriter | None,
        *,
        slices: Sequence[str] = (),
        max_slices: int = 32,
        compare_with: Collection[str] = (),
    ) -> None:
        self._references = references
        self._windows = tuple(windows)
        self._alpha = alpha
        self._guard = guard
        self._writer = writer
        self._slices, self._max_slices = tuple(slices), max_slices
        self._compare_with = frozenset(compare_with)
        self.reset()

    def reset(self) -> None:
        """Start all windows anew: what a forked child needs.

        The monitors of the references stand from the start, so that every bin is announced with 0.
        """
        self._monitors: dict[MonitorKey, DriftMonitor] = {}
        self._slicer = Slicer(self._slices, self._max_slices)
        for reference in self._references.values():
            self._monitor(MonitorKey(reference.model, reference.version))

    def monitors(self) -> dict[MonitorKey, DriftMonitor]:
        """The monitors by model, version and slice; a copy, for readers on other threads."""
        return dict(self._monitors)

    def accept(self, records: Sequence[Record], /) -> None:
        """Count the predictions, in the order in which they ended."""
        predictions = (record for record in records if isinstance(record, Prediction))
        for _, alike in itertools.groupby(predictions, key=_layout):
            with self._guard.at("sinks.drift"):
                self._observe(list(alike))

    def _observe(self, predictions: list[Prediction]) -> None:
        """Count predictions of one model whose columns are alike, for the whole and for each watched slice."""
        first = predictions[0]
        if first.model not in self._references or (first.inputs is None and first.outputs is None):
            return
        self._count(MonitorKey(first.model, first.version), predictions)
        for slice_, part in self._slicer.parts(predictions):
            self._count(MonitorKey(first.model, first.version, slice_), part)

    def _count(self, key: MonitorKey, predictions: list[Prediction]) -> None:
        """Count predictions as one table, and tell of alarms that changed."""
        monitor = self._monitor(key)
        inputs = [prediction.inputs for prediction in predictions if prediction.inputs is not None]
        outputs = [prediction.outputs for prediction in predictions if prediction.outputs is not None]
        rows = np.array([_rows(prediction) for prediction in predictions])
        timestamps_ns = np.repeat([p.timestamp_ns or p.started_ns for p in predictions], rows)
        changes = monitor.observe(stack(inputs) if inputs else None, stack(outputs) if outputs else None, timestamps_ns)
        ends = np.cumsum(rows)
        for change in changes:
            tipped = predictions[int(np.searchsorted(ends, change.row_in_batch, side="right"))]
            self._announce(change, tipped, key.slice)

    def _monitor(self, key: MonitorKey) -> DriftMonitor:
        if key not in self._monitors:
            reference = self._references[key.model]
            self._monitors[key] = DriftMonitor(
                reference,
                windows=self._windows,
                alpha=self._alpha,
                previous="previous" in self._compare_with,
                older=partial(self._older, key) if "version" in self._compare_with else None,
            )
        return self._monitors[key]

    def _older(self, key: MonitorKey) -> Iterator[tuple[str, DriftMonitor]]:
        """The versions that this process met before this one, of the same slice, the latest first."""
        alike = [each for each in self._monitors if (each.model, each.slice) == (key.model, key.slice)]
        for each in reversed(alike[: alike.index(key)]):
            yield each.version or "unknown", self._monitors[each]

    def _announce(self, change: AlarmChange, tipped: Prediction, slice_: Slice | None) -> None:
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
        if change.against != REFERENCE:
            attributes[semconv.DRIFT_AGAINST] = change.against
        if slice_ is not None:
            attributes |= {semconv.SLICE_NAME: slice_.name, semconv.SLICE_VALUE: slice_.value}
        of = tipped.model if slice_ is None else f"{tipped.model} where {slice_.name} is {slice_.value}"
        left = _named(change.against)
        verb = f"drifted from {left}" if change.raised else f"is back at {left}"
        self._writer.write(
            semconv.EVENT_DRIFT_DETECTED if change.raised else semconv.EVENT_DRIFT_CLEARED,
            attributes,
            body=f"{change.kind} {change.name} of {of} {verb}",
            timestamp_ns=tipped.timestamp_ns or tipped.started_ns,
            trace=tipped.trace,
            severity=SeverityNumber.WARN if change.raised else SeverityNumber.INFO,
        )


def _named(against: str) -> str:
    """What a window was compared with, in words."""
    return {REFERENCE: "its reference", "previous": "the window before"}.get(against, against.replace(":", " "))


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
