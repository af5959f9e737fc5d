"""What our own exporters send along with what the SDK collected: metrics with which its instruments take too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from opentelemetry.sdk.metrics.export import Metric, MetricsData, ScopeMetrics

from driftmeter import semconv

Collect: TypeAlias = Callable[[int], list[Metric]]
"""The metrics of a collection, which is told its time in nanoseconds."""


def join(exporter: Any, collect: Collect) -> None:
    """Have an exporter send what this gives beside driftmeter's own metrics of the same collection."""
    deliver = exporter.export

    def export(data: MetricsData, *args: Any, **kwargs: Any) -> Any:
        return deliver(_joined(data, collect), *args, **kwargs)

    exporter.export = export


def _joined(data: MetricsData, collect: Collect) -> MetricsData:
    return MetricsData([
        replace(resource, scope_metrics=[_in_scope(scope, collect) for scope in resource.scope_metrics])
        for resource in data.resource_metrics
    ])  # fmt: skip


def _in_scope(scope: ScopeMetrics, collect: Collect) -> ScopeMetrics:
    if scope.scope.name != semconv.SCOPE_NAME:
        return scope
    # All points of a collection bear its time; what driftmeter itself holds in memory is always among them.
    more = collect(scope.metrics[0].data.data_points[0].time_unix_nano)
    return replace(scope, metrics=[*scope.metrics, *more]) if more else scope
