import threading
import time

import pytest

from driftmeter.pipeline import Pipeline
from driftmeter.pipeline.pipeline import CHUNK_RECORDS
from driftmeter.record import Prediction
from driftmeter.testing import CapturingSink


class Draft:
    """Writes itself up under its id, or fails."""

    def __init__(self, key="1", error=None, weight_bytes=1):
        self.key, self.error, self.weight_bytes = key, error, weight_bytes

    def settle(self, guard):
        return self.weight_bytes

    def record(self, guard):
        if self.error is not None:
            raise self.error
        return Prediction(id=self.key, model="m", started_ns=1, duration_s=None, source="test")


class Failing:
    def __init__(self, error):
        self.error = error

    def accept(self, records):
        raise self.error


def ids(sink):
    return [prediction.id for prediction in sink.predictions]


@pytest.fixture
def sink():
    return CapturingSink()


def test_records_arrive_in_the_order_in_which_they_ended(sink):
    """Over many chunks."""
    pipeline = Pipeline([sink])
    for n in range(2000):
        pipeline.submit(Draft(str(n)))
    assert pipeline.flush(10)
    assert ids(sink) == [str(n) for n in range(2000)]


@pytest.mark.parametrize(("calls", "weight_bytes"), [(CHUNK_RECORDS, 1), (5, 2**20)])
def test_what_is_worth_it_is_taken_at_once(calls, weight_bytes):
    """A chunk, or a few heavy calls, wait for no more company, which comes in an hour here."""
    taken = threading.Event()

    class Telling:
        def accept(self, records):
            taken.set()

    pipeline = Pipeline([Telling()], linger_s=3600)
    for _ in range(calls - 1):
        pipeline.submit(Draft(weight_bytes=weight_bytes))
    assert not taken.wait(0.2)
    pipeline.submit(Draft(weight_bytes=weight_bytes))
    assert taken.wait(10)


def test_a_draft_that_cannot_be_written_up_costs_no_neighbour(sink):
    """It is lost, and counted."""
    pipeline = Pipeline([sink])
    for draft in (Draft("1"), Draft("2", ValueError()), Draft("3")):
        pipeline.submit(draft)
    assert pipeline.flush(10)
    assert (ids(sink), pipeline.dropped.counts()) == (["1", "3"], {"unreadable": 1})


@pytest.mark.parametrize("error", [ValueError(), SystemExit(), KeyboardInterrupt()], ids=type)
def test_a_sink_that_fails_costs_no_other_record(sink, error):
    """Not even one that tries to end the program: it would only end the worker."""
    pipeline = Pipeline([sink, Failing(error)])
    for key in "12":
        pipeline.submit(Draft(key))
        assert pipeline.flush(10)
    assert ids(sink) == ["1", "2"]
    assert pipeline.guard.faults.total() == 2


def test_stages_change_and_end_records(sink):
    """In order; None ends the way."""
    seen = []
    pipeline = Pipeline([sink], stages=[lambda r: None if r.id == "2" else r, lambda r: seen.append(r.id) or r])
    for key in "123":
        pipeline.submit(Draft(key))
    assert pipeline.flush(10)
    assert ids(sink) == seen == ["1", "3"]


@pytest.fixture
def held():
    """A pipeline whose worker is busy until told to go on."""
    go_on, busy = threading.Event(), threading.Event()

    class Busy:
        def accept(self, records):
            busy.set()
            go_on.wait(10)

    pipeline = Pipeline([Busy()], max_records=2, max_bytes=100)
    pipeline.submit(Draft())
    busy.wait(10)
    yield pipeline
    go_on.set()


def test_full_buffer_refuses_and_counts(held):
    """The caller never waits."""
    for _ in range(5):
        held.submit(Draft())
    assert held.dropped.counts() == {"buffer_full": 3}


def test_heavy_drafts_are_refused_by_their_bytes(held):
    """A hundred records of ten megabytes are not a hundred records."""
    held.submit(Draft(weight_bytes=60))
    held.submit(Draft(weight_bytes=60))
    assert held.dropped.counts() == {"buffer_full": 1}


def test_flush_keeps_its_time_limit(held):
    """And says that something is left."""
    assert not held.flush(0.05)


def test_after_shutdown_everything_is_refused_and_counted(sink):
    """What came before was handed over."""
    pipeline = Pipeline([sink])
    pipeline.submit(Draft("1"))
    assert pipeline.shutdown(10)
    pipeline.submit(Draft("2"))
    assert pipeline.shutdown(10)
    assert (ids(sink), pipeline.dropped.counts()) == (["1"], {"shut_down": 1})


@pytest.mark.parametrize(
    ("flushes", "answer"),
    [
        ([lambda left_s: True], True),
        ([lambda left_s: True, lambda left_s: False], False),
        ([lambda left_s: 1 / 0, lambda left_s: True], False),
        ([lambda left_s: 0 < left_s <= 10], True),
    ],
)
def test_flush_is_true_when_nothing_is_left_anywhere(flushes, answer):
    """Each flush gets the time that is left, and the fault of one is a no."""
    assert Pipeline(flushes=flushes).flush(10) is answer


def test_a_thread_that_cannot_start_fails_no_prediction(monkeypatch):
    """At interpreter shutdown, or at a limit of the machine."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    pipeline = Pipeline()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    pipeline.submit(Draft())
    assert not pipeline.drain(1)
    assert pipeline.guard.faults.counts() == {"pipeline.submit": 1, "pipeline.flush": 1}


def test_every_call_of_many_threads_is_accepted_or_counted(sink):
    """Whatever the timing."""
    pipeline = Pipeline([sink], max_records=50)
    threads = [threading.Thread(target=lambda: [pipeline.submit(Draft()) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pipeline.flush(10)
    assert len(sink.records) + pipeline.dropped.total() == 4000
    assert len(sink.records) >= 50


def test_drafts_are_packed_on_the_worker(sink):
    """The caller only leaves them, settled."""
    threads = []

    class Packing:
        def write(self, draft):
            threads.append(threading.current_thread())
            return Draft(f"packed {draft.key}")

    pipeline = Pipeline([sink], packing=Packing())
    for key in "12":
        pipeline.submit(Draft(key))
    assert pipeline.flush(10)
    assert ids(sink) == ["packed 1", "packed 2"]
    assert threading.current_thread() not in threads


def test_no_step_begins_once_the_process_ends_while_others_record_on():
    """A thread that is at work when the interpreter is gone would take the process with it."""
    steps, stop = [], threading.Event()

    class Slow:
        def accept(self, records):
            steps.append(len(records))
            time.sleep(0.01)

    pipeline = Pipeline([Slow()])

    def record_on():
        while not stop.is_set():
            pipeline.submit(Draft())
            time.sleep(0.0001)

    recording = threading.Thread(target=record_on)
    recording.start()
    pipeline.end(0.2)
    seen = len(steps)
    time.sleep(0.1)
    stop.set()
    recording.join()
    assert seen > 0
    assert len(steps) == seen


def test_nobody_waits_for_a_worker_that_has_ended(sink):
    """A span processor is shut down after it at exit, and would wait for a round that never comes."""
    pipeline = Pipeline([sink])
    pipeline.submit(Draft("1"))
    assert pipeline.end(10)
    assert pipeline.drain(3600)
    assert pipeline.flush(3600)
    pipeline.submit(Draft("2"))
    assert not pipeline.drain(3600)


def test_a_signal_handler_may_predict_wherever_it_interrupts(python):
    """As may what Python finalises: it runs on a thread that may be counting, or leaving a large call behind."""
    done = python(SIGNALS, OTEL_TRACES_EXPORTER="none", OTEL_METRICS_EXPORTER="none", OTEL_LOGS_EXPORTER="none")
    made, interrupted, counted, faults = map(int, done.out.split())
    assert interrupted > 0
    assert counted == made + interrupted
    assert faults == 3 * counted


SIGNALS = """
import signal
import driftmeter
from driftmeter.pipeline import Pipeline, current
from driftmeter.testing import CapturingSink

sink = CapturingSink()
pipeline = Pipeline([sink], max_records=1 << 20, max_bytes=1 << 30)
current.install(pipeline)
batch = [{"a": "x" * 400}] * 20
made = interrupted = 0
inside = False

def predict(model):
    with driftmeter.predict(model, inputs=batch) as call:
        call.outputs = 1.0
    for _ in range(3):
        pipeline.guard.faults.add("counted")

def interrupt(*_):
    global interrupted, inside
    if not inside:
        inside = True
        predict("interrupting")
        interrupted += 1
        inside = False

predict("m")
made += 1
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for _ in range(10_000):
    predict("m")
    made += 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert driftmeter.flush(20)
print(made, interrupted, len(sink.predictions), pipeline.guard.faults.counts()["counted"])
"""
