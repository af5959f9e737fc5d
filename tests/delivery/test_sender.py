"""The real journal, the real sender and a backend that misbehaves, in one process."""

import threading
import time

import pytest

from driftmeter.delivery import Pace, Sender
from driftmeter.journal import Kind

FAILING = ["status:503", "status:500", "status:429", "status:401", "status:403", "status:404", "reset", "down"]
both = pytest.mark.parametrize("protocol", ["http", "grpc"])


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "driftmeter-sender"]


@both
def test_everything_arrives_once_from_a_backend_that_is_well(bench, protocol):
    """In few requests."""
    here = bench(protocol)
    names = here.append(1300)
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)
    status = here.sender.status()
    assert (status.records, status.resent, status.retries, status.failing_s) == (1300, 0, {}, 0.0)
    assert max(here.backend.snapshot()["sizes"]) <= 512


@both
@pytest.mark.parametrize("behaviour", FAILING)
def test_nothing_is_lost_while_the_backend_fails(bench, protocol, behaviour):
    """Kept while it fails, delivered once when it is back, none of it twice: nothing was stored meanwhile."""
    here = bench(protocol, behaviour)
    names = here.append(600)
    here.until_failed(2)
    assert here.ids == {}
    assert here.sender.status().failing_s > 0
    assert here.dead == 0
    here.backend.behave("ok")
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)
    assert sum(here.sender.status().retries.values()) > 0


@both
def test_black_hole_costs_a_time_limit_and_no_record(bench, protocol):
    """The request that never is answered is given up and sent again."""
    here = bench(protocol, "black_hole", pace=Pace(timeout_s=0.3))
    names = here.append(600)
    here.until_failed()
    here.backend.behave("ok")
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)


@both
def test_slow_backend_gets_everything_once(bench, protocol):
    """Also where it takes longer than the time limit: the limit grows until it does not."""
    here = bench(protocol, "slow:0.4", pace=Pace(timeout_s=0.3, timeout_most_s=5.0))
    names = here.append(512)
    assert here.sender.flush(30)
    assert set(here.ids) == set(names)
    assert sum(here.ids.values()) - 512 <= 512


@both
def test_each_lost_acknowledgement_costs_a_batch_at_most(bench, protocol):
    """The backend stored what it did not acknowledge: as many duplicates as the sender says, at most."""
    here = bench(protocol, "ack_lost")
    names = here.append(600)
    here.until_failed()
    here.backend.behave("ok")
    assert here.sender.flush(30)
    ids = here.ids
    assert set(ids) == set(names)
    lost_acknowledgements = here.backend.snapshot()["requests"]["stored_cut"]
    duplicates = sum(ids.values()) - 600
    assert 0 < duplicates <= here.sender.status().resent
    assert duplicates <= 512 + 16 * (lost_acknowledgements - 1)


@both
def test_flaky_backend_gets_everything_once(bench, protocol):
    """Every other request fails."""
    here = bench(protocol, "flaky:0.5", draw=lambda: 0.0)
    names = here.append(2000)
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)


@both
def test_refused_record_is_a_dead_letter_and_its_neighbours_are_not(bench, protocol):
    """One for one."""
    here = bench(protocol)
    here.backend.behave("refuse:r300")
    names = here.append(512)
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(set(names) - {"r300"}, 1)
    assert here.dead == 1
    assert sum(here.sender.status().buried.values()) == 1
    assert sum(here.backend.snapshot()["requests"].values()) <= 12
    here.backend.behave("ok")
    assert here.journal.replay() == 1
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)


@both
def test_backend_that_refuses_everything_is_given_time(bench, protocol):
    """All that it refused is a dead letter; the rest waits, and arrives when it has come to its senses."""
    here = bench(protocol, "status:400")
    names = here.append(512)
    here.until(lambda: here.sender.status().failing_s > 0)
    here.backend.behave("ok")
    assert here.sender.flush(30)
    assert len(here.ids) + here.dead == 512
    assert set(here.ids) < set(names)
    assert set(here.ids.values()) == {1}
    assert here.dead < 40


@both
def test_large_requests_are_halved_and_that_is_remembered(bench, protocol):
    """The second batch fits at once."""
    here = bench(protocol, "too_large:20000")
    here.append(512, payload=b"x" * 100)
    assert here.sender.flush(30)
    halvings = sum(here.sender.status().retries.values())
    assert halvings > 0
    names = here.append(512, payload=b"x" * 100)
    assert here.sender.flush(30)
    assert sum(here.sender.status().retries.values()) == halvings
    assert {here.ids[name] for name in names} == {1}
    assert here.dead == 0


def test_size_that_was_too_large_is_tried_again(bench):
    """With care: where the limit has gone, requests grow to what they were; every record arrives once."""
    here = bench("http", "too_large:20000", pace=Pace(request_bytes=40_000))
    names = here.append(512, payload=b"x" * 100)
    assert here.sender.flush(30)
    assert here.sender.status().request_bytes < 20_000
    here.backend.behave("ok")
    grown = set()
    while here.sender.status().request_bytes < 40_000:
        names += here.append(1)
        assert here.sender.flush(30)
        grown.add(here.sender.status().request_bytes)
    assert len(grown) >= 8
    assert here.ids == dict.fromkeys(names, 1)


@both
def test_lone_record_that_is_too_large_is_a_dead_letter(bench, protocol):
    """Its neighbours arrive."""
    here = bench(protocol, "too_large:5000")
    names = here.append(5) + here.append(1, payload=b"x" * 6000) + here.append(5)
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(set(names) - {"r5"}, 1)
    assert here.dead == 1


@both
def test_backend_that_unpacks_nothing_gets_it_plain(bench, protocol, capfd):
    """Remembered, too."""
    here = bench(protocol, "no_gzip")
    names = here.append(600)
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)
    status = here.sender.status()
    assert not status.compressed
    assert sum(status.retries.values()) == 1


@both
def test_rejected_records_are_a_loss_that_is_reported(bench, protocol):
    """Reported is lost, to the record; the report itself may be rejected, and is not reported again."""
    here = bench(protocol, "partial:3")
    names = here.append(600)
    assert here.sender.flush(30)
    lost = set(names) - set(here.ids)
    assert len(lost) == 6
    assert here.journal.losses.counts() == {"rejected": 6}
    here.backend.behave("ok")
    here.backend.behave("partial:1")
    here.append(1)
    assert here.sender.flush(30)
    here.backend.behave("ok")
    here.append(1)
    assert here.sender.flush(30)
    assert here.journal.losses.counts() == {"rejected": 7}


def test_report_of_a_loss_arrives_as_an_event(bench):
    """With the reason, the numbers and the writer."""
    here = bench("http", "partial:2")
    here.append(10)
    here.sender.flush(0.02)
    here.backend.behave("ok")
    assert here.sender.flush(30)
    gaps = here.backend.snapshot()["gaps"]
    if not gaps:  # the backend rejected the report as well
        here.journal.append(Kind.GAP, b"", here.journal.losses.all()[0].payload())
        assert here.sender.flush(30)
        gaps = here.backend.snapshot()["gaps"]
    assert gaps[-1]["reason"] == "rejected"
    assert gaps[-1]["driftmeter.journal.gap.count"] == 2
    assert gaps[-1]["driftmeter.journal.writer"] == here.journal.writer


def test_what_cannot_be_read_is_a_dead_letter(bench):
    """A record under a definition that is none does not keep its neighbours."""
    here = bench()
    here.append(3)
    here.journal.append(Kind.RECORD, b"no definition", b"x")
    names = here.append(3)
    assert here.sender.flush(30)
    assert set(names) < set(here.ids)
    assert here.dead == 1
    assert here.sender.status().buried == {"undecodable": 1}


@pytest.mark.parametrize("behaviour", ["black_hole", "slow:10", "down", "status:503", "status:429,200"])
def test_shutdown_keeps_its_time_limit(bench, behaviour):
    """Whatever the backend does; what it did not take stays on the disk for the next process."""
    here = bench("http", behaviour)
    here.append(600)
    started_s = time.monotonic()
    assert not here.sender.shutdown(1.0)
    assert time.monotonic() - started_s < 2.5
    here.journal.close()
    here.backend.behave("ok")
    after = Sender(here.journal, here.transport)
    assert after.flush(30)
    assert len(here.ids) == 600
    assert after.shutdown()


def test_shutdown_of_a_refused_connection_does_not_wait(bench):
    """One attempt, and the end."""
    here = bench("http", "down")
    here.append(10)
    started_s = time.monotonic()
    assert not here.sender.shutdown(5.0)
    assert time.monotonic() - started_s < 3
    assert not here.sender.flush(5.0)
    here.append(1)
    assert here.journal.status().appended == 11


def test_shutdown_delivers_what_is_there(bench):
    """And the thread is gone."""
    here = bench()
    names = here.append(1000)
    assert here.sender.shutdown(30)
    assert here.ids == dict.fromkeys(names, 1)
    for thread in threads():
        thread.join(10)
    assert threads() == []


def test_no_thread_before_the_first_record(bench):
    """A process that only loads the library owns nothing."""
    here = bench()
    assert threads() == []
    here.append(1)
    assert len(threads()) == 1


def test_flush_of_nothing_is_true(bench):
    """There is nothing that was not delivered."""
    assert bench().sender.flush(10)


def test_flush_is_true_while_others_go_on(bench):
    """It waits for what was there, not for what comes meanwhile."""
    here = bench()
    stop = threading.Event()

    def produce():
        while not stop.is_set():
            here.append(5, "other")
            time.sleep(0.001)

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        for turn in range(5):
            before = here.journal.status().appended
            assert here.sender.flush(20)
            assert sum(here.ids.values()) >= before, turn
    finally:
        stop.set()
        producer.join()


def test_live_records_pass_a_backlog(bench):
    """While thousands of old records wait, new ones are delivered after a bounded number of requests."""
    here = bench("http", "down")
    for _ in range(12):
        here.append(512, "old")
        here.journal.roll()
    here.until_failed()
    here.backend.behave("ok")
    names = here.append(5, "new")
    deadline_s = time.monotonic() + 20
    while not set(names) <= set(here.ids):
        assert time.monotonic() < deadline_s
        time.sleep(0.001)
    assert sum(here.backend.snapshot()["requests"].values()) < 10
    assert here.sender.flush(30)
    assert len(here.ids) == 12 * 512 + 5


def test_what_dead_processes_left_behind_is_delivered(bench, tmp_path):
    """The journal of one that never had a sender."""
    here = bench()
    here.append(100)
    here.sender.shutdown(30)
    here.append(50)
    here.journal.close()
    after = Sender(here.journal, here.transport)
    assert after.flush(30)
    assert len(here.ids) == 150
    after.shutdown()


def test_no_loop_turns_while_nothing_happens(bench):
    """Neither idle nor while the backend is away."""
    here = bench("http", "status:429,100")
    here.append(10)
    here.until_failed()
    steps = []
    step = here.sender._courier.step
    here.sender._courier.step = lambda **how: (steps.append(1), step(**how))[1]
    time.sleep(0.5)
    assert len(steps) <= 2
    assert here.backend.snapshot()["requests"] == {"429": 1}


def test_failures_are_told_once(bench, caplog):
    """On our own logger, with the address and without the records."""
    here = bench("http", "status:503", draw=lambda: 0.0)
    here.append(10)
    here.until_failed(4)
    [record] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.name == "driftmeter.internal"
    assert here.backend.endpoint in record.getMessage()


def test_faults_of_the_sender_itself_are_contained(tmp_path, bench):
    """Counted, given time, and tried again."""
    here = bench()
    send, calls = here.transport.send, []

    def broken(*args, **how):
        calls.append(1)
        if len(calls) < 3:
            raise LookupError
        return send(*args, **how)

    here.transport.send = broken
    names = here.append(10)
    assert here.sender.flush(30)
    assert here.ids == dict.fromkeys(names, 1)
    assert here.guard.faults.counts() == {"delivery.step": 2}
    here.guard.faults.reset()


def test_status_tells_of_lag_while_records_wait(bench):
    """And of none when they do not."""
    here = bench("http", "down")
    here.append(10)
    here.until_failed()
    assert here.sender.status().lag_s > 0
    here.backend.behave("ok")
    assert here.sender.flush(30)
    assert here.sender.status().lag_s < 0.5


def test_wake_is_idle_after_shutdown(bench):
    """A record that comes too late stays in the journal."""
    here = bench()
    assert here.sender.shutdown(10)
    here.append(3)
    assert threads() == []
