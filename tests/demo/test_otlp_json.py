import base64
import json
import math

from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from driftmeter.demo.otlp_json import json_line

IDS = {"traceId", "spanId", "parentSpanId"}


def read_back(line, kind):
    """The message that an OTLP/JSON reader makes of a line."""

    def to_base64(value):
        if isinstance(value, dict):
            return {
                key: base64.b64encode(bytes.fromhex(one)).decode() if key in IDS else to_base64(one)
                for key, one in value.items()
            }
        return [to_base64(one) for one in value] if isinstance(value, list) else value

    return json_format.ParseDict(to_base64(json.loads(line)), kind())


values = st.recursive(
    st.one_of(
        st.builds(lambda v: AnyValue(string_value=v), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
        st.builds(lambda v: AnyValue(bool_value=v), st.booleans()),
        st.builds(lambda v: AnyValue(int_value=v), st.integers(-(2**63), 2**63 - 1)),
        st.builds(lambda v: AnyValue(double_value=v), st.floats(allow_nan=False)),
        st.builds(lambda v: AnyValue(bytes_value=v), st.binary(max_size=20)),
        st.just(AnyValue()),
    ),
    lambda inner: st.one_of(
        st.builds(lambda many: AnyValue(array_value=ArrayValue(values=many)), st.lists(inner, max_size=3)),
        st.builds(
            lambda many: AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=one) for one in many])),
            st.lists(inner, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(st.lists(values, max_size=4), st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=16))
def test_a_log_line_reads_back_as_the_record_that_was_sent(attributes, time_ns, trace_id):
    """Any values, any time, any trace."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.CopyFrom(
        LogRecord(
            time_unix_nano=time_ns,
            severity_number=9,
            event_name="ml.prediction",
            trace_id=trace_id,
            attributes=[KeyValue(key=f"k{n}", value=value) for n, value in enumerate(attributes)],
        )
    )

    assert read_back(json_line(request), ExportLogsServiceRequest) == request


def test_a_span_line_writes_ids_in_hexadecimal_and_enums_as_numbers():
    """The two places where OTLP/JSON departs from protobuf's JSON."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(
        Span(trace_id=b"\xab" * 16, span_id=b"\x01" * 8, parent_span_id=b"\x02" * 8, kind=Span.SPAN_KIND_SERVER)
    )
    line = json_line(request)
    [span] = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]

    assert span == {"traceId": "ab" * 16, "spanId": "01" * 8, "parentSpanId": "02" * 8, "kind": 2}
    assert read_back(line, ExportTraceServiceRequest) == request


def test_a_metric_line_keeps_zeros_that_were_measured_and_numbers_that_are_not_finite():
    """A gauge of 0 is a reading; infinities are strings, as JSON has no number for them."""
    request = ExportMetricsServiceRequest()
    metric = Metric(name="ml.feature.drift")
    for value in (0.0, math.inf, -math.inf, math.nan):
        metric.gauge.data_points.add(as_double=value)
    metric.gauge.data_points.add(as_int=0)
    request.resource_metrics.add().scope_metrics.add().metrics.append(metric)
    [written] = json.loads(json_line(request))["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]

    assert written["gauge"]["dataPoints"] == [
        {"asDouble": 0.0},
        {"asDouble": "Infinity"},
        {"asDouble": "-Infinity"},
        {"asDouble": "NaN"},
        {"asInt": "0"},
    ]


def test_a_request_is_one_line():
    """Line breaks inside values must not break the file."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "a\nb"

    assert json_line(request).count(b"\n") == 1
