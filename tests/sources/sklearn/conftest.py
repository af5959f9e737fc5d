import pytest

from driftmeter.pipeline import Guard, Pipeline, catalogue, current
from driftmeter.sources.instrument import instrument, uninstrument
from driftmeter.testing import CapturingSink


class Seen:
    """What was recorded since the last look."""

    def __init__(self):
        self._sink = CapturingSink()
        self.pipeline = Pipeline([self._sink], guard=Guard(strict=True))

    def __call__(self):
        assert self.pipeline.flush(10)
        predictions = self._sink.predictions
        self._sink.records.clear()
        return predictions


@pytest.fixture
def seen():
    """scikit-learn is watched for the length of a test."""
    seen = Seen()
    before = current.install(seen.pipeline)
    known, defaults = catalogue.known(), catalogue.defaults()
    catalogue.announce([])
    instrument("sklearn")
    yield seen
    uninstrument()
    catalogue.announce(known, defaults)
    current.install(before)
