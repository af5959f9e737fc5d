"""The three providers that telemetry goes through: those that are there, else set up from `OTEL_*`.

A global provider that the user or `opentelemetry-instrument` has installed is never replaced. Where there is none, one
is built as the specification's variables say: exporter `otlp` over `http/protobuf` unless they say otherwise.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar, cast

from opentelemetry import metrics, trace
from opentelemetry._logs import LoggerProvider, get_logger_provider, set_logger_provider
from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk import metrics as sdk_metrics
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from driftmeter import semconv
from driftmeter.otel.accounting import accounted
from driftmeter.pipeline import Tally

OTLP_PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
T = TypeVar("T")


class Providers:
    """A tracer, a meter and a logger provider, and how to flush them.

    Args:
        tracer_provider, meter_provider, logger_provider: the user's own; None for the global ones.
        lost: counts what exporters that were set up here could not deliver.
        environ: where the `OTEL_*` variables are read.

    Raises:
        ValueError: for an exporter or protocol that does not exist.

    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
        lost: Tally,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._environ = environ
        self._lost = lost
        self.own: set[str] = set()
        """The signals whose provider was set up here."""
        self._enabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
        self.tracer_provider = tracer_provider or self._global(trace.get_tracer_provider(), self._set_up_traces)
        self.meter_provider = meter_provider or self._global(metrics.get_meter_provider(), self._set_up_metrics)
        self.logger_provider = logger_provider or self._global(get_logger_provider(), self._set_up_logs)

    def meter(self) -> metrics.Meter:
        """The meter of what driftmeter measures."""
        return metrics.get_meter(semconv.SCOPE_NAME, meter_provider=self.meter_provider)

    def _global(self, present: T, set_up: Callable[[], T | None]) -> T | None:
        """The provider that is there, unless it is only the stand-in that the API gives before anybody set one."""
        if not type(present).__name__.lstrip("_").startswith(("Proxy", "NoOp")):
            return present
        return set_up() if self._enabled else None

    def flush(self, timeout_s: float) -> bool:
        """Push out what the providers hold, within the time limit; True when nothing failed as far as can be known.

        The SDK's own `force_flush` neither keeps its time limit nor tells of failed exports, so it runs beside us, and
        what our exporters lost meanwhile counts.
        """
        before = self._lost.total()
        flushes = [
            cast("Callable[[int], bool]", flush)
            for provider in (self.tracer_provider, self.logger_provider, self.meter_provider)
            if (flush := getattr(provider, "force_flush", None)) is not None
        ]
        if not flushes or timeout_s <= 0:
            return not flushes
        finished: list[bool] = []

        def run() -> None:
            answers = [flush(int(timeout_s * 1000)) for flush in flushes]
            finished.append(False not in answers)

        thread = threading.Thread(target=run, name="driftmeter-flush", daemon=True)
        thread.start()
        thread.join(timeout_s)
        return bool(finished) and finished[0] and self._lost.total() == before

    def _set_up_traces(self) -> trace.TracerProvider | None:
        exporters = self._exporters("traces")
        if not exporters:
            return None
        provider = sdk_trace.TracerProvider()
        for exporter in exporters:
            provider.add_span_processor(BatchSpanProcessor(accounted(exporter, self._lost, "traces")))
        trace.set_tracer_provider(provider)
        self.own.add("traces")
        return provider

    def _set_up_logs(self) -> LoggerProvider | None:
        exporters = self._exporters("logs")
        if not exporters:
            return None
        provider = sdk_logs.LoggerProvider()
        for exporter in exporters:
            provider.add_log_record_processor(BatchLogRecordProcessor(accounted(exporter, self._lost, "logs")))
        set_logger_provider(provider)
        self.own.add("logs")
        return provider

    def _set_up_metrics(self) -> metrics.MeterProvider | None:
        # Metrics are sums and last values: what one export misses, the next brings, so nothing is lost to account for.
        exporters = self._exporters("metrics")
        if not exporters:
            return None
        readers = [e if isinstance(e, MetricReader) else PeriodicExportingMetricReader(e) for e in exporters]
        provider = sdk_metrics.MeterProvider(readers)
        metrics.set_meter_provider(provider)
        self.own.add("metrics")
        return provider

    def _exporters(self, signal: str) -> list[Any]:
        """The exporters that `OTEL_<SIGNAL>_EXPORTER` names."""
        words = self._environ.get(f"OTEL_{signal.upper()}_EXPORTER", "otlp").split(",")
        names = [word.strip() for word in words if word.strip() not in {"", "none"}]
        return [_load(signal, self._otlp(signal) if name == "otlp" else name) for name in names]

    def _otlp(self, signal: str) -> str:
        general = self._environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        protocol = self._environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", general).strip()
        if protocol not in OTLP_PROTOCOLS:
            raise ValueError(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}; choose one of {', '.join(OTLP_PROTOCOLS)}")
        return OTLP_PROTOCOLS[protocol]


def _load(signal: str, name: str) -> Any:
    group = f"opentelemetry_{signal}_exporter"
    for entry_point in entry_points(group=group, name=name):
        return entry_point.load()()
    known = sorted({entry_point.name for entry_point in entry_points(group=group)})
    raise ValueError(f"OTEL_{signal.upper()}_EXPORTER is {name!r}; installed are otlp, none, {', '.join(known)}")
