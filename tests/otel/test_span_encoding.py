"""A batch of spans means what the SDK's own encoder would have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common import trace_encoder
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from driftmeter.otel.origin import Origins
from driftmeter.otel.span_encoding import encode_spans

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
NAMES = TEXT.filter(bool)
SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT
LISTS = st.lists(st.integers(0, 300), max_size=4) | st.lists(TEXT, max_size=3) | st.lists(st.booleans(), max_size=3)
ATTRIBUTES = st.dictionaries(NAMES, SCALARS | LISTS, max_size=6)
TIMES = st.integers(1, 2**63)
STATES = st.sampled_from([None, TraceState([("vendor", "a"), ("other", "b")])])
CONTEXTS = st.builds(
    SpanContext,
    trace_id=st.integers(1, 2**128 - 1),
    span_id=st.integers(1, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.just(TraceFlags(TraceFlags.SAMPLED)),
    trace_state=STATES,
)
STATUSES = st.sampled_from([None, Status(StatusCode.OK), Status(StatusCode.ERROR), Status(StatusCode.ERROR, "why")])
SPANS = st.fixed_dictionaries(
    {
        "name": TEXT,
        "kind": st.sampled_from(SpanKind),
        "parent": st.none() | CONTEXTS,
        "attributes": ATTRIBUTES,
        "links": st.lists(st.builds(Link, CONTEXTS, ATTRIBUTES), max_size=3),
        "events": st.lists(st.tuples(TEXT, ATTRIBUTES, TIMES), max_size=3),
        "status": STATUSES,
        "start": TIMES,
        "end": TIMES,
    }
)
LIMITS = SpanLimits(max_attributes=4, max_events=2, max_links=2, max_event_attributes=2, max_link_attributes=2)


def finished(drawn, scopes=("a",)):
    """The spans as a batch processor would hand them to an exporter."""
    kept = InMemorySpanExporter()
    resource = Resource({"service.name": "air", "pids": [1, 2]}, "https://schema")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OTEL_SDK_DISABLED")
        provider = TracerProvider(resource=resource, span_limits=LIMITS, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(kept))
        tracers = [provider.get_tracer(name, "1", "https://scope", {"x": 1}) for name in scopes]
    for number, each in enumerate(drawn):
        context = None if each["parent"] is None else set_span_in_context(NonRecordingSpan(each["parent"]))
        span = tracers[number % len(tracers)].start_span(
            each["name"],
            context,
            each["kind"],
            each["attributes"],
            each["links"],
            start_time=each["start"],
        )
        for name, attributes, time_ns in each["events"]:
            span.add_event(name, attributes, time_ns)
        if each["status"] is not None:
            span.set_status(each["status"])
        span.end(each["end"])
    return kept.get_finished_spans()


def parsed(encoded):
    return ExportTraceServiceRequest.FromString(encoded)


def plain_span(**given):
    usual = {"name": "n", "kind": SpanKind.INTERNAL, "parent": None, "attributes": {}, "links": [], "events": []}
    return {**usual, "status": None, "start": 1, "end": 2, **given}


@pytest.mark.filterwarnings("ignore:Attributes dict is full")
@given(st.lists(SPANS, max_size=4), st.sampled_from([("a",), ("a", "b")]))
def test_equal_to_the_sdks_own_message(drawn, scopes):
    """Field by field, with whatever a span may hold, and what its limits dropped."""
    spans = finished(drawn, scopes)
    assert len(spans) == len(drawn)
    request, refused = encode_spans(spans, Origins())
    assert parsed(request) == trace_encoder.encode_spans(spans)
    assert refused == 0


def test_what_otlp_cannot_carry_is_made_plain():
    """Where the SDK leaves the attribute out, or for a name fails the whole batch."""
    spans = finished([plain_span(name="half \ud83e", attributes={"big": 2**70, "text": "\udd86", "fine": 1.5})])
    request, refused = encode_spans(spans, Origins())
    [span] = parsed(request).resource_spans[0].scope_spans[0].spans
    found = {each.key: each.value for each in span.attributes}
    assert span.name.startswith("half ")
    assert (found["big"].string_value, found["fine"].double_value) == (str(2**70), 1.5)
    assert found["text"].string_value
    assert refused == 0


def test_a_span_that_cannot_be_encoded_costs_no_neighbour():
    """A clock before 1970, say."""
    spans = finished([plain_span(name="before", start=-1), plain_span(name="after")])
    request, refused = encode_spans(spans, Origins())
    assert [span.name for span in parsed(request).resource_spans[0].scope_spans[0].spans] == ["after"]
    assert refused == 1
