"""Metrics of many series joined by us, beside the SDK's own observable instruments reading the same."""

import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)

from driftmeter import semconv
from driftmeter.otel.wide import join_wide

TEMPORALITIES = [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]
COUNTER, GAUGE = semconv.FEATURE.observations, semconv.FEATURE.drift


class KeptExporter(MetricExporter):
    """Keeps what it would send."""

    def __init__(self, temporality):
        super().__init__({ObservableCounter: temporality})
        self.sent = []

    def export(self, metrics_data, timeout_millis=10_000, **kwargs):
        self.sent.append(metrics_data)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis=10_000):
        return True

    def shutdown(self, timeout_millis=30_000, **kwargs):
        pass


class Side:
    """A provider with one exporter, to which a counter and a gauge of many series go by us or by instruments."""

    def __init__(self, temporality, *, wide):
        self.exporter = KeptExporter(temporality)
        joined = join_wide([self.exporter]) if wide else None
        self.reader = PeriodicExportingMetricReader(self.exporter, export_interval_millis=math.inf)
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.meter = self.provider.get_meter(semconv.SCOPE_NAME)
        self.meter.create_observable_gauge("always", [lambda _options: [Observation(1)]])
        self.seen = {COUNTER: {}, GAUGE: {}}
        if joined is not None:
            joined.observe(COUNTER, lambda: self.read(COUNTER))
            joined.observe(GAUGE, lambda: self.read(GAUGE))
        else:
            name, unit, description = COUNTER.described
            self.meter.create_observable_counter(name, [lambda _options: self.read(COUNTER)], unit, description)
            name, unit, description = GAUGE.described
            self.meter.create_observable_gauge(name, [lambda _options: self.read(GAUGE)], unit, description)

    def read(self, metric):
        return [Observation(value, {"bin": name}) for name, value in self.seen[metric].items()]

    def sent(self):
        """The metrics of the next export, by name."""
        self.reader.collect()
        [resource] = self.exporter.sent.pop().resource_metrics
        [scope] = resource.scope_metrics
        return {metric.name: metric for metric in scope.metrics}


def timeless(metric):
    """All but the times, which no two runs share, and the order of the points, which says nothing."""
    data = metric.data
    points = sorted((point.attributes["bin"], point.value, *point.exemplars) for point in data.data_points)
    monotonic, temporality = (getattr(data, name, None) for name in ("is_monotonic", "aggregation_temporality"))
    return metric.name, metric.unit, metric.description, type(data), monotonic, temporality, points


@pytest.fixture
def sides(monkeypatch):
    """Ours, and the SDK's."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    made = []

    def make(temporality):
        made.extend([Side(temporality, wide=True), Side(temporality, wide=False)])
        return made[-2:]

    yield make
    for side in made:
        side.provider.shutdown()


bins = st.sampled_from("abc")
rounds = st.lists(
    st.tuples(st.dictionaries(bins, st.integers(0, 9)), st.dictionaries(bins, st.floats(allow_nan=False))), max_size=4
)


@pytest.mark.parametrize("temporality", TEMPORALITIES)
@given(rounds=rounds)
def test_what_is_sent_is_what_the_sdk_would_have_sent(temporality, rounds):
    """Of every export in a row, though series come and go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OTEL_SDK_DISABLED", raising=False)
        both = Side(temporality, wide=True), Side(temporality, wide=False)
    totals = dict.fromkeys("abc", 0)
    for more, values in rounds:
        totals |= {name: totals[name] + rows for name, rows in more.items()}
        for side in both:
            side.seen = {COUNTER: {name: totals[name] for name in more}, GAUGE: values}
        mine, theirs = (side.sent() for side in both)
        assert mine.keys() == theirs.keys()
        for name in mine.keys() - {"always"}:
            assert timeless(mine[name]) == timeless(theirs[name])
    for side in both:
        side.provider.shutdown()


@pytest.mark.parametrize("temporality", TEMPORALITIES)
def test_points_follow_each_other_in_time(sides, temporality):
    """One collection has one time; a delta begins where the last one ended, everything else at the first."""
    ours, _ = sides(temporality)
    ours.seen = {COUNTER: {"a": 1}, GAUGE: {"a": 0.5}}
    seen = []
    for _ in range(3):
        sent = ours.sent()
        [counted], [gauged], [always] = (sent[name].data.data_points for name in (COUNTER.name, GAUGE.name, "always"))
        assert counted.time_unix_nano == gauged.time_unix_nano == always.time_unix_nano
        seen.append((counted.start_time_unix_nano, counted.time_unix_nano))
    starts, ends = zip(*seen, strict=True)
    assert starts[1:] == (ends[:2] if temporality is AggregationTemporality.DELTA else starts[:1] * 2)
    assert ends[0] < ends[1] < ends[2]


def test_every_exporter_gets_all_of_it(monkeypatch):
    """Each as it prefers."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    exporters = [KeptExporter(temporality) for temporality in TEMPORALITIES]
    joined = join_wide(exporters)
    joined.observe(COUNTER, lambda: [Observation(5, {"bin": "a"})])
    readers = [PeriodicExportingMetricReader(each, export_interval_millis=math.inf) for each in exporters]
    provider = MeterProvider(readers, shutdown_on_exit=False)
    provider.get_meter(semconv.SCOPE_NAME).create_observable_gauge("always", [lambda _options: [Observation(1)]])
    for _ in range(2):
        provider.force_flush()
    values = [
        [data.resource_metrics[0].scope_metrics[0].metrics[1].data.data_points[0].value for data in each.sent]
        for each in exporters
    ]
    provider.shutdown()
    assert values == [[5, 5], [5, 0]]


def test_a_reader_with_a_way_out_of_its_own_has_instruments():
    """It would not be told of what is joined; nor is there anything to join without an exporter."""
    exporter = KeptExporter(AggregationTemporality.CUMULATIVE)
    assert join_wide([exporter, InMemoryMetricReader()]) is None
    assert join_wide([]) is None
    assert "export" not in vars(exporter)
    assert join_wide([ConsoleMetricExporter()]) is not None


@pytest.mark.slow
def test_forked_child_counts_from_zero(sides):
    """What the parent sent, the child's own deltas do not take off."""
    ours, _ = sides(AggregationTemporality.DELTA)
    ours.seen[COUNTER] = {"a": 5}
    assert ours.sent()[COUNTER.name].data.data_points[0].value == 5
    pid = os.fork()
    if pid == 0:  # pragma: no cover  # in the child
        ours.seen[COUNTER] = {"a": 2}
        [point] = ours.sent()[COUNTER.name].data.data_points
        os._exit(0 if point.value == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
