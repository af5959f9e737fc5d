"""The real backends: configs are accepted by the programs that read them, and what is sent can be read back."""

from __future__ import annotations

import json
import math
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backends import alerts, eventually, jaeger_trace, logs_query, promql, span_tags
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Meter, MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import build
from programs import CONFIG, RULES
from stack import Stack

pytestmark = pytest.mark.e2e

NOT_OF_THE_COLLECTOR = {"jaeger.yaml"}


def validate(program: str, config: Path) -> subprocess.CompletedProcess[str]:
    command = [build.binary(program), "validate", f"--config={config}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@contextmanager
def meter(stack: Stack, instance: str = "one") -> Iterator[Meter]:
    """A meter whose instruments are sent to the Collector once, when the block ends."""
    exporter = OTLPMetricExporter(f"{stack.otlp_http}/v1/metrics")
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=math.inf)
    resource = Resource({"service.name": "stack-test", "service.instance.id": instance})
    provider = MeterProvider([reader], resource)
    yield provider.get_meter("stack-test")
    provider.force_flush()
    provider.shutdown()


COLLECTOR_CONFIGS = [path for path in sorted(CONFIG.glob("*.yaml")) if path.name not in NOT_OF_THE_COLLECTOR]


@pytest.mark.parametrize("config", COLLECTOR_CONFIGS, ids=lambda path: path.name)
def test_collector_accepts_each_of_our_configs(config):
    """Every Collector config we ship is valid for the Collector we build."""
    answer = validate("otelcol", config)
    assert answer.returncode == 0, answer.stderr


def test_jaeger_accepts_our_config():
    """Jaeger's config is valid for the Jaeger we build."""
    answer = validate("jaeger", CONFIG / "jaeger.yaml")
    assert answer.returncode == 0, answer.stderr


def test_vmalert_accepts_our_rules():
    """Every rule parses as PromQL, every annotation as a template."""
    command = [build.binary("vmalert"), "-dryRun", f"-rule={RULES}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("tls:", "tlss:"),
        ("memory_limiter, transform/victoria_logs]", "memory_limiter, transform/other]"),
        ("log.event_name", "log.even_name"),
    ],
    ids=["unknown key", "unknown processor", "unknown field in a statement"],
)
def test_collector_refuses_a_broken_config(tmp_path, good, broken):
    """Validation is worth something: it fails on each kind of mistake we could make."""
    text = (CONFIG / "local.yaml").read_text()
    config = tmp_path / "broken.yaml"
    config.write_text(text.replace(good, broken))
    assert good in text
    assert validate("otelcol", config).returncode != 0


def send_prediction(stack: Stack, inputs: dict[str, object]) -> str:
    """Send one prediction event, as driftmeter would, through the Collector; its id."""
    prediction = f"p-{uuid.uuid4()}"
    provider = LoggerProvider(Resource({"service.name": "stack-test"}))
    provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{stack.otlp_http}/v1/logs")))
    provider.get_logger("stack-test").emit(
        timestamp=time.time_ns(),
        event_name="ml.prediction",
        body="predicted",
        attributes={"ml.prediction.id": prediction, "ml.prediction.inputs": inputs},
    )
    provider.shutdown()
    return prediction


def find_prediction(stack: Stack, prediction: str) -> dict[str, str]:
    """The one event of that id in VictoriaLogs."""
    [event] = eventually(lambda: logs_query(stack, f'"ml.prediction.id":"{prediction}"'))
    return event


def test_event_comes_back_from_victoria_logs_by_its_id(stack):
    """A log event with a map attribute is found by an attribute, flattened, with the name that was no attribute."""
    event = find_prediction(stack, send_prediction(stack, {"airline": "HA", "distance_mi": 2475.5}))
    assert event["_msg"] == "predicted"
    assert event["event.name"] == "ml.prediction"
    assert event["ml.prediction.inputs.airline"] == "HA"
    assert float(event["ml.prediction.inputs.distance_mi"]) == 2475.5


def test_long_event_is_kept_whole(stack):
    """An event of 1 MB, four times the log store's own default limit, is not dropped on the way."""
    event = find_prediction(stack, send_prediction(stack, {"review": "x" * 1_000_000}))
    assert len(event["ml.prediction.inputs.review"]) == 1_000_000


def test_wide_event_is_kept_as_json(stack):
    """An event of 5,000 features, five times the fields the log store takes, is kept, its inputs as one JSON text."""
    inputs = {f"f{number}": number / 2 for number in range(5_000)}
    event = find_prediction(stack, send_prediction(stack, inputs))
    assert json.loads(event["ml.prediction.inputs"]) == inputs


def test_trace_comes_back_from_jaeger_by_its_id(stack):
    """Both spans of a trace are there, the child below its parent, with its attributes."""
    provider = TracerProvider(resource=Resource({"service.name": "stack-test"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{stack.otlp_http}/v1/traces")))
    tracer = provider.get_tracer("stack-test")
    with (
        tracer.start_as_current_span("POST /predict") as parent,
        tracer.start_as_current_span("predict flights", attributes={"ml.model.name": "flights"}),
    ):
        trace_id = f"{parent.get_span_context().trace_id:032x}"
    provider.shutdown()
    spans = eventually(lambda: jaeger_trace(stack, trace_id))
    by_name = {span["operationName"]: span for span in spans}
    assert set(by_name) == {"POST /predict", "predict flights"}
    child = by_name["predict flights"]
    assert child["references"][0]["spanID"] == by_name["POST /predict"]["spanID"]
    assert span_tags(child)["ml.model.name"] == "flights"


def test_unknown_trace_is_no_error(stack):
    """A question about a trace that is not there yet can be asked again."""
    assert jaeger_trace(stack, "0" * 31 + "1") == []


def test_metrics_come_back_under_the_names_the_rules_use(stack):
    """Dots become underscores, counters end in _total, units in braces leave no trace in the name."""
    model = f"m-{uuid.uuid4()}"
    identity = {"ml.model.name": model, "ml.feature.name": "airline"}
    with meter(stack) as source:
        source.create_gauge("ml.feature.drift", "{distance}").set(0.37, identity)
        source.create_gauge("ml.feature.reference", "{proportion}").set(0.25, identity | {"ml.bin": "HA"})
        source.create_counter("ml.feature.observations", "{observation}").add(3, identity | {"ml.bin": "HA"})
        source.create_histogram("ml.prediction.duration", "s").record(0.02, {"ml.model.name": model})
        source.create_up_down_counter("process.memory.usage", "By").add(1024, {"ml.model.name": model})
    found = eventually(lambda: promql(stack, f'{{ml_model_name="{model}"}}'))
    names = {labels["__name__"] for labels, _ in found}
    assert names >= {
        "ml_feature_drift",
        "ml_feature_reference",
        "ml_feature_observations_total",
        "ml_prediction_duration_seconds_bucket",
        "ml_prediction_duration_seconds_count",
        "process_memory_usage_bytes",
    }
    [(labels, value)] = promql(stack, f'ml_feature_drift{{ml_model_name="{model}"}}')
    assert value == pytest.approx(0.37)
    assert labels["ml_feature_name"] == "airline"
    assert labels["service_name"] == "stack-test"


@pytest.mark.parametrize(
    ("kind", "alert"),
    [("feature", "MLFeatureDrift"), ("output", "MLOutputDrift")],
)
def test_raised_alarm_fires_its_alert(stack, kind, alert):
    """The alarm gauge at 1 fires in vmalert with its subject among the labels; at 0 it does not."""
    model = f"m-{uuid.uuid4()}"
    identity = {"ml.model.name": model, "ml.model.version": "3", "ml.drift.statistic": "psi", "ml.window": "1000 rows"}
    with meter(stack) as source:
        gauge = source.create_gauge(f"ml.{kind}.drift.alarm", "{alarm}")
        gauge.set(1, identity | {f"ml.{kind}.name": "moved"})
        gauge.set(0, identity | {f"ml.{kind}.name": "quiet"})
    fired = eventually(lambda: [labels for labels in alerts(stack, alert) if labels["ml_model_name"] == model])
    assert [labels[f"ml_{kind}_name"] for labels in fired] == ["moved"]
    assert fired[0]["ml_model_version"] == "3"
    assert fired[0]["ml_drift_statistic"] == "psi"


@pytest.mark.parametrize("kind", ["feature", "output"])
def test_fleet_psi_is_that_of_the_merged_counts(stack, kind):
    """Two replicas that drift in opposite ways: the rule adds their counts up before it takes the distance."""
    model = f"m-{uuid.uuid4()}"
    reference = {"a": 0.5, "b": 0.3, "c": 0.2, "never seen": 0.0}
    replicas = {"one": {"a": 400, "b": 50, "c": 50}, "two": {"a": 100, "b": 50, "c": 350}}

    def send(counts: dict[str, dict[str, int]]) -> None:
        for instance, bins in counts.items():
            with meter(stack, instance) as source:
                observations = source.create_counter(f"ml.{kind}.observations", "{observation}")
                share = source.create_gauge(f"ml.{kind}.reference", "{proportion}")
                for name, proportion in reference.items():
                    identity = {"ml.model.name": model, "ml.model.version": "1", f"ml.{kind}.name": "x", "ml.bin": name}
                    share.set(proportion, identity)
                    if name in bins:
                        observations.add(bins[name], identity)

    send({instance: dict.fromkeys(bins, 0) for instance, bins in replicas.items()})
    eventually(lambda: len(promql(stack, f'ml_{kind}_observations_total{{ml_model_name="{model}"}} == 0')) == 6)
    time.sleep(1)
    send(replicas)

    merged = {name: sum(bins.get(name, 0) for bins in replicas.values()) for name in reference}
    rows = sum(merged.values())
    live = [(count + 0.5) / (rows + 0.5 * len(reference)) for count in merged.values()]
    expected = [(share * rows + 0.5) / (rows + 0.5 * len(reference)) for share in reference.values()]
    psi = sum((q - p) * math.log(q / p) for p, q in zip(expected, live, strict=True))

    def answer() -> list[float]:
        values = [value for _, value in promql(stack, f'ml:{kind}:psi1h{{ml_model_name="{model}"}}')]
        return [value for value in values if value == pytest.approx(psi, rel=1e-6)]

    assert len(eventually(answer)) == 1
