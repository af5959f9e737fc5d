"""One moment of the demo, frozen, for whoever draws it; and the outcome at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from driftmeter.demo.flights import KILOMETRES_START
from driftmeter.demo.inbox import Reading, Usage
from driftmeter.demo.landings import Month
from driftmeter.demo.verdict import Detection, Tally, Verdict, as_json


@dataclass(frozen=True, slots=True)
class SubjectScene:
    """One watched column."""

    name: str
    reading: Reading | None
    course: tuple[float, ...]
    """Every reading so far."""
    output: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast requests are answered."""

    per_s: float = 0.0
    """Over the last second or so; over the whole replay at its end."""
    p50_ms: float = 0.0
    p99_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that the live view shows."""

    phase: str
    """What is being done: training, replaying, …"""
    date: str
    """Of the last flight answered."""
    sent: int
    total: int
    elapsed_s: float
    pace: Pace
    tally: Tally
    subjects: tuple[SubjectScene, ...]
    detections: tuple[Detection, ...]
    """Raised so far, of every subject."""
    months: tuple[Month, ...]
    usage: Usage
    where: str
    """Folder or endpoint that the telemetry goes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the run comes to."""

    verdict: Verdict
    tally: Tally
    months: tuple[Month, ...]
    pace: Pace
    elapsed_s: float
    where: str
    fast: bool

    def to_dict(self) -> Mapping[str, object]:
        """The summary for machines: one JSON object."""
        verdict, tally = self.verdict, self.tally
        return {
            "passed": verdict.passed,
            "predictions": tally.predictions,
            "events": tally.events,
            "lost": tally.lost,
            "detections": [as_json(detection) for detection in verdict.detections],
            "false_alarms": [as_json(detection) for detection in verdict.false_alarms],
            "unexpected": [as_json(detection) for detection in verdict.unexpected],
            "problems": list(verdict.problems),
            "planted": {"subject": "distance_mi", "from": KILOMETRES_START, "what": "the client sends kilometres"},
            "traces": tally.traces,
            "labels": tally.labels,
            "label_events": tally.label_events,
            "months": [month._asdict() for month in self.months],
            "requests_per_s": round(self.pace.per_s, 1),
            "latency_ms": {"p50": round(self.pace.p50_ms, 3), "p99": round(self.pace.p99_ms, 3)},
            "duration_s": round(self.elapsed_s, 1),
            "telemetry": self.where,
            "fast": self.fast,
        }
