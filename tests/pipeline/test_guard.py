import asyncio
import logging
import threading

import pytest

from driftmeter.pipeline import Guard, Tally
from driftmeter.pipeline.guard import INTERNAL_LOGGER, LOG_INTERVAL_S


def test_faults_are_contained_and_counted_by_place():
    """The program goes on."""
    guard = Guard()
    for place in ("sinks.a", "sinks.b", "sinks.a"):
        with guard.at(place):
            raise ValueError(place)
    assert guard.faults.counts() == {"sinks.a": 2, "sinks.b": 1}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_stops_a_program_or_a_task_passes(stop):
    """It is not ours to hold up."""
    guard = Guard()
    with pytest.raises(stop), guard.at("sinks.a"):
        raise stop
    assert guard.faults.counts() == {}


def test_faults_are_logged_seldom_and_without_their_text(caplog, monkeypatch):
    """An exception's text may quote the values it stumbled over; a flood of them must not become a flood of logs."""
    guard, now_s = Guard(), [1000.0]
    monkeypatch.setattr("driftmeter.pipeline.guard.time.monotonic", lambda: now_s[0])
    for step_s in (0, 1, LOG_INTERVAL_S):
        now_s[0] += step_s
        with guard.at("sinks.a"):
            raise ValueError("secret")
    assert (
        caplog.record_tuples
        == [(INTERNAL_LOGGER, logging.WARNING, "contained a telemetry fault in sinks.a: ValueError")] * 2
    )


class Broken(logging.Handler):
    def emit(self, record):
        raise OSError("disk full")


@pytest.fixture
def broken_handler():
    handler = Broken()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)


@pytest.mark.usefixtures("broken_handler")
def test_a_users_broken_log_handler_breaks_nothing_else():
    """What we log reaches handlers that are not ours."""
    guard = Guard()
    with guard.at("sinks.a"):
        raise ValueError
    assert guard.faults.counts() == {"sinks.a": 1}


def test_strict_guard_counts_and_raises():
    """For tests that want to see the fault."""
    guard = Guard(strict=True)
    with pytest.raises(ValueError, match="seen"), guard.at("sinks.a"):
        raise ValueError("seen")
    assert guard.faults.total() == 1


def test_tally_counts_from_any_thread():
    """And its copy stays as it was."""
    tally = Tally()
    threads = [threading.Thread(target=lambda: [tally.add("a") for _ in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = tally.counts()
    tally.reset()
    assert (counts, tally.total()) == ({"a": 4000}, 0)
