"""One step at a time, on a clock that the test moves."""

from itertools import pairwise

import pytest

from driftmeter.delivery import Pace
from driftmeter.delivery.courier import BURIED_IN_A_ROW, Courier
from driftmeter.journal import Batch, Entry, Kind, Losses
from driftmeter.otlp import Origin, log_record
from driftmeter.otlp.answer import Answer, Verdict
from driftmeter.testing import FakeClock

ORIGIN = Origin(scope_name="driftmeter")
ACCEPTED = Answer(Verdict.ACCEPTED)


class Queue:
    """A lane in memory."""

    def __init__(self):
        self.waiting, self.released, self.closes = [], 0, False

    def add(self, count, first=1):
        self.waiting += [entry(first + i) for i in range(count)]

    def next(self, max_records, max_bytes):
        found = self.waiting[:max_records]
        return Batch(found, "writer", self, len(found)) if found else None

    def acknowledge(self, batch):
        del self.waiting[: batch.end]

    def release(self, batch):
        self.released += 1

    def close(self):
        """As `Reader.close`."""


class Store:
    """A journal in memory."""

    def __init__(self):
        self.queues = {"memory": Queue(), "live": Queue(), "backlog": Queue()}
        self.dead, self.losses, self.reports = [], Losses(), []

    def memory(self):
        return self.queues["memory"]

    def live(self):
        return self.queues["live"]

    def backlog(self):
        return self.queues["backlog"] if self.queues["backlog"].waiting else None

    def append(self, kind, definition, payload):
        self.reports.append((kind, payload))
        return True

    def bury(self, entries, reason, writer):
        self.dead += [(found.seq, reason, writer) for found in entries]


class Backend:
    """Answers as it is told, and notes what it was asked and when."""

    address = "http://backend"

    def __init__(self, clock):
        self.clock, self.requests, self.answers, self.takes_s = clock, [], [], 0.0

    def send(self, request, *, compressed, timeout_s):
        self.requests.append((self.clock(), request.count(b"seq-"), compressed, timeout_s))
        self.clock.advance(min(self.takes_s, timeout_s))
        if self.takes_s > timeout_s:
            return Answer(Verdict.RETRY, "timeout", unknown=True)
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        return answer(request) if callable(answer) else answer


def entry(seq, kind=Kind.RECORD):
    body = f"seq-{seq}"
    payload = log_record(time_ns=1, observed_ns=1, body=body) if kind == Kind.RECORD else b"{}"
    return Entry(kind, seq, ORIGIN.to_bytes(), payload)


class Scene:
    """A courier between the two."""

    def __init__(self, draw=0.5, **pace):
        self.clock, self.store = FakeClock(), Store()
        self.backend = Backend(self.clock)
        self.courier = Courier(
            self.store, self.backend, pace=Pace(**pace), origin=ORIGIN, clock=self.clock, draw=lambda: draw
        )

    @property
    def live(self):
        return self.store.queues["live"]

    @property
    def backlog(self):
        return self.store.queues["backlog"]

    def run(self, seconds, **how):
        """Step whenever it is time to, for so long."""
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            pause_s = self.courier.step(**how)
            self.clock.advance(min(pause_s, end_s - self.clock()) + 1e-6)

    @property
    def sizes(self):
        return [size for _, size, _, _ in self.backend.requests]


@pytest.mark.parametrize("after_s", [7.0, 300.0])
def test_time_that_the_backend_asks_for_is_granted(after_s):
    """To the second, even though somebody waits."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.RETRY, "http_429", after_s=after_s)] * 2
    scene.live.add(10)
    scene.run(3 * after_s, hurry=True)
    times_s = [at_s for at_s, *_ in scene.backend.requests]
    assert len(times_s) == 3
    waits_s = [later - earlier for earlier, later in pairwise(times_s)]
    assert waits_s == pytest.approx([after_s, after_s], abs=0.01)
    assert scene.live.waiting == []


def test_attempts_become_rare_and_never_end():
    """An hour of outage costs some hundred requests, and ends in delivery."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.RETRY, "connection")] * 10_000
    scene.live.add(100)
    scene.run(3600)
    assert 100 < len(scene.backend.requests) < 300
    assert len(scene.live.waiting) == 100
    scene.backend.answers = []
    scene.run(31)
    assert scene.live.waiting == []


def test_failing_backend_is_asked_with_little():
    """And with everything once it has taken that."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.RETRY, "http_503")] * 2
    scene.live.add(512)
    scene.run(10)
    assert scene.sizes == [512, 16, 16, 496]


def test_records_wait_for_company():
    """For the delay, then go together."""
    scene = Scene(delay_s=1.0)
    scene.run(5)
    scene.live.add(1)
    scene.courier.lanes.wake(scene.clock())
    scene.run(0.5)
    assert scene.sizes == []
    scene.live.add(1, first=2)
    scene.run(0.6)
    assert scene.sizes == [2]


def test_hurry_waits_for_no_company():
    """Somebody flushes."""
    scene = Scene(delay_s=100.0)
    scene.live.add(1)
    scene.courier.lanes.wake(scene.clock())
    scene.run(1)
    assert scene.sizes == []
    scene.courier.step(hurry=True)
    assert scene.sizes == [1]


def test_lanes_take_turns():
    """A full live lane and a full backlog get a request each."""
    scene = Scene(drain_share=1.0)
    scene.live.add(512 * 5, first=1)
    scene.backlog.add(512 * 5, first=10_000)
    for _ in range(6):
        scene.courier.step(hurry=True)
    assert len(scene.live.waiting) == len(scene.backlog.waiting) == 512 * 2


def test_catching_up_rests_but_live_records_do_not_wait():
    """A lane with a share of a core is due again when its work is that share of the time; others go on."""
    scene = Scene(drain_share=0.25)
    lane = scene.courier.lanes.backlog
    lane.rest(100.0, 0.5)
    assert lane.due_s == pytest.approx(101.5)
    scene.courier.lanes.live.rest(100.0, 0.5)
    assert scene.courier.lanes.live.due_s < 100


def test_memory_is_given_back_while_the_backend_fails():
    """The disk may come back first, and what is lent cannot be written to it."""
    scene = Scene()
    scene.store.queues["memory"].add(5)
    scene.backend.answers = [Answer(Verdict.RETRY, "connection")]
    scene.courier.step(hurry=True)
    assert scene.store.queues["memory"].released == 1
    scene.run(2)
    assert scene.sizes == [5, 5]
    assert scene.store.queues["memory"].waiting == []


def test_time_limit_grows_while_the_backend_is_too_slow_and_shrinks_again():
    """A backend that needs 25 s gets them, for as long as it does."""
    scene = Scene(timeout_s=10.0, timeout_most_s=30.0)
    scene.backend.takes_s = 25.0
    scene.live.add(10)
    scene.run(120)
    assert [limit_s for *_, limit_s in scene.backend.requests] == [10.0, 20.0, 30.0]
    assert scene.courier.figures.resent == 20
    scene.backend.takes_s = 0.1
    scene.live.add(10)
    scene.run(2)
    scene.live.add(10)
    scene.run(2)
    assert [limit_s for *_, limit_s in scene.backend.requests][-2:] == [30.0, 10.0]


def test_backend_that_refuses_everything_is_given_time():
    """A few records are dead letters, the others wait."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.REFUSED, "http_400")] * 10_000
    scene.live.add(512)
    scene.run(60)
    assert BURIED_IN_A_ROW < len(scene.store.dead) < BURIED_IN_A_ROW + 30
    assert scene.courier.failing_since_s is not None
    assert {(reason, writer) for _, reason, writer in scene.store.dead} == {("http_400", "writer")}
    scene.backend.answers = []
    scene.run(60)
    assert scene.live.waiting == []
    assert scene.courier.figures.records + len(scene.store.dead) == 512


def test_refused_encoding_is_not_tried_again():
    """The same records go at once, plain."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.UNSUPPORTED_ENCODING, "http_415")]
    scene.live.add(3)
    scene.run(1)
    scene.live.add(3)
    scene.run(2)
    assert [compressed for _, _, compressed, _ in scene.backend.requests] == [True, False, False]


def test_requests_keep_to_their_size():
    """One mebibyte before compression, though the records are few."""
    scene = Scene(request_bytes=10_000)
    big = log_record(time_ns=1, observed_ns=1, body="seq-" + "x" * 3_000)
    scene.live.waiting += [Entry(Kind.RECORD, seq, ORIGIN.to_bytes(), big) for seq in range(10)]
    scene.run(1)
    assert max(scene.sizes) <= 3
    assert sum(scene.sizes) == 10


def test_limit_that_holds_is_seldom_tried():
    """And what is refused for its size costs no record."""
    scene = Scene(request_bytes=100_000)
    scene.backend.answers = [
        lambda request: ACCEPTED if len(request) <= 20_000 else Answer(Verdict.TOO_LARGE, "http_413")
    ] * 10_000
    scene.live.add(100_000)
    scene.run(3600, hurry=True)
    assert scene.live.waiting == []
    assert scene.courier.figures.records == 100_000
    assert scene.courier.figures.retries.total() < len(scene.backend.requests) / 50


def test_rejections_are_losses_and_reports_of_them_are_not():
    """Else the report of a rejected report would be reported, and so on."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.ACCEPTED, rejected=4), Answer(Verdict.ACCEPTED, rejected=1)]
    scene.live.add(10)
    scene.live.waiting.append(entry(11, Kind.GAP))
    scene.run(1)
    assert scene.sizes == [10, 0]
    [loss] = scene.store.losses.all()
    assert (loss.reason, loss.count, loss.first_seq, loss.last_seq) == ("rejected", 4, 1, 10)
    assert scene.store.reports == [(Kind.GAP, loss.payload())]
    assert scene.courier.figures.rejected == 5


def test_rejected_count_is_believed_up_to_what_was_sent():
    """A backend may say anything."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.ACCEPTED, rejected=2**62)]
    scene.live.add(10)
    scene.run(1)
    assert (scene.courier.figures.rejected, scene.courier.figures.records) == (10, 0)


def test_record_that_breaks_the_backend_does_not_hold_up_the_others():
    """A 500 is retried for ever, but not in front of everybody: what breaks it again and again alone is given up."""
    scene = Scene()

    def answer(request):
        return Answer(Verdict.RETRY, "http_500") if b"seq-300" in request else ACCEPTED

    scene.backend.answers = [answer] * 10_000
    scene.live.add(512)
    scene.run(600)
    assert scene.store.dead == [(300, "http_500", "writer")]
    assert scene.courier.figures.records == 511
    assert scene.live.waiting == []
    assert len(scene.backend.requests) < 100


def test_backend_that_is_broken_costs_no_record():
    """However long it lasts: nothing passes, so nothing is the records' fault."""
    scene = Scene()
    scene.backend.answers = [Answer(Verdict.RETRY, "http_500")] * 400
    scene.live.add(512)
    scene.run(4 * 3600)
    assert scene.store.dead == []
    assert scene.courier.figures.records == 512
