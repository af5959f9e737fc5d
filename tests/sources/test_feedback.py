import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import driftmeter
from driftmeter.pipeline import current


def predicted(outputs=1.0, **facts):
    with driftmeter.predict("m", version="7", **facts) as call:
        call.outputs = outputs
    return call.id


def test_label_is_an_event_with_its_prediction(telemetry):
    """Whatever its type."""
    driftmeter.feedback("flight-7", actual=123.5, source="human", row=2, model="m", timestamp=1_435_708_800)
    event = telemetry.event("ml.feedback")
    assert dict(event.attributes) == {
        "event.name": "ml.feedback",
        "ml.label.source": "human",
        "ml.label.value": 123.5,
        "ml.model.name": "m",
        "ml.prediction.id": "flight-7",
        "ml.prediction.row": 2,
    }
    assert event.timestamp == 1_435_708_800_000_000_000


def test_labels_give_quality_delay_and_counts(telemetry):
    """Joined by the id of the call, late as they may be."""
    first = predicted([120.0, 90.0], timestamp=1000)
    driftmeter.feedback(first, actual=123.0, timestamp=1000 + 3600)
    driftmeter.feedback(first, actual=86.0, row=1, timestamp=1000 + 3600)
    driftmeter.feedback("somebody else's", actual=1.0, source="weak")
    [(attributes, matched)] = telemetry.points("ml.label.matched")
    assert (attributes, matched.value) == ({"ml.label.source": "direct", "ml.model.name": "m"}, 2)
    assert [(a, p.value) for a, p in telemetry.points("ml.label.orphaned")] == [({"ml.label.source": "weak"}, 1)]
    assert telemetry.points("ml.label.delay")[0][1].sum == 7200
    found = {a["ml.performance.name"]: p.value for a, p in telemetry.points("ml.performance")}
    assert found == {"rmse": pytest.approx(12.5**0.5), "mae": 3.5, "bias": 0.5}


@pytest.mark.parametrize("actual", [np.float32(1.0), np.array([1.0]), 1])
def test_labels_of_any_numeric_kind_are_compared(telemetry, actual):
    """What numpy calls one is one."""
    driftmeter.feedback(predicted(1.0), actual=actual)
    assert {a["ml.performance.name"]: p.value for a, p in telemetry.points("ml.performance")}["mae"] == 0.0


def test_unknown_source_is_counted_and_recorded_as_direct(telemetry):
    """A label is worth more than the word for its origin."""
    driftmeter.feedback("1", actual=1, source="hearsay")
    assert telemetry.event("ml.feedback").attributes["ml.label.source"] == "direct"
    assert telemetry.faults == {"sources.feedback.source": 1}


class Hostile:
    def __str__(self):
        raise RuntimeError("boom")

    __repr__ = __index__ = __len__ = __float__ = __str__


STRANGE = [Hostile(), {"a": [1]}, [1, 2], 10**400, float("nan"), "x" * 10**6, "\ud800", b"\xff", None, np.ones(3)]


@pytest.mark.parametrize("actual", STRANGE, ids=lambda value: type(value).__name__)
def test_strange_labels_are_recorded(telemetry, actual):
    """They are nobody's fault but their own."""
    driftmeter.feedback(predicted(1.0), actual=actual)
    assert "ml.label.source" in telemetry.event("ml.feedback").attributes
    assert not {name for name in telemetry.faults if name.startswith("sinks")}


@pytest.mark.parametrize(
    "facts",
    [{"row": Hostile()}, {"row": "first"}, {"row": None}, {"source": Hostile()}, {"prediction_id": Hostile()}],
    ids=lambda facts: next(iter(facts)),
)
def test_label_for_nothing_is_contained_and_counted(telemetry, facts):
    """Nothing is raised."""
    driftmeter.feedback(**{"prediction_id": "1", "actual": 1, **facts})
    assert telemetry.faults


@pytest.mark.parametrize(
    "facts", [{"model": Hostile()}, {"timestamp": Hostile()}, {"row": 10**30}, {"row": np.int64(1)}]
)
def test_label_survives_what_is_wrong_around_it(telemetry, facts):
    """The rest of it is recorded."""
    driftmeter.feedback("1", actual=1, **facts)
    assert telemetry.event("ml.feedback").attributes["ml.label.value"] == 1


def test_label_after_shutdown_is_counted(telemetry):
    """As every record."""
    driftmeter.shutdown(10)
    driftmeter.feedback("1", actual=1)
    assert current.installed().dropped.counts() == {"shut_down": 1}


@pytest.mark.parametrize(
    "outputs",
    [
        1,
        [1],
        np.array([1]),
        np.array([[1]], np.uint8),
        np.array([True]),
        np.array([1, 1]),
        pd.Series([1]),
        pd.DataFrame({"class": [1]}),
        pl.DataFrame({"class": [1]}),
        pa.table({"class": [1]}),
    ],
    ids=lambda outputs: f"{type(outputs).__module__}.{type(outputs).__name__}",
)
def test_a_class_that_is_a_number_is_a_class_however_it_is_handed_over(telemetry, outputs):
    """Arrays are kept as floats, as scikit-learn's classifiers give them; their quality is no error of a quantity."""
    driftmeter.feedback(predicted(outputs), actual=1)
    found = {a["ml.performance.name"]: p.value for a, p in telemetry.points("ml.performance")}
    assert found == {"accuracy": 1.0, "macro_f1": 1.0}
