"""Metrics on the wire, held against the SDK's encoder."""

import math

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics as sdk_encode
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from driftmeter.otel.metric_encoding import encode_metrics
from driftmeter.otel.origin import Origins

times_ns = st.integers(0, 2**63)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
scalars = st.text(max_size=80) | st.booleans() | numbers
attributes = st.dictionaries(
    st.text(min_size=1, max_size=20), scalars | st.lists(st.text(max_size=5), max_size=3).map(tuple), max_size=4
)
span_ids, trace_ids = st.none() | st.integers(1, 2**64 - 1), st.integers(1, 2**128 - 1)
exemplars = st.lists(st.builds(Exemplar, attributes, numbers, times_ns, span_ids, trace_ids), max_size=1)


def points(starts_ns):
    return st.lists(
        st.builds(NumberDataPoint, attributes, starts_ns, times_ns, numbers, exemplars), min_size=1, max_size=4
    )


temporalities = st.sampled_from(AggregationTemporality).filter(lambda temporality: temporality.value)
histograms = st.builds(
    HistogramDataPoint,
    attributes, times_ns, times_ns, st.just(3), st.floats(0, 9), st.just((1, 2)), st.just((0.5,)),
    st.floats(0, 1), st.floats(1, 9), exemplars,
)  # fmt: skip
kinds = (
    st.builds(Gauge, points(st.none()))
    | st.builds(Sum, points(times_ns), temporalities, st.booleans())
    | st.builds(Histogram, st.lists(histograms, min_size=1, max_size=2), temporalities)
)
metrics = st.builds(
    Metric, st.text(max_size=9), st.none() | st.text(max_size=9), st.none() | st.text(max_size=3), kinds
)
SCOPES = [InstrumentationScope("air", "1", "https://a.example/1"), InstrumentationScope("sea")]
RESOURCES = [Resource({"service.name": "air"}), Resource({"service.name": "sea"}, "https://s.example/1")]


@given(st.lists(st.lists(st.lists(metrics, min_size=1, max_size=3), min_size=1, max_size=2), max_size=2))
def test_the_request_equals_the_sdks(by_resource):
    """Parsed, message for message: sums, gauges and histograms, of several resources and scopes."""
    data = MetricsData([
        ResourceMetrics(
            resource,
            [ScopeMetrics(scope, of_scope, "") for scope, of_scope in zip(SCOPES, by_scope, strict=False)],
            "",
        )
        for resource, by_scope in zip(RESOURCES, by_resource, strict=False)
    ])  # fmt: skip
    found = encode_metrics(data, Origins())
    assert found.refused == 0
    assert ExportMetricsServiceRequest.FromString(found.request) == sdk_encode(data)


def one(*data):
    metrics = [Metric(f"m{number}", "", "", each) for number, each in enumerate(data)]
    return MetricsData([ResourceMetrics(RESOURCES[0], [ScopeMetrics(SCOPES[0], metrics, "")], "")])


def point(value, **attributes):
    return NumberDataPoint(attributes, 0, 1, value, [])


def told(found):
    """Name and values of each metric of a request."""
    request = ExportMetricsServiceRequest.FromString(found.request)
    return {
        metric.name: [each.as_int or each.as_double for each in metric.gauge.data_points]
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_a_point_that_cannot_be_encoded_costs_no_neighbour():
    """A number beyond 64 bits, with exemplars or without; a metric without any other point is not there."""
    huge = Exemplar({}, 2**64, 1)
    with_exemplar = NumberDataPoint({}, 0, 1, 5, [huge])
    data = one(Gauge([point(1), point(2**63), point(2)]), Gauge([point(2**63)]), Gauge([with_exemplar, point(3)]))
    found = encode_metrics(data, Origins())
    assert found.refused == 3
    assert told(found) == {"m0": [1, 2], "m2": [3]}


def test_attributes_that_otlp_cannot_carry_are_made_plain():
    """Where the SDK loses all metrics: half a surrogate pair, a number beyond 64 bits, an object."""
    found = encode_metrics(one(Gauge([point(1, a="\ud800"), point(2, a=2**70), point(math.pi, a=object())])), Origins())
    assert found.refused == 0
    assert told(found) == {"m0": [1, 2, math.pi]}


def test_a_name_with_half_a_surrogate_pair_is_sent():
    """It is a name of the user's metric, not ours."""
    metric = Metric("air\ud800", "", "", Gauge([point(1)]))
    data = MetricsData([ResourceMetrics(RESOURCES[0], [ScopeMetrics(SCOPES[0], [metric], "")], "")])
    assert told(encode_metrics(data, Origins())) == {"air?": [1]}
