import json
import logging
import socket

import pytest

import driftmeter
from driftmeter import runtime
from driftmeter.drift import Reference
from driftmeter.pipeline import catalogue, current
from driftmeter.testing import OtlpReceiver

PREDICT = """
import driftmeter

def predict(n, first=0):
    for i in range(first, first + n):
        with driftmeter.predict("m", inputs={"a": float(i)}, id=str(i)) as call:
            call.outputs = [1.0]
"""


@pytest.fixture
def receiver():
    with OtlpReceiver() as found:
        yield found


@pytest.fixture
def closed():
    """An endpoint where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def reference():
    return Reference.from_data({"a": list(range(100))}, model="m")


def ids(receiver):
    return sorted(int(event.attributes["ml.prediction.id"]) for event in receiver.events("ml.prediction"))


def test_configure_twice_is_configure_once(sdk):
    """The same settings change nothing, others replace the pipeline and keep what was given before."""
    providers = sdk().providers
    driftmeter.configure(resources="off", capture="none", **providers)
    first = current.installed()
    driftmeter.configure(capture="none")
    driftmeter.configure()
    assert current.installed() is first
    driftmeter.configure(spans=False)
    assert current.installed() is not first
    assert current.installed().spans is None
    assert runtime._given["capture"] == "none"


def test_nothing_is_lost_when_settings_change(sdk):
    """What waits is handed over under the old ones, and metrics are not emitted twice."""
    telemetry = sdk().configure()
    for n in range(5):
        for _ in range(20):
            with driftmeter.predict("m"):
                pass
        driftmeter.configure(buffer_records=1000 + n)
    assert len(telemetry.events()) == 100
    assert [point.value for _, point in telemetry.points("ml.prediction.rows")] == [100]
    assert len(telemetry.points("driftmeter.buffer.usage")) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"windoes": 1}, "unknown argument 'windoes'; known: "),
        ({"spans": "some"}, "argument spans is 'some': write true or false"),
        ({"policies": "email=hash"}, "policies has email=hash, but there is no key; set hash_key: write env:NAME"),
        ({"subjects": "require"}, "subjects is 'require', but there is no key; set hash_key"),
        ({"hash_key": "env:NO_SUCH_KEY"}, "hash_key names the variable NO_SUCH_KEY, which is not set"),
        ({"capture": "age,session_token"}, "capture names 'session_token', which deny hides"),
        ({"windows": "soon"}, "windows are soon: 'soon' is no window; write a number of rows"),
        ({"reference": "/no/such.json"}, "/no/such.json"),
        ({"reference": 5}, "argument reference is 5: give a path"),
        ({"reference": [b"x"]}, "b'x'"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_wrong_settings_are_loud(given, message):
    """And leave what was configured before in place."""
    driftmeter.configure(resources="off")
    before = current.installed()
    with pytest.raises(ValueError, match=message):
        driftmeter.configure(**given)
    assert current.installed() is before
    driftmeter.configure()
    assert current.installed() is before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda stored: stored | {"schema": 999}, "999"),
        (lambda stored: stored | {"hash": "0" * 64}, "hash"),
        (lambda stored: {"a": 1}, "reference"),
        (lambda stored: [], "reference"),
    ],
    ids=["schema", "hash", "other", "list"],
)
def test_wrong_reference_is_loud(tmp_path, reference, change, message):
    """The message names the file and what is wrong with it."""
    path = tmp_path / "m.json"
    path.write_text(json.dumps(change(reference.to_dict())))
    with pytest.raises(ValueError, match=f"{message}(.|\n)*m.json"):
        driftmeter.configure(reference=str(path))


def test_two_references_of_one_model_are_refused(reference):
    """Which of them should count?"""
    other = Reference.from_data({"a": [1, 2]}, model="m")
    with pytest.raises(ValueError, match="two references for model 'm'"):
        driftmeter.configure(reference=[reference, other])


def test_references_come_as_paths_and_objects(tmp_path, sdk, reference):
    """Mixed, and several."""
    paths = []
    for model in ("p1", "p2"):
        paths.append(str(tmp_path / f"{model}.json"))
        Reference.from_data({"a": [1, 2]}, model=model).save(paths[-1])
    telemetry = sdk().configure(reference=[reference, ":".join(paths)])
    assert {a["ml.model.name"] for a, _ in telemetry.points("ml.feature.reference")} == {"m", "p1", "p2"}


def test_wrong_setting_at_first_use_is_logged_and_served(monkeypatch, caplog):
    """One error; the model answers. Configured rightly afterwards, it is on; wrongly, loud."""
    monkeypatch.setenv("DRIFTMETER_SPANS", "some")
    for _ in range(3):
        with driftmeter.predict("m") as call:
            call.outputs = 1.0
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == [
        "driftmeter is off: variable DRIFTMETER_SPANS is 'some': write true or false"
    ]
    assert driftmeter.flush(10)
    with pytest.raises(ValueError, match="DRIFTMETER_SPANS"):
        driftmeter.configure()
    monkeypatch.delenv("DRIFTMETER_SPANS")
    driftmeter.configure(resources="off")
    assert current.installed().guard.faults.counts() == {}


def test_flush_and_shutdown_before_anything_happened():
    """Nothing is left to send; nothing is built for that."""
    assert driftmeter.flush(1)
    assert driftmeter.shutdown(1)
    assert current.installed() is None


def test_after_shutdown_predictions_are_served_and_counted(telemetry):
    """What came before was sent."""
    with driftmeter.predict("m"):
        pass
    assert driftmeter.shutdown(10)
    with driftmeter.predict("m") as call:
        call.outputs = 1.0
    assert len(telemetry.events()) == 1
    assert telemetry.counts("driftmeter.dropped") == {"shut_down": 1}


def test_losses_and_faults_are_metrics(sdk):
    """By reason, so that none goes unnoticed."""
    telemetry = sdk().configure(buffer_bytes=1024)
    with driftmeter.predict("m", inputs={"a": "x" * 2000}):
        pass
    with driftmeter.predict("m", inputs=object()):
        pass
    assert telemetry.counts("driftmeter.dropped") == {"buffer_full": 1}
    assert telemetry.counts("driftmeter.faults") == {"sources.inputs": 1}
    assert [point.value for _, point in telemetry.points("driftmeter.buffer.usage")] == [0]


def test_flush_sends_everything(python, receiver):
    """A burst of more than the SDK's own queues hold: one event, one span, one count each."""
    code = PREDICT + 'driftmeter.configure(resources="off")\npredict(3000)\nprint(driftmeter.flush(30))'
    assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint).out == "True"
    assert ids(receiver) == list(range(3000))
    assert len(receiver.spans) == 3000
    assert [point.value for point in receiver.latest("ml.prediction.rows")] == [3000]
    assert receiver.latest("driftmeter.dropped") == []


def test_exit_without_flush_loses_nothing(python, receiver):
    """A script predicts and ends; settings changed twice, and with them the order of exit."""
    code = PREDICT + 'predict(500)\ndriftmeter.configure(resources="off")\npredict(500, first=500)'
    python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, DRIFTMETER_RESOURCES="off")
    assert ids(receiver) == list(range(1000))
    assert len(receiver.spans) == 1000


def test_exit_by_an_error_loses_nothing(python, receiver):
    """The last predictions are those that matter then."""
    code = PREDICT + "import sys\npredict(50)\nsys.exit(0)"
    python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, DRIFTMETER_RESOURCES="off")
    assert ids(receiver) == list(range(50))


def test_dead_endpoint_is_told(python, closed):
    """One warning at the start; flush comes back in time, and says no; so it does after settings changed."""
    code = (
        PREDICT
        + """
import logging, time
seen = []
logging.getLogger("driftmeter").addHandler(type("Seen", (logging.Handler,), {"emit": lambda s, r: seen.append(r)})())
driftmeter.configure(resources="off")
deadline_s = time.monotonic() + 10
while not seen and time.monotonic() < deadline_s:
    time.sleep(0.01)
driftmeter.configure(capture="none")
predict(10)
started_s = time.monotonic()
print(driftmeter.flush(0.5), time.monotonic() - started_s < 5)
print([record.getMessage().split(";")[0] for record in seen if record.levelno == logging.WARNING])
import os
os._exit(0)
"""
    )
    out = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=closed, OTEL_EXPORTER_OTLP_TIMEOUT="1").out
    said = f"['nobody listens at the OTLP endpoint {closed} (ConnectionRefusedError)']"
    told = out.splitlines()
    assert told[0] == "False True"
    assert said.rstrip("]") in told[1]
    assert f"{closed}/v1/logs does not accept events" in told[1]


def test_refused_exports_are_counted_as_losses(python, receiver):
    """Also under settings that were changed after the providers were set up."""
    receiver.answer(400)
    code = (
        PREDICT
        + """
from driftmeter.otel.accounting import LOST
driftmeter.configure(resources="off")
driftmeter.configure(capture="none")
predict(10)
print(driftmeter.flush(20), LOST.counts())
"""
    )
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_METRICS_EXPORTER": "none"}
    out = python(code, DRIFTMETER_EVENTS="otel", **to).out
    assert out.startswith("False")
    assert "'export_traces': 10" in out
    assert "'export_logs': 1" in out
    assert "export_logs" not in python(code, **to).out  # events of the journal are dead letters then, not lost


@pytest.mark.slow
def test_sdk_disabled_sends_nothing_and_serves(python, receiver):
    """By OpenTelemetry's own switch, or exporter by exporter."""
    code = PREDICT + 'driftmeter.configure(resources="off")\npredict(3)\nprint(driftmeter.flush(5))'
    none = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}
    for switch in ({"OTEL_SDK_DISABLED": "true"}, none):
        assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, **switch).out == "True"
    assert (receiver.accepted, receiver.refused) == (0, 0)


def test_global_providers_are_respected(python):
    """Those of the program get everything, and stay the global ones."""
    code = (
        PREDICT
        + """
from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger_provider, set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, logs, reader = InMemorySpanExporter(), InMemoryLogRecordExporter(), InMemoryMetricReader()
mine = TracerProvider(), LoggerProvider(), MeterProvider([reader])
mine[0].add_span_processor(SimpleSpanProcessor(spans))
mine[1].add_log_record_processor(SimpleLogRecordProcessor(logs))
trace.set_tracer_provider(mine[0]), set_logger_provider(mine[1]), metrics.set_meter_provider(mine[2])
predict(3)
assert driftmeter.flush(10)
assert (trace.get_tracer_provider(), get_logger_provider(), metrics.get_meter_provider()) == mine
names = {m.name for r in reader.get_metrics_data().resource_metrics for s in r.scope_metrics for m in s.metrics}
events = [log.log_record.event_name for log in logs.get_finished_logs()]
print(len(spans.get_finished_spans()), events.count("ml.prediction"), "ml.prediction.rows" in names)
"""
    )
    assert python(code, DRIFTMETER_RESOURCES="off").out == "3 3 True"


def test_flush_keeps_its_limit_while_a_sink_stands_still(telemetry):
    """And tells that something is left."""
    import threading

    go_on = threading.Event()
    pipeline = current.installed()
    pipeline._sinks = (*pipeline._sinks, type("Standing", (), {"accept": lambda self, records: go_on.wait(20)})())
    with driftmeter.predict("m"):
        pass
    assert not driftmeter.flush(0.2)
    go_on.set()
    assert driftmeter.flush(10)


def test_a_reference_that_logging_brings_again_leaves_the_pipeline_as_it_is(sdk, reference, tmp_path):
    """Servers configure logging more than once, and windows would begin anew each time."""
    path = tmp_path / "m.reference.json"
    reference.save(path)
    driftmeter.PredictionHandler(reference=str(path))
    sdk().configure()
    pipeline = current.installed()
    driftmeter.PredictionHandler(reference=str(path))
    assert current.installed() is pipeline
    other = Reference.from_data({"a": list(range(100))}, model="other")
    driftmeter.PredictionHandler(reference=other)
    driftmeter.PredictionHandler(reference=other)
    assert current.installed() is not pipeline
    assert sorted(known.name for known in catalogue.known()) == ["m", "other"]
