"""The three signals on their way out over OTLP, of the providers that are set up here.

The SDK's own exporters pass over what a backend did not store, take three times as long over a span, and keep a channel
of gRPC through a fork, after which a child may freeze (`otlp/grpc_threads.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from driftmeter.otel.attempts import Attempts
from driftmeter.otel.batches import Batches
from driftmeter.otel.log_encoding import encode_logs
from driftmeter.otel.metric_encoding import encode_metrics, halves
from driftmeter.otel.metric_preferences import aggregations, deltas, temporalities
from driftmeter.otel.origin import Origins
from driftmeter.otel.span_encoding import encode_spans
from driftmeter.otlp.answer import Verdict
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Tally


class OtlpSpans(SpanExporter):
    """Sends spans to one endpoint, over HTTP or gRPC; used by one thread at a time, as the SDK's processors do.

    Args:
        endpoint: of traces.
        lost: counts what a backend did not take of a batch that it took otherwise, under `export_traces`.

    Raises:
        ValueError: the endpoint's credential provider is not installed, or gives something else.

    """

    def __init__(self, endpoint: Endpoint, lost: Tally) -> None:
        origins = Origins()
        self._batches = Batches[ReadableSpan](endpoint, lambda spans: encode_spans(spans, origins), lost)

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._batches.address

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Encode and send, and try again until the time limit; FAILURE where none of the spans arrived."""
        return SpanExportResult.SUCCESS if self._batches.deliver(spans) else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Send nothing from now on, and nothing again."""
        self._batches.end()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # the interface's
        """Nothing is held here."""
        return True


class OtlpLogs(LogRecordExporter):
    """Sends log records; as `OtlpSpans`, for `export_logs`."""

    def __init__(self, endpoint: Endpoint, lost: Tally) -> None:
        origins = Origins()
        self._batches = Batches[ReadableLogRecord](endpoint, lambda batch: encode_logs(batch, origins), lost)

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._batches.address

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Encode and send, and try again until the time limit; FAILURE where none of the records arrived."""
        return LogRecordExportResult.SUCCESS if self._batches.deliver(batch) else LogRecordExportResult.FAILURE

    def shutdown(self) -> None:
        """Send nothing from now on, and nothing again."""
        self._batches.end()

    def force_flush(self, timeout_millis: int = 10_000) -> bool:  # noqa: ARG002  # the interface's
        """Nothing is held here."""
        return True


class OtlpMetrics(MetricExporter):
    """Sends metrics, in halves where a backend takes no request as large.

    Of sums and last values, what one export misses the next brings, and nothing is counted.

    Args:
        endpoint: of metrics.
        lost: counts points that no later export brings, under `export_metrics`: those that count from the last
            collection, where an export failed or a backend did not store them.
        environ: where the preferences for temporality and histograms are read.

    Raises:
        ValueError: as `OtlpSpans`, and for a preference that does not exist.

    """

    def __init__(self, endpoint: Endpoint, lost: Tally, environ: Mapping[str, str]) -> None:
        super().__init__(temporalities(environ), aggregations(environ))
        self._attempts = Attempts(endpoint)
        self._lost = lost
        self._origins = Origins()

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._attempts.address

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any) -> MetricExportResult:
        """Encode and send, and try again until the time limit; FAILURE where some did not arrive."""
        deadline_s = time.monotonic() + min(timeout_millis / 1000, self._attempts.timeout_s)
        return MetricExportResult.SUCCESS if self._delivered(metrics_data, deadline_s) else MetricExportResult.FAILURE

    def _delivered(self, metrics_data: MetricsData, deadline_s: float) -> bool:
        if self._attempts.ended:
            return self._gone(metrics_data)
        request, refused = encode_metrics(metrics_data, self._origins)
        answer, address = self._attempts.answer(request, deadline_s), self.address
        if answer.verdict is Verdict.TOO_LARGE and (parts := halves(metrics_data)) is not None:
            arrived = [self._delivered(part, deadline_s) for part in parts]  # the second, though the first may not
            return all(arrived)
        if answer.verdict is not Verdict.ACCEPTED:
            self._attempts.telling.warn(answer.reason, "%s does not accept metrics (%s)", address, answer.reason)
            return self._gone(metrics_data)
        if missing := answer.rejected + refused:
            self._attempts.telling.warn("partial", "%s lacks %d data points", address, missing)
            if gone := min(missing, deltas(metrics_data)):  # which ones, a backend does not say
                self._lost.add("export_metrics", gone)
        return True

    def _gone(self, metrics_data: MetricsData) -> bool:
        """Count what no later export brings; False, for they did not arrive."""
        if gone := deltas(metrics_data):
            self._lost.add("export_metrics", gone)
        return False

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:  # noqa: ARG002  # the interface's
        """Send nothing from now on, and nothing again."""
        self._attempts.end()

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002  # the interface's
        """Nothing is held here."""
        return True
