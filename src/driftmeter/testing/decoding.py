"""From OTLP messages to plain facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

from driftmeter.testing.facts import Attributes, Distribution, LogEvent, Point, Span, Value

_SPAN_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUSES = ("UNSET", "OK", "ERROR")


def plain(value: AnyValue) -> Value:
    """Give an OTLP value as Python's own: maps become dicts, arrays lists, the empty value None."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [plain(element) for element in value.array_value.values]
    if kind == "kvlist_value":
        return attributes(value.kvlist_value.values)
    scalar: str | bool | int | float | bytes = getattr(value, kind)
    return scalar


def attributes(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    """Give OTLP's key-value pairs as a dict."""
    return {pair.key: plain(pair.value) for pair in pairs}


def log_events(request: ExportLogsServiceRequest) -> Iterator[LogEvent]:
    """Read the log records of one request."""
    for resource_logs in request.resource_logs:
        resource = attributes(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                yield LogEvent(
                    name=record.event_name,
                    attributes=attributes(record.attributes),
                    body=plain(record.body),
                    trace_id=record.trace_id.hex(),
                    span_id=record.span_id.hex(),
                    timestamp_ns=record.time_unix_nano,
                    severity=record.severity_number,
                    severity_text=record.severity_text,
                    resource=resource,
                    scope=scope_logs.scope.name,
                )


def spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Read the spans of one request."""
    for resource_spans in request.resource_spans:
        resource = attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield Span(
                    name=span.name,
                    kind=_SPAN_KINDS[span.kind],
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_span_id=span.parent_span_id.hex(),
                    start_ns=span.start_time_unix_nano,
                    end_ns=span.end_time_unix_nano,
                    attributes=attributes(span.attributes),
                    status=_STATUSES[span.status.code],
                    resource=resource,
                    scope=scope_spans.scope.name,
                )


def points(request: ExportMetricsServiceRequest) -> Iterator[Point]:
    """Read the metric points of one request."""
    for resource_metrics in request.resource_metrics:
        resource = attributes(resource_metrics.resource.attributes)
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                yield from _points(metric, resource, scope_metrics.scope.name)


def _points(metric: Metric, resource: Attributes, scope: str) -> Iterator[Point]:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    data = getattr(metric, kind)
    for point in data.data_points:
        yield Point(
            name=metric.name,
            unit=metric.unit,
            description=metric.description,
            kind=kind,
            monotonic=kind == "sum" and data.is_monotonic,
            attributes=attributes(point.attributes),
            value=_value(point),
            start_ns=point.start_time_unix_nano,
            time_ns=point.time_unix_nano,
            resource=resource,
            scope=scope,
        )


def _value(point: NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint) -> float | Distribution:
    if isinstance(point, NumberDataPoint):
        return point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
    if isinstance(point, HistogramDataPoint):
        bounds, counts = tuple(point.explicit_bounds), tuple(point.bucket_counts)
        return Distribution(count=point.count, sum=point.sum, bounds=bounds, counts=counts)
    return Distribution(count=point.count, sum=point.sum)
