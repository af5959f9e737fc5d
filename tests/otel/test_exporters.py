"""Spans, log records and metrics on the wire, against a backend that misbehaves as told."""

import functools
import itertools
import threading
import time

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    InMemoryLogRecordExporter,
    LogRecordExportResult,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from driftmeter.otel.exporters import OtlpLogs, OtlpMetrics, OtlpSpans
from driftmeter.otel.metric_encoding import halves
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Tally
from driftmeter.testing import OtlpReceiver
from driftmeter.testing.faults import FaultyBackend

PROTOCOLS = {"http": "http/protobuf", "grpc": "grpc"}
both = pytest.mark.parametrize("protocol", ["http", "grpc"])
SUCCESS, FAILURE = SpanExportResult.SUCCESS, SpanExportResult.FAILURE


@pytest.fixture
def spans(monkeypatch):
    """Ten of them, finished."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    for number in range(10):
        with provider.get_tracer("air").start_as_current_span(f"flight {number}", attributes={"distance_mi": 945}):
            pass
    return kept.get_finished_spans()


@pytest.fixture
def exporter_to():
    """Makes exporters, and ends them."""
    made = []

    def make(address, protocol="http", lost=None, *, timeout_s=20, compression="none", signal="traces"):
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_EXPORTER_OTLP_PROTOCOL": PROTOCOLS[protocol],
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
            "OTEL_EXPORTER_OTLP_TIMEOUT": str(timeout_s),
        }
        endpoint = Endpoint.from_environ(environ, signal)
        made.append(
            OtlpMetrics(endpoint, lost or Tally(), environ)
            if signal == "metrics"
            else {"traces": OtlpSpans, "logs": OtlpLogs}[signal](endpoint, lost or Tally())
        )
        return made[-1]

    yield make
    for exporter in made:
        exporter.shutdown()


def test_spans_arrive_as_they_were(spans, exporter_to):
    """Names, ids, attributes and scope."""
    with OtlpReceiver() as receiver:
        assert exporter_to(receiver.endpoint).export(spans) is SUCCESS
        assert [span.name for span in receiver.spans] == [f"flight {number}" for number in range(10)]
        assert {(span.scope, span.attributes["distance_mi"]) for span in receiver.spans} == {("air", 945)}
        assert {span.span_id for span in receiver.spans} == {f"{span.context.span_id:016x}" for span in spans}


@both
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_both_protocols(protocol, compression, spans, exporter_to):
    """Packed or not."""
    with FaultyBackend(protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol, compression=compression)
        assert [exporter.export(spans), exporter.export(spans)] == [SUCCESS, SUCCESS]
        assert backend.snapshot()["requests"] == {"200": 2}


@both
def test_tries_again_after_what_passes(protocol, spans, exporter_to):
    """A backend that restarts costs no span."""
    with FaultyBackend("status:503", protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol)
        healed = threading.Timer(0.5, backend.behave, ["ok"])
        healed.start()
        assert exporter.export(spans) is SUCCESS
        healed.join()


@both
@pytest.mark.parametrize("behaviour", ["status:400", "status:401", "status:404"])
def test_does_not_insist_where_the_answer_will_be_the_same(protocol, behaviour, spans, exporter_to):
    """One request, and the batch is lost, as OTLP has it."""
    with FaultyBackend(behaviour, protocol=protocol) as backend:
        assert exporter_to(backend.endpoint, protocol).export(spans) is FAILURE
        assert sum(backend.snapshot()["requests"].values()) == 1


@both
@pytest.mark.parametrize("behaviour", ["down", "black_hole", "reset"])
@pytest.mark.slow
def test_gives_up_at_the_time_limit(protocol, behaviour, spans, exporter_to):
    """And waits for none of the SDK's own exporters' half minutes."""
    with FaultyBackend(behaviour, protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol, timeout_s=1)
        began_s = time.monotonic()
        assert exporter.export(spans) is FAILURE
        assert time.monotonic() - began_s < 15


@both
def test_what_is_too_large_is_halved(protocol, spans, exporter_to):
    """Ten spans are more than a kilobyte, one is less."""
    with FaultyBackend("too_large:1000", protocol=protocol) as backend:
        assert exporter_to(backend.endpoint, protocol).export(spans) is SUCCESS
        assert backend.snapshot()["requests"]["200"] > 1


def test_sends_unpacked_where_that_is_asked_for(spans, exporter_to):
    """415 is about the packing."""
    with FaultyBackend("no_gzip") as backend:
        exporter = exporter_to(backend.endpoint, compression="gzip")
        assert [exporter.export(spans), exporter.export(spans)] == [SUCCESS, SUCCESS]
        assert backend.snapshot()["requests"] == {"415": 1, "200": 2}


@both
def test_what_a_backend_did_not_store_is_counted(protocol, spans, exporter_to):
    """OTLP's partial success, which the SDK's own exporters pass over."""
    lost = Tally()
    with FaultyBackend("partial:3", protocol=protocol) as backend:
        assert exporter_to(backend.endpoint, protocol, lost).export(spans) is SUCCESS
    assert lost.counts() == {"export_traces": 3}


def test_the_end_does_not_wait_for_the_next_attempt(spans, exporter_to):
    """A backend may ask for minutes."""
    with FaultyBackend("status:503,200") as backend:
        exporter = exporter_to(backend.endpoint, timeout_s=600)
        found = []
        thread = threading.Thread(target=lambda: found.append(exporter.export(spans)), daemon=True)
        thread.start()
        while not backend.snapshot()["requests"]:
            time.sleep(0.01)
        exporter.shutdown()
        thread.join(10)
    assert found == [FAILURE]


def test_after_the_end_nothing_is_sent(spans, exporter_to):
    """As with the SDK's own exporters: what comes too late is counted as lost by whoever hands it over."""
    with FaultyBackend() as backend:
        exporter = exporter_to(backend.endpoint)
        exporter.shutdown()
        assert exporter.export(spans) is FAILURE
        assert backend.snapshot()["requests"] == {}


@pytest.fixture
def records(monkeypatch):
    """Ten log records."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    kept = InMemoryLogRecordExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    for number in range(10):
        provider.get_logger("air").emit(LogRecord(body=f"flight {number}", attributes={"distance_mi": 945}))
    return kept.get_finished_logs()


@pytest.fixture
def collected(monkeypatch):
    """What a reader collects of one counter."""
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("air").create_counter("flights").add(7, {"airline": "UA"})
    return reader.get_metrics_data()


def test_log_records_arrive_as_they_were(records, exporter_to):
    """Bodies and attributes."""
    with OtlpReceiver() as receiver:
        assert exporter_to(receiver.endpoint, signal="logs").export(records) is LogRecordExportResult.SUCCESS
        assert [log.body for log in receiver.logs] == [f"flight {number}" for number in range(10)]
        assert {log.attributes["distance_mi"] for log in receiver.logs} == {945}


@both
def test_log_records_are_halved_and_counted_as_spans_are(protocol, records, exporter_to):
    """What a backend did not store, and what is too large at once."""
    lost = Tally()
    with FaultyBackend("too_large:400", protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol, lost, signal="logs")
        assert exporter.export(records) is LogRecordExportResult.SUCCESS
        assert len(backend.snapshot()["ids"]) == len(records)
    with FaultyBackend("partial:3", protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol, lost, signal="logs")
        assert exporter.export(records) is LogRecordExportResult.SUCCESS
    assert lost.counts() == {"export_logs": 3}


@pytest.mark.filterwarnings("ignore:Invalid type:Warning")
@pytest.mark.parametrize(
    "bad",
    [
        {"body": "half a pair: \ud800"},
        {"body": 2**70},
        {"body": {"deep": [object()]}},
        {"event_name": "\udfff"},
        {"timestamp": -5},
        {"trace_id": 2**200, "span_id": 1},
        {"body": functools.reduce(lambda inner, _: [inner], range(300), 1)},
    ],
)
def test_a_log_record_that_the_sdk_cannot_encode_costs_no_neighbour(bad, exporter_to, monkeypatch):
    """It is made plain, and says so; the SDK's encoder raises, and the whole batch would be lost."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    kept, lost = InMemoryLogRecordExporter(), Tally()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    for given in ({"body": "before"}, bad, {"body": "after"}):
        provider.get_logger("air", "7").emit(LogRecord(**given))
    with OtlpReceiver() as receiver:
        exporter = exporter_to(receiver.endpoint, lost=lost, signal="logs")
        assert exporter.export(kept.get_finished_logs()) is LogRecordExportResult.SUCCESS
        before, found, after = receiver.logs
    assert (before.body, before.scope, after.body) == ("before", "air", "after")
    assert before.attributes == after.attributes == {}
    assert found.attributes == ({} if "trace_id" in bad else {"driftmeter.journal.altered": True})
    assert not lost.total()


def test_log_records_that_nobody_takes_are_a_failure(records, exporter_to):
    """Which the processor around it counts."""
    with FaultyBackend("status:400") as backend:
        exporter = exporter_to(backend.endpoint, signal="logs")
        assert exporter.export(records) is LogRecordExportResult.FAILURE
        exporter.shutdown()
        assert exporter.export(records) is LogRecordExportResult.FAILURE
        assert exporter.force_flush()
        assert backend.snapshot()["requests"] == {"400": 1}


@pytest.fixture
def wide(monkeypatch):
    """What a reader collects of many series of two metrics, and of one by itself."""
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("air")
    flights, seats = meter.create_counter("flights"), meter.create_gauge("seats")
    for number in range(101):
        flights.add(number, {"n": number})
        seats.set(number, {"n": number})
    meter.create_gauge("delay").set(3)
    return reader.get_metrics_data()


def test_metrics_arrive_as_they_were(collected, exporter_to):
    """Name, value and attributes."""
    with OtlpReceiver() as receiver:
        assert exporter_to(receiver.endpoint, signal="metrics").export(collected) is MetricExportResult.SUCCESS
        (point,) = receiver.latest("flights")
        assert (point.value, point.attributes) == (7, {"airline": "UA"})


def test_a_point_that_the_sdk_cannot_encode_costs_no_neighbour(exporter_to, monkeypatch):
    """Not even one of the same metric; it would be there again with each export, and none would arrive any more."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    meter = provider.get_meter("air")
    meter.create_counter("flights").add(7)
    gauge = meter.create_gauge("seats")
    gauge.set(2**70, {"airline": "UA"})
    gauge.set(180, {"airline": "AA"})
    meter.create_gauge("fuel").set(-(2**70))
    meter.create_histogram("delay").record(2.0)
    with OtlpReceiver() as receiver:
        exporter = exporter_to(receiver.endpoint, signal="metrics")
        assert exporter.export(reader.get_metrics_data()) is MetricExportResult.SUCCESS
        assert [(point.name, point.attributes) for point in receiver.metrics] == [
            ("flights", {}),
            ("seats", {"airline": "AA"}),
            ("delay", {}),
        ]


@both
@pytest.mark.parametrize(
    ("behaviour", "result"), [("ok", "SUCCESS"), ("partial:1", "SUCCESS"), ("status:400", "FAILURE")]
)
def test_metrics_over_both_protocols(protocol, behaviour, result, collected, exporter_to):
    """A point that is not stored comes with the next export."""
    with FaultyBackend(behaviour, protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol, signal="metrics")
        assert exporter.export(collected).name == result
        assert exporter.force_flush()
        exporter.shutdown()
        assert exporter.export(collected) is MetricExportResult.FAILURE
        assert sum(backend.snapshot()["requests"].values()) == 1


@pytest.mark.parametrize(("temporality", "counts"), [("CUMULATIVE", {}), ("DELTA", {"export_metrics": 2})])
def test_what_no_later_export_brings_is_counted(temporality, counts, exporter_to, monkeypatch):
    """Points that count from the last collection are gone with an export that fails; sums and last values are not."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    reader, lost = InMemoryMetricReader({Counter: AggregationTemporality[temporality]}), Tally()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    flights = provider.get_meter("air").create_counter("flights")
    flights.add(7, {"airline": "UA"})
    flights.add(5, {"airline": "AA"})
    provider.get_meter("air").create_gauge("seats").set(180)
    with FaultyBackend("status:400") as backend:
        exporter = exporter_to(backend.endpoint, lost=lost, signal="metrics")
        assert exporter.export(reader.get_metrics_data()) is MetricExportResult.FAILURE
    assert lost.counts() == counts
    with FaultyBackend("partial:1") as backend:
        exporter = exporter_to(backend.endpoint, lost=(refused := Tally()), signal="metrics")
        flights.add(7, {"airline": "UA"})
        assert exporter.export(reader.get_metrics_data()) is MetricExportResult.SUCCESS
    assert refused.counts() == ({"export_metrics": 1} if counts else {})


@both
def test_metrics_that_are_too_large_go_in_halves(protocol, wide, collected, exporter_to):
    """A wide model has more series than some backends take in one request; what alone is too large fails."""
    with FaultyBackend("too_large:2000", protocol=protocol) as backend:
        exporter = exporter_to(backend.endpoint, protocol, signal="metrics")
        assert exporter.export(wide) is MetricExportResult.SUCCESS
        assert backend.snapshot()["requests"]["200"] > 2
        backend.behave("too_large:10")
        assert exporter.export(collected) is MetricExportResult.FAILURE


def test_halves_are_the_whole(wide, collected):
    """Each point once, under its own metric, scope and resource; one point has no halves."""
    told = [_places(half) for half in halves(wide)]
    assert sorted(itertools.chain.from_iterable(told)) == _places(wide)
    assert abs(len(told[0]) - len(told[1])) <= 3  # one for each metric
    assert halves(collected) is None


def _places(data):
    return sorted(
        (metric.name, scope.scope.name, point.attributes.get("n", -1), str(point.value))
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    )


def test_metrics_keep_the_readers_time_limit(collected, exporter_to):
    """At the end of a process it is shorter than the endpoint's."""
    with FaultyBackend("status:503") as backend:
        exporter = exporter_to(backend.endpoint, signal="metrics", timeout_s=600)
        began_s = time.monotonic()
        assert exporter.export(collected, timeout_millis=500) is MetricExportResult.FAILURE
        assert time.monotonic() - began_s < 10
