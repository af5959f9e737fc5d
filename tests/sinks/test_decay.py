import pytest

from driftmeter.columns import read_outputs
from driftmeter.pipeline import Guard
from driftmeter.record import Feedback, Prediction
from driftmeter.sinks.decay import DecaySink


@pytest.fixture
def sink(telemetry):
    return DecaySink(Guard(), label_memory=1000, provider=telemetry.providers["meter_provider"])


def prediction(key="1", model="m"):
    return Prediction(id=key, model=model, started_ns=0, duration_s=0, source="test", outputs=read_outputs(["cat"]))


def label(key="1", **facts):
    return Feedback(**{"prediction_id": key, "actual": "cat", "received_ns": 1, **facts})


def test_label_in_the_same_chunk_is_matched(sink):
    """Labels may come at once."""
    sink.accept([prediction(), label()])
    [quality] = sink.quality()
    assert (quality.model, {score.name: score.value for score in quality.scores}["accuracy"]) == ("m", 1.0)


def test_bad_label_costs_no_neighbour(sink):
    """Contained and counted."""
    sink.accept([prediction(), label(row="first"), label()])
    assert len(sink.quality()) == 1
    assert sink._guard.faults.counts() == {"sinks.decay": 1}


def test_every_model_that_has_labels_has_quality(sink):
    """However many references there are; that names come with requests is an earlier stage's care."""
    for n in range(100):
        sink.accept([prediction(str(n), f"m{n}"), label(str(n))])
    assert len(sink.quality()) == 100


def test_a_label_that_is_sent_again_counts_once(sink):
    """A retry, or a nightly job that sends all of them."""
    sink.accept([prediction("1"), prediction("2"), label("1"), label("2", actual="dog"), *[label("1")] * 8])
    [quality] = sink.quality()
    assert {score.name: score.value for score in quality.scores}["accuracy"] == 0.5


def test_child_remembers_nothing(sink):
    """What the parent predicted, the parent is told the labels of."""
    sink.accept([prediction(), label()])
    sink.reset()
    assert sink.quality() == []
