"""Reading is safe against any bytes."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from driftmeter.otlp import Undecodable, decode, log_record
from driftmeter.otlp.decoding import MAX_DEPTH, plain_value
from driftmeter.otlp.wire import any_value

WHOLE = log_record(
    time_ns=1,
    observed_ns=2,
    severity_number=9,
    severity_text="INFO",
    event_name="e",
    body="b",
    attributes={"a": [1, {"b": b"x"}], "c": float("nan")},
    trace_id=7,
    span_id=8,
    trace_flags=1,
)


def test_everything_that_was_said_is_read():
    assert decode(WHOLE) == {
        "time_unix_nano": 1,
        "observed_time_unix_nano": 2,
        "severity_number": 9,
        "severity_text": "INFO",
        "event_name": "e",
        "body": "b",
        "attributes": {"a": [1, {"b": "eA=="}], "c": "NaN"},
        "trace_id": f"{7:032x}",
        "span_id": f"{8:016x}",
        "flags": 1,
    }


@given(st.binary(max_size=100), st.integers(0), st.integers(0, 20))
def test_any_bytes_are_read_or_undecodable(noise, place, removed):
    """And what is read can be written as JSON."""
    place %= len(WHOLE)
    for record in (noise, WHOLE[:place] + noise + WHOLE[place + removed :]):
        with contextlib.suppress(Undecodable):
            json.dumps(decode(record), allow_nan=False)


def test_fields_that_we_do_not_know_are_passed_over():
    """A later version of the protocol may have more."""
    record = LogRecord(time_unix_nano=5, dropped_attributes_count=3).SerializeToString() + b"\xf8\x7f\x01"
    assert decode(record) == {"time_unix_nano": 5, "dropped_attributes_count": 3, "attributes": {}}


def test_depth_is_bounded():
    """Else the reader's own stack would be the bound."""
    deep = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert plain_value(any_value(deep)) == deep
    with pytest.raises(Undecodable):
        plain_value(any_value([deep]))
