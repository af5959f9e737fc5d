"""Metrics on the wire: as the SDK has them, and point by point where it would lose all of them for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics as encode
from opentelemetry.sdk.metrics.export import Metric, MetricsData, ResourceMetrics, ScopeMetrics

from driftmeter.otel.grouping import Encoding


def encode_metrics(data: MetricsData) -> Encoding:
    """Encode metrics; never raises: a gauge beyond 64 bits, say, must not cost its neighbours, export after export."""
    try:
        return Encoding(encode(data).SerializeToString(), 0)
    except Exception:  # noqa: BLE001  # whatever the SDK stumbles over
        return _apart(_metrics(data))


def _apart(parts: Iterator[MetricsData]) -> Encoding:
    """Messages of protobuf one after another are one message of all their parts."""
    requests, refused = [], 0
    for part in parts:
        try:
            requests.append(encode(part).SerializeToString())
        except Exception:  # noqa: BLE001  # as above
            points = list(_points(part))
            found = _apart(iter(points)) if len(points) > 1 else Encoding(b"", 1)
            requests.append(found.request)
            refused += found.refused
    return Encoding(b"".join(requests), refused)


def _metrics(data: MetricsData) -> Iterator[MetricsData]:
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                yield _alone(resource, scope, metric)


def _points(given: MetricsData) -> Iterator[MetricsData]:
    """Each data point of a metric that is there alone."""
    [resource] = given.resource_metrics
    [scope] = resource.scope_metrics
    [metric] = scope.metrics
    data: Any = metric.data  # of one of four kinds, whose points are of its own
    for point in data.data_points:
        yield _alone(resource, scope, replace(metric, data=replace(data, data_points=[point])))


def _alone(resource: ResourceMetrics, scope: ScopeMetrics, metric: Metric) -> MetricsData:
    return MetricsData([replace(resource, scope_metrics=[replace(scope, metrics=[metric])])])


def halves(data: MetricsData) -> tuple[MetricsData, MetricsData] | None:
    """Half of the points of each metric, and the others; None where no metric has two."""
    second = _with_points(data, lambda points: points[(len(points) + 1) // 2 :])
    if not second.resource_metrics:
        return None
    return _with_points(data, lambda points: points[: (len(points) + 1) // 2]), second


def _with_points(data: MetricsData, choose: Callable[[Sequence[Any]], Sequence[Any]]) -> MetricsData:
    """Some points of each metric; what has none is left out."""
    return MetricsData([
        replace(resource, scope_metrics=scopes)
        for resource in data.resource_metrics
        if (scopes := [
            replace(scope, metrics=metrics)
            for scope in resource.scope_metrics
            if (metrics := [some for metric in scope.metrics for some in _of_metric(metric, choose)])
        ])
    ])  # fmt: skip


def _of_metric(metric: Metric, choose: Callable[[Sequence[Any]], Sequence[Any]]) -> list[Metric]:
    data: Any = metric.data  # as above
    points = choose(data.data_points)
    return [replace(metric, data=replace(data, data_points=points))] if points else []
