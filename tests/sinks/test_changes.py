"""A new version shows in the data, once."""

from __future__ import annotations

import pytest

from driftmeter import semconv
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction
from driftmeter.sinks.changes import ModelChangeSink


class Written:
    """Keeps what an EventWriter would write."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def write(self, name, attributes, **_kwargs):
        self.events.append((name, dict(attributes)))


def prediction(version: str | None, model: str = "air-time") -> Prediction:
    return Prediction(id="1", model=model, version=version, started_ns=1, duration_s=0.1, source="predict")


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def sink(written: Written) -> ModelChangeSink:
    return ModelChangeSink(written, Guard(strict=True), {"air-time": "abc"})


def test_each_version_is_announced_once(sink, written):
    sink.accept([prediction("7"), prediction("7")])
    sink.accept([prediction("8"), prediction("7")])

    assert [name for name, _ in written.events] == [semconv.EVENT_MODEL_CHANGED] * 2
    assert [attributes[semconv.MODEL_VERSION] for _, attributes in written.events] == ["7", "8"]


def test_the_version_before_and_the_reference_are_named(sink, written):
    sink.accept([prediction("7"), prediction("8")])

    first, second = (attributes for _, attributes in written.events)
    assert semconv.MODEL_VERSION_PREVIOUS not in first
    assert second[semconv.MODEL_VERSION_PREVIOUS] == "7"
    assert second[semconv.REFERENCE_HASH] == "abc"


def test_models_do_not_mix(sink, written):
    sink.accept([prediction("7"), prediction("7", model="churn")])

    assert [attributes[semconv.MODEL_NAME] for _, attributes in written.events] == ["air-time", "churn"]
    assert semconv.MODEL_VERSION_PREVIOUS not in written.events[1][1]


def test_a_writer_that_fails_is_contained_and_counted():
    class Broken:
        def write(self, *_args, **_kwargs):
            raise RuntimeError

    guard = Guard()
    ModelChangeSink(Broken(), guard, {}).accept([prediction("7")])

    assert guard.faults.counts() == {"sinks.changes": 1}
