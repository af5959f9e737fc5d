"""Every prediction counted against its model's reference, and an event when a column begins to drift or is back."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, cast

import numpy as np

from driftmeter import semconv
from driftmeter.drift import AlarmChange, DriftMonitor, Reference, Window
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction, Predictions, Record
from driftmeter.sinks.drift_events import NO_LONGER, SILENT, drift_attributes, told, told_end
from driftmeter.sinks.event_writer import EventWriter
from driftmeter.sinks.logs_api import SeverityNumber
from driftmeter.sinks.pages import Pages, Subject, subject_of
from driftmeter.sinks.slicing import MonitorKey, Slicer
from driftmeter.sinks.trail import Trail

MOST_AWAKE: Final = 64
"""Monitors beyond which silent ones rest: with the default windows each takes about 0.1 MB per numeric column."""


class DriftSink:
    """Keeps one `DriftMonitor` per model, version and watched slice; writes `ml.drift.detected` and `ml.drift.cleared`.

    A prediction counts for the whole and for each of its slices that is watched. A column that drifts makes one event,
    see `Pages`. Of more than `MOST_AWAKE` monitors, those that are silent let go of their windows and end their pages;
    what they counted stays, and rows that come again begin new windows.

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
        clock: monotonic seconds.

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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._references = references
        self._windows = tuple(windows)
        self._false_page_interval_s = false_page_interval_s
        self._guard = guard
        self._writer = writer
        self._slices, self._max_slices = tuple(slices), max_slices
        self._compare_with, self._multivariate = frozenset(compare_with), multivariate
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Start all windows anew: what a forked child needs.

        The monitors of the references stand from the start, so that every bin is announced with 0.
        """
        self._lock = threading.Lock()
        self._watched: dict[MonitorKey, _Watched] = {}
        self._slicer = Slicer(self._slices, self._max_slices)
        for reference in self._references.values():
            key = MonitorKey(reference.model, reference.version)
            self._watched[key] = self._begun(key)

    def monitors(self) -> dict[MonitorKey, DriftMonitor]:
        """The monitors by model, version and slice; a copy, for readers on other threads."""
        return {key: watched.monitor for key, watched in self._watched.copy().items()}

    def accept(self, records: Sequence[Record], /) -> None:
        """Count the predictions, in the order in which they ended."""
        predictions = (record for record in records if not isinstance(record, Feedback))
        for layout, alike in itertools.groupby(predictions, key=_layout):
            with self._guard.at("sinks.drift"), self._lock:
                if layout is None:
                    for gathered in cast("Iterator[Predictions]", alike):
                        self._observe(gathered)
                else:
                    self._observe(Predictions.of(cast("list[Prediction]", list(alike))))

    def end(self) -> None:
        """Close the pages that are open, as nobody else will, and open none: others watch from now on.

        From any thread; what comes late is still counted.
        """
        with self._guard.at("sinks.drift"), self._lock:
            for key, watched in self._watched.items():
                self._close(watched, key, time.time_ns(), NO_LONGER)
            self._writer = None

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
        watched = self._watched[key] = self._watched.get(key) or self._begun(key)
        begins = watched.monitor.resting or not watched.monitor.rows
        changes = watched.monitor.observe(predictions.inputs, predictions.outputs, timestamps_ns)
        watched.trail.add(predictions)
        ends = np.cumsum(predictions.rows)
        for change in watched.pages.of(changes):
            tipped = predictions.calls[int(np.searchsorted(ends, change.row_in_batch, side="right"))]
            self._announce(change, tipped, key)
        if begins:
            self._make_room(int(predictions.timestamps_ns[-1]))

    def _begun(self, key: MonitorKey) -> _Watched:
        reference = self._references[key.model]
        monitor = DriftMonitor(
            reference,
            windows=self._windows,
            false_page_interval_s=self._false_page_interval_s,
            shares=self._shares(key),
            previous="previous" in self._compare_with,
            older=partial(self._older, key) if "version" in self._compare_with else None,
            multivariate=self._multivariate and key.slice is None,
            clock=self._clock,
        )
        return _Watched(monitor, Trail(reference), Pages(), {})

    def _make_room(self, now_ns: int) -> None:
        """Of more than so many monitors at work, those that are silent rest, the longest silent first."""
        awake = [key for key, watched in self._watched.items() if not watched.monitor.resting]
        silent = [key for key in awake if self._watched[key].monitor.silent]
        silent.sort(key=lambda key: self._watched[key].monitor.idle_s, reverse=True)
        for key in silent[: max(0, len(awake) - MOST_AWAKE)]:
            self._rest(key, now_ns)

    def _rest(self, key: MonitorKey, now_ns: int) -> None:
        watched = self._watched[key]
        watched.monitor.rest()
        self._watched[key] = watched._replace(trail=Trail(watched.monitor.reference), pages=Pages(), opened={})
        self._close(watched, key, now_ns, SILENT)

    def _close(self, watched: _Watched, key: MonitorKey, now_ns: int, why: str) -> None:
        """End the pages that are open though nothing is back where it was, saying why."""
        for change, tipped in watched.opened.values():
            ended = replace(change, raised=False, bins=())
            body = told_end(ended, key.model, key.slice, why)
            self._write(ended, replace(tipped, timestamp_ns=now_ns), key, (), body)

    def _shares(self, key: MonitorKey) -> int:
        """Into how many parts false pages are divided, of which this monitor may have one."""
        if not self._slices:
            return 1
        return 2 if key.slice is None else 2 * (self._max_slices + len(self._slices))

    def _older(self, key: MonitorKey) -> Iterator[tuple[str, DriftMonitor]]:
        """The versions that this process met before this one, of the same slice, the latest first."""
        alike = [each for each in self._watched if (each.model, each.slice) == (key.model, key.slice)]
        for each in reversed(alike[: alike.index(key)]):
            yield each.version or "unknown", self._watched[each].monitor

    def _announce(self, change: AlarmChange, tipped: Prediction, key: MonitorKey) -> None:
        watched, subject = self._watched[key], subject_of(change)
        if change.raised:
            bare = replace(tipped, inputs=None, outputs=None, scores=None)
            watched.opened[subject] = change, bare
        else:
            watched.opened.pop(subject, None)
        moving = watched.trail.fallen_into(change.name, {name for name, _ in change.bins}) if change.bins else []
        self._write(change, tipped, key, moving, told(change, tipped.model, key.slice))

    def _write(
        self, change: AlarmChange, tipped: Prediction, key: MonitorKey, moving: Sequence[Prediction], body: str
    ) -> None:
        if self._writer is None:
            return
        self._writer.write(
            semconv.EVENT_DRIFT_DETECTED if change.raised else semconv.EVENT_DRIFT_CLEARED,
            drift_attributes(change, tipped, key.slice, moving, self._references[tipped.model].hash),
            body=body,
            timestamp_ns=tipped.timestamp_ns or tipped.started_ns,
            trace=tipped.trace,
            severity=SeverityNumber.WARN if change.raised else SeverityNumber.INFO,
        )


class _Watched(NamedTuple):
    """What is kept of one model, version and slice."""

    monitor: DriftMonitor
    trail: Trail
    pages: Pages
    opened: dict[Subject, tuple[AlarmChange, Prediction]]
    """By what has an open page, the alarm that opened it, and the prediction at which, without its values."""


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
