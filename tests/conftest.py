"""What most tests need: the real SDK in memory, a process of its own, a time limit for what might hang."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import driftmeter
from driftmeter.pipeline import current


class Telemetry:
    """Everything that driftmeter wrote through the real SDK."""

    def __init__(self, sampler=None):
        self._spans, self._logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
        self._reader = InMemoryMetricReader()
        self.providers = {
            "tracer_provider": TracerProvider(sampler=sampler),
            "meter_provider": MeterProvider([self._reader]),
            "logger_provider": LoggerProvider(),
        }
        self.providers["tracer_provider"].add_span_processor(SimpleSpanProcessor(self._spans))
        self.providers["logger_provider"].add_log_record_processor(SimpleLogRecordProcessor(self._logs))

    def configure(self, **settings):
        driftmeter.configure(**{"resources": "off", **self.providers, **settings})
        return self

    @property
    def tracer(self):
        return self.providers["tracer_provider"].get_tracer("user")

    @property
    def spans(self):
        assert driftmeter.flush(10)
        return self._spans.get_finished_spans()

    def events(self, name="ml.prediction"):
        assert driftmeter.flush(10)
        records = [log.log_record for log in self._logs.get_finished_logs()]
        return [record for record in records if record.event_name == name]

    def event(self, name="ml.prediction"):
        [event] = self.events(name)
        return event

    def points(self, metric):
        """The attributes and values of one metric."""
        assert driftmeter.flush(10)
        read = self._reader.get_metrics_data()
        found = (m for r in read.resource_metrics for s in r.scope_metrics for m in s.metrics) if read else ()
        return [(dict(p.attributes), p) for m in found if m.name == metric for p in m.data.data_points]

    def counts(self, metric):
        """The values of one counter by reason."""
        return {attributes["reason"]: point.value for attributes, point in self.points(metric)}

    @property
    def faults(self):
        assert driftmeter.flush(10)
        return current.installed().guard.faults.counts()

    def close(self):
        for provider in self.providers.values():
            provider.shutdown()


@pytest.fixture
def sdk(monkeypatch) -> Iterator[Callable[..., Telemetry]]:
    """Makes providers of the real SDK that keep everything in memory."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    made: list[Telemetry] = []

    def make(**how) -> Telemetry:
        made.append(Telemetry(**how))
        return made[-1]

    yield make
    for telemetry in made:
        telemetry.close()


@pytest.fixture
def telemetry(sdk) -> Telemetry:
    """driftmeter, configured with the real SDK in memory."""
    return sdk().configure()


@pytest.fixture
def python() -> Callable[..., SimpleNamespace]:
    """Runs code in a fresh interpreter, without our settings, and gives back what it printed."""

    def run(code: str, *options: str, timeout_s: float = 30, **environ: str) -> SimpleNamespace:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DRIFTMETER_", "OTEL_"))}
        done = subprocess.run(
            [sys.executable, *options, "-c", code],
            env={**clean, **environ}, capture_output=True, text=True, timeout=timeout_s, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return SimpleNamespace(out=done.stdout.strip(), err=done.stderr)

    return run
