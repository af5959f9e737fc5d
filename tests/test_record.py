import asyncio
import dataclasses

import pytest

from driftmeter.record import LABEL_SOURCES, Feedback, Prediction, error_type_of

PREDICTION = Prediction(id="7", model="air-time", started_ns=1, duration_s=0.5, source="predict")
LABEL = Feedback(prediction_id="7", actual=1, received_ns=2)


class RefusedError(Exception):
    """The user's own."""


Odd = type("Odd\U0001f4a5" * 100, (Exception,), {})
Odd.__qualname__ = "Odd\ud800" * 100


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (None, None),
        (KeyError("secret"), "KeyError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (asyncio.CancelledError(), "asyncio.exceptions.CancelledError"),
        (RefusedError("secret"), f"{__name__}.RefusedError"),
    ],
)
def test_error_type_is_the_qualified_name(error, name):
    """Never the text, which may quote inputs."""
    assert error_type_of(error) == name


def test_error_type_can_always_be_encoded():
    """Whatever a class is called."""
    assert len(error_type_of(Odd()).encode()) <= 256


@pytest.mark.parametrize("record", [PREDICTION, LABEL])
def test_records_are_frozen(record):
    """Sinks share them; to add a fact, replace."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.model = "other"
    assert dataclasses.replace(record, model="other").model == "other"


def test_defaults_are_shared_and_cannot_change():
    """A record without slices costs no dictionary."""
    assert PREDICTION.slices is PREDICTION.tags
    with pytest.raises(TypeError):
        PREDICTION.slices["a"] = "b"


def test_label_sources_are_those_of_the_convention():
    """As in the documentation of `feedback`."""
    assert LABEL_SOURCES == ("direct", "human", "active", "weak")
