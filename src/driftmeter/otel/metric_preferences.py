"""How a backend wants its metrics, as OTLP's exporter specification lets a user say."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from opentelemetry.sdk.metrics import Counter, Histogram, ObservableCounter, ObservableUpDownCounter, UpDownCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricsData
from opentelemetry.sdk.metrics.view import (
    Aggregation,
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
)

from driftmeter.otlp.variables import Variables

_DELTAS: Mapping[str, Collection[type]] = {
    "cumulative": (),
    "delta": (Counter, ObservableCounter, Histogram),
    "lowmemory": (Counter, Histogram),
}
"""By preference, the instruments whose points count from the last collection."""

_HISTOGRAMS: Mapping[str, type[Aggregation]] = {
    "explicit_bucket_histogram": ExplicitBucketHistogramAggregation,
    "base2_exponential_bucket_histogram": ExponentialBucketHistogramAggregation,
}


def temporalities(environ: Mapping[str, str]) -> dict[type, AggregationTemporality]:
    """By kind of instrument, from when its points count.

    Raises:
        ValueError: for a preference that does not exist.

    >>> temporalities({"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "Delta"})[Counter].name
    'DELTA'

    """
    deltas = _DELTAS[Variables(environ, "metrics").choice("TEMPORALITY_PREFERENCE", tuple(_DELTAS))]
    kinds = (Counter, UpDownCounter, Histogram, ObservableCounter, ObservableUpDownCounter)
    return {
        kind: AggregationTemporality.DELTA if kind in deltas else AggregationTemporality.CUMULATIVE for kind in kinds
    }


def deltas(data: MetricsData) -> int:
    """How many data points count from the last collection, so that no later export brings what one misses."""
    return sum(
        len(metric.data.data_points)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if getattr(metric.data, "aggregation_temporality", None) is AggregationTemporality.DELTA
    )


def aggregations(environ: Mapping[str, str]) -> dict[type, Aggregation]:
    """The buckets of histograms that no view has other plans for.

    Raises:
        ValueError: for a kind that does not exist.

    >>> type(aggregations({})[Histogram]).__name__
    'ExplicitBucketHistogramAggregation'

    """
    name = Variables(environ, "metrics").choice("DEFAULT_HISTOGRAM_AGGREGATION", tuple(_HISTOGRAMS))
    return {Histogram: _HISTOGRAMS[name]()}
