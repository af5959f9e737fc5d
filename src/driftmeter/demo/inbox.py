"""What came back over OTLP: events counted by id, alarms, and the latest reading of every gauge that the demo shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from driftmeter import semconv
from driftmeter.testing import LogEvent, Point
from driftmeter.testing.decoding import log_events, points

SHOWN_STATISTIC = "psi"
"""The one statistic whose course is drawn; alarms are told for all."""

OnPrediction = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An `ml.drift.detected` or `ml.drift.cleared` event as it arrived."""

    subject: str
    statistic: str
    value: float
    threshold: float
    raised: bool
    trace_id: str
    row: int | None
    """Rows that the server had predicted, where the event says so."""


class Reading(NamedTuple):
    """The latest distance of one subject, beside its limit."""

    value: float
    threshold: float | None
    alarm: bool


class Usage(NamedTuple):
    """What the server's process uses, as its own resource metrics say."""

    cpu_share: float | None
    """Of the CPUs that it may use."""
    memory_bytes: float | None


class Inbox:
    """Reads each export request; called from the receiver's threads, asked from the replay's.

    Args:
        knows_trace: whether a trace is one of the replay's.
        on_prediction: told the id and the answer of each new prediction event.

    """

    def __init__(self, knows_trace: Callable[[str], bool], on_prediction: OnPrediction) -> None:
        self._knows_trace = knows_trace
        self._on_prediction = on_prediction
        self._lock = threading.Lock()
        self._ids: set[str] = set()
        self._labels: set[str] = set()
        self._traces: set[str] = set()
        self._alarms: list[Alarm] = []
        self._points: dict[tuple[str, str], float] = {}
        self._courses: dict[str, list[float]] = {}
        self.requests = 0

    @property
    def events(self) -> int:
        """Prediction events received, each id once."""
        return len(self._ids)

    @property
    def labels(self) -> int:
        """Feedback events received, each prediction's once."""
        return len(self._labels)

    @property
    def traces(self) -> int:
        """Requests of the replay whose spans were received."""
        return len(self._traces)

    def alarms(self) -> list[Alarm]:
        """Every alarm event so far, in order of arrival."""
        with self._lock:
            return list(self._alarms)

    def reading(self, subject: str) -> Reading | None:
        """The latest distance of a subject; None before its first window is full."""
        with self._lock:
            value = self._points.get((subject, "drift"))
            if value is None:
                return None
            return Reading(
                value, self._points.get((subject, "threshold")), self._points.get((subject, "alarm"), 0.0) > 0
            )

    def course(self, subject: str) -> tuple[float, ...]:
        """All readings of a subject's distance so far."""
        with self._lock:
            return tuple(self._courses.get(subject, ()))

    def usage(self) -> Usage:
        """The server's latest resource readings."""
        with self._lock:
            modes = [value for (_, part), value in self._points.items() if part == "cpu"]
            return Usage(sum(modes) if modes else None, self._points.get(("", "memory")))

    def take_logs(self, request: ExportLogsServiceRequest) -> None:
        """Count the events of one request."""
        for event in log_events(request):
            if event.name == semconv.EVENT_PREDICTION:
                self._predicted(event)
            elif event.name == semconv.EVENT_FEEDBACK:
                self._labels.add(str(event.attributes.get(semconv.PREDICTION_ID)))
            elif event.name in {semconv.EVENT_DRIFT_DETECTED, semconv.EVENT_DRIFT_CLEARED}:
                with self._lock:
                    self._alarms.append(_alarm(event))

    def take_traces(self, request: ExportTraceServiceRequest) -> None:
        """Note which of the replay's requests have spans."""
        for resource_spans in request.resource_spans:
            for scope_spans in resource_spans.scope_spans:
                seen = {trace_id for span in scope_spans.spans if self._knows_trace(trace_id := span.trace_id.hex())}
                with self._lock:
                    self._traces |= seen

    def take_metrics(self, request: ExportMetricsServiceRequest) -> None:
        """Keep the latest readings of the flight server."""
        for point in points(request):
            key = _key(point)
            if key is None or not isinstance(point.value, int | float):
                continue
            with self._lock:
                self._points[key] = float(point.value)
                if key[1] == "drift":
                    self._courses.setdefault(key[0], []).append(float(point.value))

    def _predicted(self, event: LogEvent) -> None:
        prediction_id = str(event.attributes.get(semconv.PREDICTION_ID))
        if prediction_id in self._ids:
            return
        self._ids.add(prediction_id)
        outputs = event.attributes.get(semconv.PREDICTION_OUTPUTS)
        answer = next(iter(outputs.values()), None) if isinstance(outputs, dict) else None
        if isinstance(answer, int | float):
            self._on_prediction(prediction_id, float(answer))


_DISTANCES = {
    metric.name: (subject.attribute, part)
    for subject in (semconv.FEATURE, semconv.OUTPUT)
    for metric, part in ((subject.drift, "drift"), (subject.threshold, "threshold"), (subject.alarm, "alarm"))
}
_RESOURCES = {"process.cpu.utilization": "cpu", "process.memory.usage": "memory"}


def _key(point: Point) -> tuple[str, str] | None:
    if point.name in _DISTANCES:
        attribute, part = _DISTANCES[point.name]
        shown = point.attributes.get(semconv.DRIFT_STATISTIC) == SHOWN_STATISTIC
        return (str(point.attributes.get(attribute)), part) if shown else None
    if point.name in _RESOURCES and point.resource.get("service.name") == "flight-server":
        return str(point.attributes.get("cpu.mode", "")), _RESOURCES[point.name]
    return None


def _alarm(event: LogEvent) -> Alarm:
    known = event.attributes
    row = known.get(semconv.DRIFT_ROW)
    return Alarm(
        subject=_subject(known),
        statistic=str(known.get(semconv.DRIFT_STATISTIC)),
        value=float(cast("float", known.get(semconv.DRIFT_VALUE) or 0.0)),
        threshold=float(cast("float", known.get(semconv.DRIFT_THRESHOLD) or 0.0)),
        raised=event.name == semconv.EVENT_DRIFT_DETECTED,
        trace_id=event.trace_id,
        row=row if isinstance(row, int) else None,
    )


def _subject(known: Mapping[str, object]) -> str:
    """The column, or those that moved together."""
    together = known.get(semconv.DRIFT_COLUMNS)
    if isinstance(together, list | tuple):
        return " and ".join(map(str, together))
    return str(known.get(semconv.FEATURE_NAME) or known.get(semconv.OUTPUT_NAME))
