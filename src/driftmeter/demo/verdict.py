"""Whether the run kept its promises: which drifts were found, what was false, what was missed, what was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from driftmeter.demo.flights import KILOMETRES_START, ONSETS, OUTPUT, SEASONAL
from driftmeter.demo.inbox import Alarm
from driftmeter.demo.request_book import RequestBook

_EARLIEST: Final[Mapping[str, str]] = {**ONSETS, **SEASONAL}
"""The first day on which an alarm of a column means something; a season's change may be found, the others must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A raised alarm, placed on the calendar of the flights."""

    subject: str
    statistic: str
    flight_date: str
    """Of the flight whose prediction raised the alarm; empty where the event names none that was sent."""
    rows_after_onset: int | None
    """Flights sent since the subject's known onset, this one included; None where it has none or lies before."""
    value: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was sent and what came back."""

    predictions: int
    events: int
    traces: int
    labels: int
    label_events: int
    failed: int = 0
    """Requests that were not answered with 200."""

    @property
    def lost(self) -> int:
        """Predictions whose event never came."""
        return self.predictions - self.events

    @property
    def lost_traces(self) -> int:
        """Requests of which no span came."""
        return self.predictions - self.traces

    @property
    def lost_labels(self) -> int:
        """Labels whose event never came."""
        return self.labels - self.label_events


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Detections sorted by what they mean, and the reasons, if any, why the run failed."""

    detections: tuple[Detection, ...]
    """Found drifts, those of a season among them: the first alarm of each subject and statistic, by date of flight."""
    false_alarms: tuple[Detection, ...]
    unexpected: tuple[Detection, ...]
    """Alarms of the model's output before the inputs that it follows had drifted: told, not counted as false."""
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every expected drift was found, nothing was false and nothing lost."""
        return not self.problems


def locate(alarm: Alarm, book: RequestBook) -> Detection:
    """Find the flight that raised an alarm: by its trace, else by the number of rows that the server had seen."""
    row = book.row_of(alarm.trace_id)
    if row is None and alarm.row is not None and 0 < alarm.row <= len(book.flights):
        row = alarm.row - 1
    return Detection(
        subject=alarm.subject,
        statistic=alarm.statistic,
        flight_date="" if row is None else book.flights[row].date,
        rows_after_onset=None if row is None else book.rows_after_onset(alarm.subject, row),
        value=alarm.value,
        threshold=alarm.threshold,
    )


def judge(raised: Sequence[Detection], tally: Tally, *, refused: Sequence[str] = ()) -> Verdict:
    """Sort the detections and say what is wrong with the run.

    Args:
        raised: every alarm that was raised.
        tally: what was sent and what came back.
        refused: why the telemetry's destination did not take a request, if it did not.

    >>> nothing_lost = Tally(predictions=9, events=9, traces=9, labels=8, label_events=8)
    >>> judge([], nothing_lost).problems
    ('airline: its drift from 2015-07-01 was missed', 'distance_mi: its drift from 2015-11-15 was missed')

    """
    dated = [detection for detection in raised if detection.subject in _EARLIEST]
    found = [detection for detection in dated if detection.flight_date >= _EARLIEST[detection.subject]]
    false = [detection for detection in dated if detection.flight_date < _EARLIEST[detection.subject]]
    others = [detection for detection in raised if detection.subject not in _EARLIEST]
    follows = [detection for detection in others if _follows(detection)]
    return Verdict(
        detections=tuple(first_of_each(found + follows)),
        false_alarms=tuple(false),
        unexpected=tuple(detection for detection in others if not _follows(detection)),
        problems=(*_false(false), *_missed(found), *_lost(tally), *dict.fromkeys(refused)),
    )


def first_of_each(detections: Sequence[Detection]) -> list[Detection]:
    """The first of each subject and statistic, in the order of the flights."""
    first: dict[tuple[str, str], Detection] = {}
    for detection in sorted(detections, key=lambda detection: (detection.flight_date, detection.rows_after_onset or 0)):
        first.setdefault((detection.subject, detection.statistic), detection)
    return list(first.values())


def as_json(detection: Detection) -> dict[str, str | int | float | None]:
    """One entry of the summary's lists."""
    return asdict(detection)


def _follows(detection: Detection) -> bool:
    """The output is a function of the inputs, so kilometres move it as well."""
    return detection.subject == OUTPUT and detection.flight_date >= KILOMETRES_START


def _false(false: Sequence[Detection]) -> list[str]:
    return [
        f"{detection.subject}: false alarm ({detection.statistic} {detection.value:.3f}) on"
        f" {detection.flight_date or 'an unknown flight'}, before {_EARLIEST[detection.subject]}"
        for detection in false
    ]


def _missed(found: Sequence[Detection]) -> list[str]:
    subjects = {detection.subject for detection in found}
    return [f"{name}: its drift from {day} was missed" for name, day in ONSETS.items() if name not in subjects]


def _lost(tally: Tally) -> list[str]:
    counts = (
        (tally.failed, "requests were not answered"),
        (tally.lost, "predictions have no event"),
        (tally.lost_traces, "requests have no trace"),
        (tally.lost_labels, "labels have no event"),
    )
    return [f"{count:,} {what}" for count, what in counts if count]
