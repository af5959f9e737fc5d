import pytest

from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction
from driftmeter.sinks.metrics import MetricSink


@pytest.fixture
def sink(telemetry):
    return MetricSink(Guard(strict=True), telemetry.providers["meter_provider"])


def prediction(**facts):
    return Prediction(**{"id": "1", "model": "m", "started_ns": 1, "duration_s": 0.5, "source": "test", **facts})


def test_rows_and_durations_by_model_and_version(telemetry, sink):
    """Latency, traffic and errors in one histogram."""
    sink.accept([prediction(batch_size=3), prediction(version="7"), prediction(version="7", error_type="KeyError")])
    rows = {a.get("ml.model.version"): p.value for a, p in telemetry.points("ml.prediction.rows")}
    durations = {
        (a.get("ml.model.version"), a.get("error.type")): p.sum for a, p in telemetry.points("ml.prediction.duration")
    }
    assert rows == {None: 3, "7": 2}
    assert durations == {(None, None): 0.5, ("7", None): 0.5, ("7", "KeyError"): 0.5}


def test_unknown_duration_is_no_duration_of_zero(telemetry, sink):
    """A log record may not know it."""
    sink.accept([prediction(duration_s=None)])
    assert telemetry.points("ml.prediction.duration") == []
    assert len(telemetry.points("ml.prediction.rows")) == 1


def test_labels_are_no_traffic(telemetry, sink):
    """They have metrics of their own."""
    sink.accept([Feedback(prediction_id="1", actual=1, received_ns=1)])
    assert telemetry.points("ml.prediction.rows") == []


def test_request_values_are_never_metric_attributes(telemetry, sink):
    """Ids, tags and slices would make a series each."""
    sink.accept([prediction(tags={"a": "b"}, slices={"c": "d"})])
    [(attributes, _)] = telemetry.points("ml.prediction.duration")
    assert set(attributes) == {"ml.model.name", "ml.operation.name"}
