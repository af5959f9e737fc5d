"""The three providers that telemetry goes through: those that are there, else set up from `OTEL_*`.

A global provider that the user or `opentelemetry-instrument` has installed is never replaced. Where there is none, one
is built as the specification's variables say: exporter `otlp` over `http/protobuf` unless they say otherwise.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from opentelemetry import metrics, trace
from opentelemetry._logs import LoggerProvider, get_logger_provider, set_logger_provider
from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk import metrics as sdk_metrics
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader

from driftmeter import semconv
from driftmeter.otel.accounting import CountedLogs, CountedSpans, Queue
from driftmeter.otel.auto_setup import sends_over_otlp_unchanged
from driftmeter.otel.durations import join_durations
from driftmeter.otel.ending import OWN, SHUTDOWN_TIMEOUT_S
from driftmeter.otel.exporters import OtlpLogs, OtlpMetrics, OtlpSpans
from driftmeter.otel.per_process import counted_per_process, per_process
from driftmeter.otel.series import SeriesLimit, most_series, views
from driftmeter.otel.untold import tell, warn_of
from driftmeter.otel.wide import WideMetrics, join_wide
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Tally
from driftmeter.pipeline.aside import Aside
from driftmeter.sinks.metrics import Durations

QUEUE_ITEMS = 16_384
"""How many spans or events may wait for an export: the SDK's own 2048 are over in a second of a busy server."""

IMPORTED_WHILE_SENDING = ("encodings.idna", "netrc")
"""What the HTTP client imports at its first request: a child forked just then would wait for it for ever."""

_own_logs_over_otlp: weakref.WeakSet[LoggerProvider] = weakref.WeakSet()

_own_meters: weakref.WeakSet[metrics.MeterProvider] = weakref.WeakSet()

_own_durations: weakref.WeakKeyDictionary[metrics.MeterProvider, Durations] = weakref.WeakKeyDictionary()

_own_wide: weakref.WeakKeyDictionary[metrics.MeterProvider, WideMetrics] = weakref.WeakKeyDictionary()


class Providers:
    """A tracer, a meter and a logger provider, and how to flush them; `OWN` ends those that are set up here.

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
        self.own_otlp: set[str] = set()
        """The signals that were set up here, now, to go out over OTLP."""
        present = {
            "traces": tracer_provider or trace.get_tracer_provider(),
            "metrics": meter_provider or metrics.get_meter_provider(),
            "logs": logger_provider or get_logger_provider(),
        }
        enabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
        missing = [signal for signal, provider in present.items() if _is_stand_in(provider)]
        # All exporters before any provider: what is wrong with one must not leave half of them installed.
        exporters = {signal: self._exporters(signal) if enabled else [] for signal in missing}
        self.tracer_provider = self._settled(present["traces"], exporters.get("traces"), self._set_up_traces)
        self.meter_provider = self._settled(present["metrics"], exporters.get("metrics"), self._set_up_metrics)
        warn_of(self.meter_provider)
        self.logger_provider = self._settled(present["logs"], exporters.get("logs"), self._set_up_logs)
        if "logs" in self.own_otlp and self.logger_provider is not None:
            _own_logs_over_otlp.add(self.logger_provider)

    @property
    def logs_are_own(self) -> bool:
        """Whether logs go out over OTLP by a provider that was set up here, or by auto-instrumentation."""
        return self.logger_provider in _own_logs_over_otlp or sends_over_otlp_unchanged(self.logger_provider)

    def meter(self) -> metrics.Meter:
        """The meter of what driftmeter measures."""
        return metrics.get_meter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION, meter_provider=self.meter_provider)

    def series_limit(self) -> SeriesLimit:
        """Watches over how many series the meter's provider tells apart."""
        return SeriesLimit(most_series(self.meter_provider, own=self.meter_provider in _own_meters))

    @property
    def durations(self) -> Durations | None:
        """Where durations are counted by the chunk; None where that is left to the provider's own histogram."""
        return None if self.meter_provider is None else _own_durations.get(self.meter_provider)

    @property
    def wide(self) -> WideMetrics | None:
        """Where metrics of many series are read for exporters of ours; None where the provider's instruments do it."""
        return None if self.meter_provider is None else _own_wide.get(self.meter_provider)

    @staticmethod
    def _settled(present: Any, exporters: list[Any] | None, set_up: Callable[[list[Any]], Any]) -> Any:
        """The provider that is there; else one with these exporters; None where there are none."""
        if exporters is None:
            return present
        return set_up(exporters) if exporters else None

    def flush(self, timeout_s: float) -> bool:
        """Push out what the providers hold, within the time limit; True when nothing failed as far as can be known.

        The SDK's own `force_flush` neither keeps its time limit nor tells of failed exports, so each runs beside us,
        and what our exporters lost meanwhile counts.
        """
        before, deadline_s = self._lost.total(), time.monotonic() + timeout_s
        flushes = [
            cast("Callable[[int], bool]", flush)
            for provider in (self.tracer_provider, self.logger_provider, self.meter_provider)
            if (flush := getattr(provider, "force_flush", None)) is not None
        ]
        if not flushes or timeout_s <= 0:
            return not flushes
        asides = [Aside(partial(_flushed, flush, int(timeout_s * 1000))) for flush in flushes]
        for aside in asides:
            aside.begin()
        return all(aside.done(deadline_s - time.monotonic()) for aside in asides) and self._lost.total() == before

    def _set_up_traces(self, exporters: list[Any]) -> trace.TracerProvider:
        provider = sdk_trace.TracerProvider(shutdown_on_exit=False)
        tell(provider)
        OWN.add(provider, sdk_trace.TracerProvider.shutdown)
        for exporter in exporters:
            provider.add_span_processor(CountedSpans(exporter, self._queue("traces", "OTEL_BSP_MAX_QUEUE_SIZE")))
        trace.set_tracer_provider(provider)
        return provider

    def _set_up_logs(self, exporters: list[Any]) -> LoggerProvider:
        provider = sdk_logs.LoggerProvider(shutdown_on_exit=False)
        tell(provider)
        OWN.add(provider, sdk_logs.LoggerProvider.shutdown)
        for exporter in exporters:
            provider.add_log_record_processor(CountedLogs(exporter, self._queue("logs", "OTEL_BLRP_MAX_QUEUE_SIZE")))
        set_logger_provider(provider)
        return provider

    def _set_up_metrics(self, exporters: list[Any]) -> metrics.MeterProvider:
        durations, wide = join_durations(exporters, self._environ), join_wide(exporters)
        readers = [e if isinstance(e, MetricReader) else PeriodicExportingMetricReader(e) for e in exporters]
        provider = counted_per_process(sdk_metrics.MeterProvider(readers, shutdown_on_exit=False, views=views()))
        _own_meters.add(provider)
        OWN.add(provider, _shut_down_meters)
        tell(provider, *readers)
        if durations is not None:
            _own_durations[provider] = durations
        if wide is not None:
            _own_wide[provider] = wide
        metrics.set_meter_provider(provider)
        return provider

    def _exporters(self, signal: str) -> list[Any]:
        """The exporters that `OTEL_<SIGNAL>_EXPORTER` names."""
        words = (self._environ.get(f"OTEL_{signal.upper()}_EXPORTER") or "otlp").split(",")
        names = [word.strip() for word in words if word.strip() not in {"", "none"}]
        if any(name.startswith("otlp") for name in names):
            self.own_otlp.add(signal)
        return [self._exporter(signal, name) for name in names]

    def _exporter(self, signal: str, name: str) -> Any:
        """One by name; who prefers the SDK's own names its protocol, such as `otlp_proto_http`."""
        if name != "otlp":
            return _installed(signal, name)
        environ, lost = dict(self._environ), self._lost
        return per_process(
            {
                "traces": lambda: OtlpSpans(Endpoint.from_environ(environ, signal), lost),
                "metrics": lambda: OtlpMetrics(Endpoint.from_environ(environ, signal), lost, environ),
                "logs": lambda: OtlpLogs(Endpoint.from_environ(environ, signal), lost),
            }[signal]
        )

    def _queue(self, signal: str, variable: str) -> Queue:
        given = self._environ.get(variable, "").strip()
        return Queue(int(given) if given.isdigit() else QUEUE_ITEMS, self._lost, signal)


def _is_stand_in(provider: object) -> bool:
    """Whether it is what the API gives before anybody set a provider; one that does nothing may be a choice."""
    return type(provider).__name__.lstrip("_").startswith("Proxy")


def _flushed(flush: Callable[[int], bool], timeout_ms: int) -> bool:
    return flush(timeout_ms) is not False  # some providers answer None


def _shut_down_meters(provider: sdk_metrics.MeterProvider) -> None:
    if not provider._shutdown:  # noqa: SLF001  # the SDK warns of a second time, and tells in no other way of the first
        provider.shutdown(timeout_millis=SHUTDOWN_TIMEOUT_S * 1000)


def _installed(signal: str, name: str) -> Any:
    group = f"opentelemetry_{signal}_exporter"
    for entry_point in entry_points(group=group, name=name):
        build = entry_point.load()
        for module in IMPORTED_WHILE_SENDING:
            import_module(module)
        # Some give a reader, which has its own way out.
        return build() if isinstance(build, type) and issubclass(build, MetricReader) else per_process(build)
    known = sorted({entry_point.name for entry_point in entry_points(group=group)})
    raise ValueError(f"OTEL_{signal.upper()}_EXPORTER is {name!r}; installed are otlp, none, {', '.join(known)}")
