import logging

from driftmeter.delivery.telling import Telling
from driftmeter.testing import FakeClock


def test_each_kind_is_told_once_a_minute(caplog):
    """On the logger that our own handler refuses."""
    clock = FakeClock()
    telling = Telling(clock)
    for _ in range(100):
        telling.warn("http_503", "%s is away", "backend")
        telling.warn("timeout", "%s is slow", "backend")
        clock.advance(1)
    assert [record.getMessage() for record in caplog.records] == ["backend is away", "backend is slow"] * 2
    assert {record.name for record in caplog.records} == {"driftmeter.internal"}


def test_handler_that_fails_is_no_fault_of_ours():
    """The user's handlers may raise."""

    class Broken(logging.Handler):
        def emit(self, record):
            raise LookupError

    broken, logger = Broken(), logging.getLogger("driftmeter.internal")
    logger.addHandler(broken)
    try:
        Telling(FakeClock()).warn("x", "text")
    finally:
        logger.removeHandler(broken)
