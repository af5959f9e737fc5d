"""Metrics as one OTLP request: sums and gauges straight from their points, histograms as the SDK's encoder has them.

That one builds an object for every attribute of every point, of which a model that is watched by column has thousands;
and it loses all metrics for one point that it cannot encode.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics as encode
from opentelemetry.sdk.metrics.export import (
    Gauge,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from driftmeter.otel.grouping import BREATH, Encoding, together
from driftmeter.otel.origin import Origins
from driftmeter.otlp import Encoded, request
from driftmeter.otlp.wire import entry_field, sized, varint
from driftmeter.plain import Plain

POINT: Final = b"\x0a"
"""Tag of `Sum.data_points`, and of a gauge's."""
ATTRIBUTE: Final = b"\x3a"
"""Tag of `NumberDataPoint.attributes`."""

_whole = struct.Struct("<BQBQBq").pack
_fraction = struct.Struct("<BQBQBd").pack
START, TIME, DOUBLE, INT = 0x11, 0x19, 0x21, 0x31
"""Tags of a point's numbers."""

_NOWHERE: Final = Resource({}), InstrumentationScope("")


def encode_metrics(data: MetricsData, origins: Origins) -> Encoding:
    """Encode metrics; never raises: a gauge beyond 64 bits, say, must not cost its neighbours, export after export.

    Args:
        data: of one collection.
        origins: knows their resources and scopes.

    """
    groups: list[Encoded] = []
    refused = 0
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            encodings = [_encoded(metric) for metric in scope.metrics]
            refused += sum(each.refused for each in encodings)
            messages = [each.request for each in encodings if each.request]
            if messages:
                groups.append(together(origins.find(resource.resource, scope.scope), messages))
    return Encoding(request(groups), refused)


def _encoded(metric: Metric) -> Encoding:
    """The message of a metric, empty where none of its points can be encoded."""
    data = metric.data
    if not isinstance(data, Sum | Gauge) or any(point.exemplars for point in data.data_points):
        return _as_the_sdk_does(metric)
    points, refused = [], 0
    for number, point in enumerate(data.data_points):
        if number % BREATH == 0:
            time.sleep(0)
        try:
            points.append(POINT + sized(_point(point)))
        except Exception:  # noqa: BLE001  # as above
            refused += 1
    if not points:
        return Encoding(b"", refused)
    if isinstance(data, Gauge):
        return Encoding(_head(metric) + b"\x2a" + sized(b"".join(points)), refused)
    points.append(b"\x10" + varint(data.aggregation_temporality.value) + (b"\x18\x01" if data.is_monotonic else b""))
    return Encoding(_head(metric) + b"\x3a" + sized(b"".join(points)), refused)


def _head(metric: Metric) -> bytes:
    texts = (b"\x0a", metric.name), (b"\x12", metric.description or ""), (b"\x1a", metric.unit or "")
    return b"".join([tag + sized(text.encode(errors="replace")) for tag, text in texts])


def _point(point: NumberDataPoint) -> bytes:
    value, start_ns, time_ns = point.value, point.start_time_unix_nano or 0, point.time_unix_nano
    if isinstance(value, int):
        numbers = _whole(START, start_ns, TIME, time_ns, INT, value)
    else:
        numbers = _fraction(START, start_ns, TIME, time_ns, DOUBLE, value)
    return numbers + _attributes(point.attributes or {})


def _attributes(given: Mapping[str, Any]) -> bytes:
    try:
        return b"".join([entry_field(ATTRIBUTE, key, value) for key, value in given.items()])
    except (ValueError, TypeError):  # half a surrogate pair, say, or a number beyond 64 bits
        plain = Plain()
        return b"".join([entry_field(ATTRIBUTE, plain.key(key), plain.value(value)) for key, value in given.items()])


def _as_the_sdk_does(metric: Metric) -> Encoding:
    """The whole metric, or what remains of it without the points that cannot be encoded."""
    data: Any = metric.data  # of one of four kinds, whose points are of its own
    try:
        message = encode(_alone(metric)).resource_metrics[0].scope_metrics[0].metrics[0]
        return Encoding(message.SerializeToString(), 0)
    except Exception:  # noqa: BLE001  # whatever the SDK stumbles over
        points = list(data.data_points)
    if len(points) == 1:
        return Encoding(b"", 1)
    # Messages of protobuf one after another are one message of all their parts.
    parts = [_as_the_sdk_does(replace(metric, data=replace(data, data_points=[point]))) for point in points]
    return Encoding(b"".join([part.request for part in parts]), sum(part.refused for part in parts))


def _alone(metric: Metric) -> MetricsData:
    resource, scope = _NOWHERE
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, [metric], "")], "")])


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


def _of_metric(metric: Metric, choose: Callable[[Sequence[Any]], Sequence[Any]]) -> Iterator[Metric]:
    data: Any = metric.data  # as above
    if points := choose(data.data_points):
        yield replace(metric, data=replace(data, data_points=points))
