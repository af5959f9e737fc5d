"""Durations counted by the chunk, beside the SDK's own histogram given the same calls."""

import math
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    InMemoryMetricReader,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation
from opentelemetry.sdk.resources import Resource

from driftmeter import semconv
from driftmeter.otel import durations
from driftmeter.otel.durations import join_durations
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Predictions, TraceLink
from driftmeter.sinks.metrics import MetricSink

TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
AGGREGATION = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
TEMPORALITIES = ["cumulative", "delta", "lowmemory"]


class KeptExporter(OTLPMetricExporter):
    """The OTLP exporter as the environment sets it up; what it would send is kept."""

    def __init__(self, **preferences):
        super().__init__(**preferences)
        self.sent = []

    def export(self, metrics_data, timeout_millis=10_000, **kwargs):
        self.sent.append(encode_metrics(metrics_data))
        return MetricExportResult.SUCCESS


class Side:
    """A sink whose provider is ours to set up, with durations as `counting` has them."""

    def __init__(self, counting):
        self.exporter = KeptExporter()
        joined = counting([self.exporter])
        self.reader = PeriodicExportingMetricReader(self.exporter, export_interval_millis=math.inf)
        self.provider = MeterProvider([self.reader], resource=Resource({"service.name": "air"}))
        self.sink = MetricSink(Guard(strict=True), self.provider, joined)

    def sent(self):
        """The metrics of driftmeter's scope in the next export, by name."""
        self.exporter.sent.clear()
        self.reader.collect()
        [request] = self.exporter.sent or [None]
        if request is None:
            return {}
        [[scope]] = [resource.scope_metrics for resource in request.resource_metrics]
        assert scope.scope.name == semconv.SCOPE_NAME
        return {metric.name: metric for metric in scope.metrics}


@pytest.fixture
def sides(monkeypatch):
    """Ours, and the SDK's own instrument."""
    made = []

    def make(**environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        made.extend([Side(lambda exporters: join_durations(exporters, os.environ)), Side(lambda _exporters: None)])
        return made[-2:]

    monkeypatch.delenv("OTEL_SDK_DISABLED")
    yield make
    for side in made:
        side.provider.shutdown()


def call(duration_s, *, trace=None, model="m", version=None, error_type=None):
    return Prediction(
        id="1", model=model, version=version, started_ns=1, duration_s=duration_s, error_type=error_type,
        source="test", trace=trace,
    )  # fmt: skip


def timeless(metric):
    """The same point for point, without the times, which no two runs share."""
    plain = type(metric)()
    plain.CopyFrom(metric)
    for point in plain.histogram.data_points:
        point.time_unix_nano = point.start_time_unix_nano = 0
        for exemplar in point.exemplars:
            exemplar.time_unix_nano = 0
    return plain


def times(metric):
    return {(point.start_time_unix_nano, point.time_unix_nano) for point in metric.histogram.data_points}


links = st.none() | st.builds(
    TraceLink, st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.sampled_from([0, 1, 3])
)
seconds = st.one_of(
    st.none(),
    st.integers(0, 2**24).map(lambda units: units / 2**20),  # whose sums are exact in any order
    st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 16.0]),
)
chunks = st.builds(
    lambda timings, facts: [call(duration_s, trace=trace, **facts) for duration_s, trace in timings],
    st.lists(st.tuples(seconds, links), min_size=1, max_size=8),
    st.fixed_dictionaries(
        {"model": st.sampled_from("ab"), "version": st.none() | st.just("7"), "error_type": st.none() | st.just("E")}
    ),
)


@pytest.mark.parametrize("temporality", TEMPORALITIES)
@given(rounds=st.lists(st.lists(chunks, max_size=3), min_size=1, max_size=4), together=st.booleans())
@settings(
    max_examples=settings.default.max_examples * 3 // 5,
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.function_scoped_fixture],
)
def test_what_is_sent_is_what_the_sdk_would_have_sent(sides, temporality, rounds, together):
    """Name, unit, description, attributes, temporality and every point, of every export in a row."""
    ours, stock = sides(**{TEMPORALITY: temporality})
    for round_ in rounds:
        for chunk in round_:
            for side in (ours, stock):
                side.sink.accept([Predictions.of(chunk)] if together else chunk)
        mine, theirs = ours.sent(), stock.sent()
        assert mine.keys() == theirs.keys()
        if semconv.DURATION.name in theirs:
            assert timeless(mine[semconv.DURATION.name]) == timeless(theirs[semconv.DURATION.name])


@pytest.mark.parametrize("temporality", TEMPORALITIES)
def test_points_follow_each_other_in_time_as_those_of_the_rows(sides, temporality):
    """One collection has one time; a delta begins where the last one ended, everything else at the first call."""
    ours, _ = sides(**{TEMPORALITY: temporality})
    seen = []
    for _ in range(3):
        ours.sink.accept([call(0.25)])
        sent = ours.sent()
        [(start_ns, time_ns)] = times(sent[semconv.DURATION.name])
        assert {time_ns} == {point.time_unix_nano for point in sent[semconv.ROWS.name].sum.data_points}
        seen.append((start_ns, time_ns))
    starts, ends = zip(*seen, strict=True)
    assert starts[1:] == (starts[:1] * 2 if temporality == "cumulative" else ends[:2])
    assert starts[0] < ends[0] < ends[1] < ends[2]


def test_exemplar_tells_when_it_was_counted(sides):
    """As the SDK's does."""
    import time

    ours, _ = sides()
    before_ns = time.time_ns()
    ours.sink.accept([call(0.25, trace=TraceLink(1, 2, 1))])
    [point] = ours.sent()[semconv.DURATION.name].histogram.data_points
    [exemplar] = point.exemplars
    assert before_ns <= exemplar.time_unix_nano <= point.time_unix_nano


def test_attributes_are_bounded_like_those_of_the_sdk(sides, monkeypatch):
    """What is too much is one series more."""
    ours, stock = sides()
    calls = [call(0.25, model=str(number)) for number in range(durations.MAX_SERIES + 2)]
    for side in (ours, stock):
        side.sink.accept(calls)
    mine, theirs = (timeless(side.sent()[semconv.DURATION.name]) for side in (ours, stock))
    assert mine == theirs
    assert len(mine.histogram.data_points) == durations.MAX_SERIES + 1


def test_every_exporter_gets_all_of_them(monkeypatch):
    """Each as it prefers."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    delta = KeptExporter(preferred_temporality={Histogram: AggregationTemporality.DELTA, Counter: 2})
    exporters = [KeptExporter(), delta]
    joined = join_durations(exporters, {})
    readers = [PeriodicExportingMetricReader(each, export_interval_millis=math.inf) for each in exporters]
    provider = MeterProvider(readers)
    sink = MetricSink(Guard(strict=True), provider, joined)
    for _ in range(2):
        sink.accept([call(0.25)])
        provider.force_flush()
    counts = [
        [metric.histogram.data_points[0].count for metric in request.resource_metrics[0].scope_metrics[0].metrics[1:]]
        for each in exporters
        for request in each.sent
    ]
    provider.shutdown()
    assert counts == [[1], [2], [1], [1]]


OTHER_BUCKETS = {Histogram: ExplicitBucketHistogramAggregation([1.0])}


@pytest.mark.parametrize(
    ("exporters", "environ"),
    [
        (lambda: [KeptExporter()], {"OTEL_METRICS_EXEMPLAR_FILTER": "always_on"}),
        (lambda: [KeptExporter()], {AGGREGATION: "base2_exponential_bucket_histogram"}),
        (lambda: [KeptExporter(preferred_aggregation=OTHER_BUCKETS)], {}),
        (lambda: [KeptExporter(), InMemoryMetricReader()], {}),
        (list, {}),
    ],
    ids=["exemplars", "exponential", "buckets", "reader", "none"],
)
def test_what_only_the_sdk_does_is_left_to_the_sdk(monkeypatch, exporters, environ):
    """And its exporters are as they were."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    made = exporters()
    assert join_durations(made, os.environ) is None
    assert not any("export" in vars(each) for each in made)


def test_other_exporters_that_take_buckets_get_ours(capsys):
    """The console, say."""
    assert join_durations([ConsoleMetricExporter()], {}) is not None


@pytest.mark.slow
def test_forked_child_counts_from_zero(sides):
    """What the parent counted, the parent sends."""
    ours, _ = sides()
    ours.sink.accept([call(0.25)])
    pid = os.fork()
    if pid == 0:  # pragma: no cover  # in the child
        ours.sink.accept([call(0.5)])
        [point] = ours.sent()[semconv.DURATION.name].histogram.data_points
        os._exit(0 if (point.count, point.sum) == (1, 0.5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    ours.sink.accept([call(0.5)])
    [point] = ours.sent()[semconv.DURATION.name].histogram.data_points
    assert (point.count, point.sum) == (2, 0.75)
