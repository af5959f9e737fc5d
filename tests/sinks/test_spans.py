import pytest
from opentelemetry.trace import SpanKind, get_current_span

from driftmeter.sinks.spans import SpanSink


@pytest.fixture
def spans(telemetry):
    return SpanSink(telemetry.providers["tracer_provider"])


def test_span_is_current_until_it_ends(telemetry, spans):
    """So that what the model calls is below it."""
    with telemetry.tracer.start_as_current_span("http") as http:
        span = spans.start(model="m", version=None, operation="predict", rows=3)
        inside = get_current_span().get_span_context()
        span.end(None)
        assert get_current_span() is http
    assert (span.link.span_id, span.link.parent_span_id) == (inside.span_id, http.get_span_context().span_id)
    found = telemetry.spans[0]
    assert found.kind is SpanKind.INTERNAL
    assert dict(found.attributes) == {
        "ml.model.name": "m",
        "ml.operation.name": "predict",
        "ml.prediction.batch_size": 3,
    }


@pytest.mark.parametrize("name", ["a\ud800", 7, None, object()])
def test_names_can_be_encoded(telemetry, spans, name):
    """Whatever a caller takes for one."""
    for _ in range(2):
        spans.start(model=name, version=name, operation=name, rows=1).end(None)
    first, second = telemetry.spans
    assert all(isinstance(first.attributes[key], str) for key in first.attributes if key != "ml.prediction.batch_size")
    assert first.name.encode()
    assert (first.name, first.attributes) == (second.name, second.attributes)


def test_many_names_are_not_remembered_for_ever(spans):
    """They may come with requests."""
    for n in range(5000):
        spans.start(model=f"m{n}", version=None, operation="predict", rows=1).end(None)
    assert len(spans._identities) <= 1024


def test_nobody_listens():
    """Without a provider a span is nothing, and its link leads nowhere."""
    span = SpanSink().start(model="m", version=None, operation="predict", rows=1)
    span.end(ValueError())
    assert span.link[:2] == (0, 0)
