"""Who starts a program sees that nothing is recorded, wherever its log goes."""

import io
import logging

import pytest
from opentelemetry.instrumentation.logging.handler import LoggingHandler

from driftmeter import PredictionHandler
from driftmeter.aloud import say_off

LOG = logging.getLogger("driftmeter")


@pytest.fixture
def only(monkeypatch):
    """Gives the log these handlers and no others."""
    monkeypatch.setattr(LOG, "propagate", False)
    return lambda *handlers: monkeypatch.setattr(LOG, "handlers", list(handlers))


@pytest.mark.parametrize("handler", [LoggingHandler, PredictionHandler])
def test_what_only_a_backend_would_hear_is_said_on_standard_error(only, capsys, handler):
    """The backend may be what is wrong."""
    only(handler())
    say_off(ValueError("no such file"))
    assert capsys.readouterr().err == "driftmeter is off: no such file\n"


def test_what_the_log_writes_here_is_said_once(only, capsys):
    """With a backend beside it, or without any handler, where Python has its last resort."""
    written = io.StringIO()
    only(LoggingHandler(), logging.StreamHandler(written))
    say_off(ValueError("no such file"))
    assert (written.getvalue(), capsys.readouterr().err) == ("driftmeter is off: no such file\n", "")
    only()
    say_off(ValueError("no such file"))
    assert capsys.readouterr().err == "driftmeter is off: no such file\n"


def test_a_handler_that_fails_costs_nothing(only):
    """It is the user's, and a model must be served."""

    class Failing(logging.Handler):
        def emit(self, record):
            raise OSError

    only(Failing())
    assert say_off(ValueError("no such file")) is None
