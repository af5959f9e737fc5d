"""One record's bytes mean what the SDK's own encoder would have meant."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from driftmeter.otlp import Origin, decode, encode, log_record, request

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | TEXT | st.binary()
VALUES = st.recursive(
    SCALARS | st.sampled_from([2**63 - 1, -(2**63), 0, "", b"", [], {}, "🦆", float("inf")]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ATTRIBUTES = st.dictionaries(TEXT, VALUES, max_size=5)
IDS = {"trace_id": st.integers(1, 2**128 - 1), "span_id": st.integers(1, 2**64 - 1)}


@st.composite
def records(draw):
    traced = draw(st.booleans())
    return {
        "time_ns": draw(st.none() | st.integers(0, 2**64 - 1)),
        "observed_ns": draw(st.integers(0, 2**64 - 1)),
        "severity_number": draw(st.integers(0, 24)),
        "severity_text": draw(TEXT),
        "event_name": draw(TEXT),
        "body": draw(VALUES),
        "attributes": draw(ATTRIBUTES),
        "trace_id": draw(IDS["trace_id"]) if traced else 0,
        "span_id": draw(IDS["span_id"]) if traced else 0,
        "trace_flags": draw(st.integers(0, 255)) if traced else 0,
    }


def as_the_sdk_has_it(record, origin):
    context = Context()
    if record["trace_id"]:
        flags = TraceFlags(record["trace_flags"])
        span = SpanContext(record["trace_id"], record["span_id"], is_remote=False, trace_flags=flags)
        context = set_span_in_context(NonRecordingSpan(span), context)
    made = LogRecord(
        timestamp=record["time_ns"],
        observed_timestamp=record["observed_ns"],
        context=context,
        severity_text=record["severity_text"],
        severity_number=SeverityNumber(record["severity_number"]),
        body=record["body"],
        attributes=record["attributes"],
        event_name=record["event_name"],
    )
    # Set again: the constructor takes a time of zero for none.
    made.observed_timestamp = record["observed_ns"]
    resource = Resource(dict(origin.resource), origin.resource_schema_url)
    scope = InstrumentationScope(
        origin.scope_name, origin.scope_version, origin.scope_schema_url, dict(origin.scope_attributes)
    )
    return ReadableLogRecord(made, resource, scope)


class Entry:
    def __init__(self, definition, payload):
        self.definition = definition
        self.payload = payload


def parsed(message):
    # As text, since NaN is not equal to itself.
    return str(message)


ORIGIN = Origin(
    resource=(("service.name", "air"), ("n", 7)),
    resource_schema_url="https://r",
    scope_name="scope",
    scope_version="1",
    scope_schema_url="https://s",
    scope_attributes=(("a", "b"),),
)


@given(records())
def test_a_record_means_what_the_sdk_would_have_meant(record):
    encoding = encode([Entry(ORIGIN.to_bytes(), log_record(**record))])
    ours = ExportLogsServiceRequest.FromString(request(encoding.groups))
    assert parsed(ours) == parsed(encode_logs([as_the_sdk_has_it(record, ORIGIN)]))
    assert not encoding.refused


def test_the_body_is_there_even_when_nothing_is_said():
    """As the SDK sends it."""
    record = {"time_ns": 1, "observed_ns": 1, "severity_number": 0, "severity_text": "", "event_name": "", "body": None}
    record |= {"attributes": {}, "trace_id": 0, "span_id": 0, "trace_flags": 0}
    ours = ExportLogsServiceRequest.FromString(
        request(encode([Entry(Origin().to_bytes(), log_record(**record))]).groups)
    )
    assert ours.resource_logs[0].scope_logs[0].log_records[0].HasField("body")


@given(records())
def test_a_record_can_be_read_back_for_inspection(record):
    """And what is read is JSON."""
    found = decode(log_record(**record))
    json.loads(json.dumps(found, allow_nan=False))
    assert found["time_unix_nano"] == (record["time_ns"] or 0)
    assert list(found["attributes"]) == list(record["attributes"])
    for key, value in record["attributes"].items():
        if isinstance(value, str | int | None):
            assert found["attributes"][key] == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800", {1: "key"}, object(), {"a": [object()]}])
def test_a_value_that_otlp_cannot_carry_is_refused(value):
    """Before anything is stored; the value of an unknown object is never asked for."""
    with pytest.raises((ValueError, TypeError, AttributeError)):
        log_record(time_ns=1, observed_ns=1, attributes={"a": value})
