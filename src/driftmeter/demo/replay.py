"""Nine months of flights through the server, in order of date, with labels after landing and a scene now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from driftmeter.demo.flights import INPUTS, OUTPUT, Flight
from driftmeter.demo.http_client import Answer, exchange
from driftmeter.demo.inbox import Inbox
from driftmeter.demo.landings import LandingBoard, MonthlyErrors
from driftmeter.demo.operations import Operations
from driftmeter.demo.pacing import Stopwatch
from driftmeter.demo.request_book import RequestBook
from driftmeter.demo.scene import Pace, Scene, SubjectScene
from driftmeter.demo.verdict import Tally, locate

_SCENE_INTERVAL_S = 0.25
_OK = 200


class Replay:
    """Sends the flights of a book and tells what is going on.

    Args:
        book: the flights and their requests.
        inbox: what came back over OTLP.
        errors: predictions beside labels.
        show: called with every new scene.
        where: the telemetry's destination, for the scene.

    """

    def __init__(
        self, book: RequestBook, inbox: Inbox, errors: MonthlyErrors, show: Callable[[Scene], None], *, where: str
    ) -> None:
        self._book = book
        self._inbox = inbox
        self._errors = errors
        self._show = show
        self._where = where
        self._started_s = time.perf_counter()
        self._shown_s = 0.0
        self._phase = ""
        self._answered = 0
        self._failed = 0
        self._labels = 0
        self._date = book.flights[0].date
        self._watch = Stopwatch()

    def run(self, address: tuple[str, int], operations: Operations) -> None:
        """Send every flight; feed labels back as the replay's calendar goes on."""
        self.tell("replaying April to December")
        self._watch = Stopwatch()
        exchange(address, self._requests(operations), self._on_answer)

    def tell(self, phase: str) -> Scene:
        """Say what is being done now."""
        self._phase = phase
        return self._publish()

    def whole_pace(self) -> Pace:
        """Throughput and latency over the whole replay."""
        return self._watch.whole()

    def _requests(self, operations: Operations) -> Iterator[tuple[int, bytes]]:
        board = LandingBoard()
        for row, flight in enumerate(self._book.flights):
            for landed in board.depart(flight):
                self._land(landed, operations)
            yield row, self._book.request(row)
        for landed in board.rest():
            self._land(landed, operations)

    def _land(self, flight: Flight, operations: Operations) -> None:
        operations.landed(flight)
        self._errors.landed(flight)
        self._labels += 1

    def _on_answer(self, row: int, answer: Answer) -> None:
        self._answered += 1
        self._failed += answer.status != _OK
        self._date = self._book.flights[row].date
        self._watch.note(answer.latency_s)
        if time.perf_counter() - self._shown_s >= _SCENE_INTERVAL_S:
            self._publish()

    def _publish(self) -> Scene:
        self._shown_s = time.perf_counter()
        inbox = self._inbox
        scene = Scene(
            phase=self._phase,
            date=self._date,
            sent=self._answered,
            total=len(self._book.flights),
            elapsed_s=self._shown_s - self._started_s,
            pace=self._watch.recent(),
            tally=Tally(
                predictions=self._answered,
                events=inbox.events,
                traces=inbox.traces,
                labels=self._labels,
                label_events=inbox.labels,
                failed=self._failed,
            ),
            subjects=tuple(self._subject(name) for name in (*INPUTS, OUTPUT)),
            detections=tuple(locate(alarm, self._book) for alarm in inbox.alarms() if alarm.raised),
            months=tuple(self._errors.months()),
            usage=inbox.usage(),
            where=self._where,
        )
        self._show(scene)
        return scene

    def _subject(self, name: str) -> SubjectScene:
        return SubjectScene(
            name=name,
            reading=self._inbox.reading(name),
            course=self._inbox.course(name),
            output=name == OUTPUT,
        )
