"""Every prediction counted against its model's reference, and an event when a column begins to drift or is back."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import cast

import numpy as np

from driftmeter import semconv
from driftmeter.drift import AlarmChange, DriftMonitor, Reference, Window
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction, Predictions, Record
from driftmeter.sinks.drift_events import drift_attributes, told
from driftmeter.sinks.event_writer import EventWriter
from driftmeter.sinks.logs_api import SeverityNumber
from driftmeter.sinks.pages import Pages
from driftmeter.sinks.slicing import MonitorKey, Slicer
from driftmeter.sinks.trail import Trail


class DriftSink:
    """Keeps one `DriftMonitor` per model, version and watched slice; writes `ml.drift.detected` and `ml.drift.cleared`.

    A prediction counts for the whole and for each of its slices that is watched. A column that drifts makes one event,
    see `Pages`.

    Args:
        references: the reference of each model.
        windows: over which live rows are looked at.
        false_page_interval_s: mean time between two looks at one model and version that raise an alarm though nothing
            has drifted; watched slices share half of it, the whole has the other half.
        guard: contains the fault of one group of records.
        writer: where events go; None for no events.
        slices: names of the slices that have monitors of their own beside the whole.
        max_slices: how many values of slices are told apart per model; the rest is counted as `other`.
        compare_with: what windows are compared with beside the reference: "previous", "version".
        multivariate: whether the numeric columns of the whole are also looked at together; those of slices never are.

    """

    def __init__(
        self,
        references: Mapping[str, Reference],
        windows: Sequence[Window],
        false_page_interval_s: float,
        guard: Guard,
        writer: EventWriter | None,
        *,
        slices: Sequence[str] = (),
        max_slices: int = 32,
        compare_with: Collection[str] = (),
        multivariate: bool = True,
    ) -> None:
        self._references = references
        self._windows = tuple(windows)
        self._false_page_interval_s = false_page_interval_s
        self._guard = guard
        self._writer = writer
        self._slices, self._max_slices = tuple(slices), max_slices
        self._compare_with, self._multivariate = frozenset(compare_with), multivariate
        self.reset()

    def reset(self) -> None:
        """Start all windows anew: what a forked child needs.

        The monitors of the references stand from the start, so that every bin is announced with 0.
        """
        self._monitors: dict[MonitorKey, DriftMonitor] = {}
        self._trails: dict[MonitorKey, Trail] = {}
        self._pages: dict[MonitorKey, Pages] = {}
        self._slicer = Slicer(self._slices, self._max_slices)
        for reference in self._references.values():
            self._monitor(MonitorKey(reference.model, reference.version))

    def monitors(self) -> dict[MonitorKey, DriftMonitor]:
        """The monitors by model, version and slice; a copy, for readers on other threads."""
        return dict(self._monitors)

    def accept(self, records: Sequence[Record], /) -> None:
        """Count the predictions, in the order in which they ended."""
        predictions = (record for record in records if not isinstance(record, Feedback))
        for layout, alike in itertools.groupby(predictions, key=_layout):
            with self._guard.at("sinks.drift"):
                if layout is None:
                    for gathered in cast("Iterator[Predictions]", alike):
                        self._observe(gathered)
                else:
                    self._observe(Predictions.of(cast("list[Prediction]", list(alike))))

    def _observe(self, predictions: Predictions) -> None:
        """Count predictions of one model whose columns are alike, for the whole and for each watched slice."""
        if predictions.model not in self._references or (predictions.inputs is None and predictions.outputs is None):
            return
        self._count(MonitorKey(predictions.model, predictions.version), predictions)
        for slice_, part in self._slicer.parts(predictions.calls) if self._slices else ():
            self._count(MonitorKey(predictions.model, predictions.version, slice_), Predictions.of(part))

    def _count(self, key: MonitorKey, predictions: Predictions) -> None:
        """Count predictions as one table, and tell of alarms that changed."""
        timestamps_ns = np.repeat(predictions.timestamps_ns, predictions.rows)
        changes = self._monitor(key).observe(predictions.inputs, predictions.outputs, timestamps_ns)
        self._trails[key].add(predictions)
        ends = np.cumsum(predictions.rows)
        for change in self._pages[key].of(changes):
            tipped = predictions.calls[int(np.searchsorted(ends, change.row_in_batch, side="right"))]
            self._announce(change, tipped, key)

    def _monitor(self, key: MonitorKey) -> DriftMonitor:
        if key not in self._monitors:
            reference = self._references[key.model]
            self._trails[key], self._pages[key] = Trail(reference), Pages()
            self._monitors[key] = DriftMonitor(
                reference,
                windows=self._windows,
                false_page_interval_s=self._false_page_interval_s,
                shares=self._shares(key),
                previous="previous" in self._compare_with,
                older=partial(self._older, key) if "version" in self._compare_with else None,
                multivariate=self._multivariate and key.slice is None,
            )
        return self._monitors[key]

    def _shares(self, key: MonitorKey) -> int:
        """Into how many parts false pages are divided, of which this monitor may have one."""
        if not self._slices:
            return 1
        return 2 if key.slice is None else 2 * (self._max_slices + len(self._slices))

    def _older(self, key: MonitorKey) -> Iterator[tuple[str, DriftMonitor]]:
        """The versions that this process met before this one, of the same slice, the latest first."""
        alike = [each for each in self._monitors if (each.model, each.slice) == (key.model, key.slice)]
        for each in reversed(alike[: alike.index(key)]):
            yield each.version or "unknown", self._monitors[each]

    def _announce(self, change: AlarmChange, tipped: Prediction, key: MonitorKey) -> None:
        if self._writer is None:
            return
        moving = self._trails[key].fallen_into(change.name, {name for name, _ in change.bins}) if change.bins else []
        self._writer.write(
            semconv.EVENT_DRIFT_DETECTED if change.raised else semconv.EVENT_DRIFT_CLEARED,
            drift_attributes(change, tipped, key.slice, moving, self._references[tipped.model].hash),
            body=told(change, tipped.model, key.slice),
            timestamp_ns=tipped.timestamp_ns or tipped.started_ns,
            trace=tipped.trace,
            severity=SeverityNumber.WARN if change.raised else SeverityNumber.INFO,
        )


def _layout(prediction: Prediction | Predictions) -> tuple[object, ...] | None:
    """What two predictions must share to be laid below each other; None for those that lie so already."""
    if isinstance(prediction, Predictions):
        return None
    inputs, outputs = prediction.inputs, prediction.outputs
    return (
        prediction.model,
        prediction.version,
        None if inputs is None else inputs.names,
        None if outputs is None else (outputs.names, outputs.rows == prediction.rows),
    )
