import gzip
import http.client
import threading
import urllib.error
import urllib.request
import zlib
from urllib.parse import urlsplit

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from driftmeter.testing import Distribution, OtlpReceiver

RESOURCE = Resource({"service.name": "air-time"})
PROTOBUF = "application/x-protobuf"


def one_log(name="ml.prediction"):
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(event_name=name)
    return request.SerializeToString()


def post(receiver, body, path="/v1/logs", **headers):
    """Send once and give the status and headers of the answer."""
    headers = {"Content-Type": PROTOBUF} | {key.replace("_", "-"): value for key, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(receiver.endpoint + path, body, headers)) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.status, refusal.headers


@pytest.fixture(autouse=True)
def _sdk(monkeypatch):
    """The senders here are OpenTelemetry's own."""
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)


@pytest.fixture
def receiver():
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.mark.parametrize("compression", list(Compression))
def test_events_arrive_with_every_value_as_sent(receiver, compression):
    """Maps, lists, bytes and None included, from the SDK's exporter, however compressed."""
    exporter = OTLPLogExporter(f"{receiver.endpoint}/v1/logs", compression=compression)
    provider = LoggerProvider(RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    inputs = {"distance": 1.5, "airline": "AA", "codes": [1, [2, "x"]], "none": None, "raw": b"\0", "late": True}
    provider.get_logger("driftmeter").emit(
        event_name="ml.prediction",
        timestamp=7,
        severity_number=SeverityNumber.INFO,
        severity_text="INFO",
        body="air-time predicted",
        attributes={"ml.prediction.inputs": inputs, "ml.prediction.batch_size": 3},
    )
    provider.shutdown()
    (event,) = receiver.logs
    assert event.name == "ml.prediction"
    assert event.attributes == {"ml.prediction.inputs": inputs, "ml.prediction.batch_size": 3}
    assert (event.body, event.timestamp_ns, event.severity, event.severity_text) == (
        "air-time predicted",
        7,
        9,
        "INFO",
    )
    assert (event.trace_id, event.span_id) == ("", "")
    assert event.resource["service.name"] == "air-time"
    assert event.scope == "driftmeter"


def test_spans_arrive_linked_to_their_parents_and_events(receiver):
    """Ids are hex, as in every backend's pages."""
    traces = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    traces.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{receiver.endpoint}/v1/traces")))
    logs = LoggerProvider(RESOURCE, shutdown_on_exit=False)
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{receiver.endpoint}/v1/logs")))
    tracer = traces.get_tracer("driftmeter")
    with (
        tracer.start_as_current_span("POST /predict", kind=SpanKind.SERVER) as root,
        tracer.start_as_current_span("predict air-time", attributes={"rows": 3}) as span,
    ):
        logs.get_logger("driftmeter").emit(event_name="ml.prediction")
        span.set_status(StatusCode.ERROR)
    child, parent = receiver.spans
    assert (child.name, child.kind, child.status, child.attributes) == (
        "predict air-time",
        "INTERNAL",
        "ERROR",
        {"rows": 3},
    )
    assert (parent.name, parent.kind, parent.status) == ("POST /predict", "SERVER", "UNSET")
    assert child.parent_span_id == parent.span_id == f"{root.get_span_context().span_id:016x}"
    assert parent.parent_span_id == ""
    assert parent.start_ns <= child.start_ns <= child.end_ns <= parent.end_ns
    (event,) = receiver.logs
    assert (event.trace_id, event.span_id) == (child.trace_id, child.span_id)
    for provider in (traces, logs):
        provider.shutdown()


def test_metrics_arrive_by_kind(receiver):
    """Integers stay integers; a histogram's value is its distribution; `latest` gives the newest of each series."""
    exporter = OTLPMetricExporter(f"{receiver.endpoint}/v1/metrics")
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], RESOURCE, shutdown_on_exit=False)
    meter = provider.get_meter("driftmeter")
    rows = meter.create_counter("ml.prediction.rows", "{row}", "Rows predicted.")
    rows.add(3, {"ml.model.name": "air-time"})
    provider.force_flush()
    rows.add(4, {"ml.model.name": "air-time"})
    meter.create_gauge("ml.feature.drift").set(0.25)
    meter.create_up_down_counter("level").add(-1)
    meter.create_histogram("seconds", explicit_bucket_boundaries_advisory=[1, 2]).record(1.5)
    provider.shutdown()
    (point,) = receiver.latest("ml.prediction.rows")
    assert (point.value, point.unit, point.kind, point.monotonic) == (7, "{row}", "sum", True)
    assert type(point.value) is int
    assert (point.attributes, point.description) == ({"ml.model.name": "air-time"}, "Rows predicted.")
    assert 0 < point.start_ns <= point.time_ns
    assert [(p.kind, p.value) for p in receiver.latest("ml.feature.drift")] == [("gauge", 0.25)]
    assert [(p.kind, p.monotonic, p.value) for p in receiver.latest("level")] == [("sum", False, -1)]
    (seconds,) = receiver.latest("seconds")
    assert seconds.value == Distribution(count=1, sum=1.5, bounds=(1.0, 2.0), counts=(0, 1, 0))
    assert [p.value for p in receiver.metrics if p.name == "ml.prediction.rows"] == [3, 7]


def test_answer_refuses_until_it_is_taken_back(receiver):
    """What was refused is not kept, and the sender is told when to come again."""
    receiver.answer(503, retry_after_s=7)
    status, headers = post(receiver, one_log())
    assert (status, headers["Retry-After"]) == (503, "7")
    receiver.answer(200)
    assert post(receiver, one_log("second"))[0] == 200
    assert [event.name for event in receiver.logs] == ["second"]
    assert (receiver.accepted, receiver.refused) == (1, 1)


@pytest.mark.parametrize(
    ("body", "path", "headers", "status"),
    [
        (b"\xff\xff", "/v1/logs", {}, 400),
        (one_log(), "/v1/profiles", {}, 404),
        (b"{}", "/v1/logs", {"Content_Type": "application/json"}, 415),
        (b"not gzip", "/v1/logs", {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(one_log())[:-9], "/v1/logs", {"Content_Encoding": "gzip"}, 400),
        (b"not deflate", "/v1/logs", {"Content_Encoding": "deflate"}, 400),
        (one_log(), "/v1/logs", {"Content_Encoding": "zstd"}, 400),
    ],
    ids=["no message", "no signal", "json", "no gzip", "half a gzip", "no deflate", "zstd"],
)
def test_what_is_no_otlp_is_refused(receiver, body, path, headers, status):
    """With the status that the specification names, and the receiver goes on."""
    assert post(receiver, body, path, **headers)[0] == status
    assert receiver.logs == []
    assert post(receiver, zlib.compress(one_log()), Content_Encoding="deflate")[0] == 200


def test_wait_for_returns_as_soon_as_it_holds(receiver):
    """Asked anew with each arrival, from whatever thread it came."""
    sender = threading.Timer(0.05, lambda: [post(receiver, one_log(str(i))) for i in range(3)])
    sender.start()
    assert receiver.wait_for(lambda r: len(r.events("2")) == 1, timeout_s=30)
    sender.join()
    assert not receiver.wait_for(lambda r: len(r.logs) > 3, timeout_s=0.05)


def test_connection_is_kept_for_the_next_request(receiver):
    """Exporters send all their requests over one."""
    connection = http.client.HTTPConnection(urlsplit(receiver.endpoint).netloc)
    for _ in range(2):
        connection.request("POST", "/v1/logs", one_log(), {"Content-Type": PROTOBUF})
        response = connection.getresponse()
        response.read()
        assert (response.status, response.will_close) == (200, False)
        kept = connection.sock
    assert connection.sock is kept
    connection.close()
    assert len(receiver.logs) == 2


def test_kept_connection_ends_with_the_receiver():
    """A backend that is gone answers nobody, and one that comes back has the same address."""
    with OtlpReceiver() as receiver:
        endpoint = receiver.endpoint
        connection = http.client.HTTPConnection(urlsplit(endpoint).netloc)
        connection.request("POST", "/v1/logs", one_log(), {"Content-Type": PROTOBUF})
        connection.getresponse().read()
    assert connection.sock.recv(1) == b""
    connection.close()
    with OtlpReceiver(port=urlsplit(endpoint).port) as again:
        assert again.endpoint == endpoint
        assert post(again, one_log())[0] == 200


def test_on_request_sees_message_and_bytes():
    """Enough to forward or to write them down; nothing need be kept then."""
    seen = []
    with OtlpReceiver(lambda *request: seen.append(request), keep=False) as receiver:
        post(receiver, gzip.compress(one_log()), Content_Encoding="gzip")
        assert receiver.logs == []
    ((signal, message, body),) = seen
    assert (signal, body) == ("logs", one_log())
    assert message.resource_logs[0].scope_logs[0].log_records[0].event_name == "ml.prediction"


def test_error_of_on_request_is_raised_at_the_end():
    """A test must not pass because its own callback failed on another thread."""

    def fail(*request):
        raise LookupError("no such file")

    answered = []

    def send():
        with OtlpReceiver(fail) as receiver:
            answered.append((post(receiver, one_log())[0], receiver.logs))

    with pytest.raises(LookupError, match="no such file"):
        send()
    assert answered == [(500, [])]


def test_endpoint_before_listening_is_refused():
    """There is none yet."""
    with pytest.raises(RuntimeError, match="enter it with `with`"):
        _ = OtlpReceiver().endpoint
