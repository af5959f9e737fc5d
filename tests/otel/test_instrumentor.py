"""The entry point: cheap in every process, loud about what is wrong, never in the way."""

import logging
import subprocess
import sys
import textwrap
from dataclasses import fields
from importlib.metadata import entry_points

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sklearn.linear_model import LinearRegression

import driftmeter
from driftmeter.otel.instrumentor import DriftmeterInstrumentor
from driftmeter.settings import Settings

ROWS, TARGET = [[1.0], [2.0]], [1.0, 2.0]
UNWATCHED = LinearRegression.predict


@pytest.fixture
def instrumentor():
    instrumentor = DriftmeterInstrumentor()
    yield instrumentor
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


def errors(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_opentelemetry_finds_it():
    (found,) = entry_points(group="opentelemetry_instrumentor", name="driftmeter")
    assert found.load() is DriftmeterInstrumentor
    assert DriftmeterInstrumentor().instrumentation_dependencies() == ()


def test_settings_and_providers_are_taken(instrumentor, monkeypatch):
    """Through them alone: no global provider is needed, or touched."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    spans, logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
    tracer_provider, logger_provider = TracerProvider(), LoggerProvider()
    tracer_provider.add_span_processor(SimpleSpanProcessor(spans))
    logger_provider.add_log_record_processor(SimpleLogRecordProcessor(logs))
    instrumentor.instrument(
        model_name="lines",
        resources="off",
        tracer_provider=tracer_provider,
        logger_provider=logger_provider,
        meter_provider=MeterProvider(),
    )
    LinearRegression().fit(ROWS, TARGET).predict(ROWS)
    assert driftmeter.flush(10)
    assert [span.name for span in spans.get_finished_spans()] == ["predict lines"]
    assert [log.log_record.event_name for log in logs.get_finished_logs()] == ["ml.prediction", "ml.model.changed"]
    instrumentor.uninstrument()
    assert LinearRegression.predict is UNWATCHED


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"spans": "some"}, "driftmeter is off: argument spans is 'some': write true or false"),
        ({"windoes": 7}, "driftmeter is off: unknown argument 'windoes'"),
        ({"reference": "no-such-file.json"}, "no-such-file.json"),
    ],
)
def test_what_is_wrong_is_said_and_then_nothing_is_watched(instrumentor, caplog, given, message):
    """A server must start whatever its telemetry is told."""
    with caplog.at_level(logging.ERROR, "driftmeter"):
        instrumentor.instrument(**given)
    (error,) = errors(caplog)
    assert message in error
    assert LinearRegression.predict is UNWATCHED


def test_a_wrong_variable_is_said(instrumentor, caplog, monkeypatch):
    monkeypatch.setenv("DRIFTMETER_EVENTS", "paper")
    with caplog.at_level(logging.ERROR, "driftmeter"):
        instrumentor.instrument()
    choices = "choose one of auto, journal, otel, off"
    assert errors(caplog) == [f"driftmeter is off: variable DRIFTMETER_EVENTS is 'paper': {choices}"]


def test_the_configuration_file_knows_every_setting():
    """OpenTelemetry's declarative configuration checks options against this dataclass, and leaves out the unset."""
    configuration = DriftmeterInstrumentor.configuration
    assert [row.name for row in fields(configuration)] == [row.name for row in fields(Settings)]
    assert configuration(windows=["55rows"]).windows == ["55rows"]
    assert {getattr(configuration(), row.name) for row in fields(configuration)} == {None}


def test_a_process_that_never_predicts_pays_for_nothing():
    """No library, no thread, no file; not even numpy."""
    code = """
        import os, sys, threading
        from driftmeter.otel.instrumentor import DriftmeterInstrumentor
        before = os.listdir("/dev/fd")
        DriftmeterInstrumentor().instrument(skip_dep_check=True)
        assert os.listdir("/dev/fd") == before
        assert threading.active_count() == 1
        assert not {"numpy", "sklearn", "opentelemetry.sdk"} & set(sys.modules), sys.modules.keys()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
