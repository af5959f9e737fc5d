"""The preferences of OTLP's specification, held to the SDK's own reading of them."""

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Histogram, ObservableGauge

from driftmeter.otel.metric_preferences import aggregations, temporalities

TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
HISTOGRAM = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"


@pytest.mark.parametrize("preference", ["", "cumulative", "DELTA", "LowMemory"])
def test_temporalities_are_the_sdks(monkeypatch, preference):
    """Of every instrument that counts; a gauge has a last value either way."""
    if preference:
        monkeypatch.setenv(TEMPORALITY, preference)
    theirs = OTLPMetricExporter()._preferred_temporality
    theirs.pop(ObservableGauge)
    assert temporalities({TEMPORALITY: preference}) == theirs


@pytest.mark.parametrize("kind", ["", "explicit_bucket_histogram", "base2_exponential_bucket_histogram"])
def test_histograms_are_the_sdks(monkeypatch, kind):
    """The same class, of the same measures."""
    if kind:
        monkeypatch.setenv(HISTOGRAM, kind)
    ours, theirs = aggregations({HISTOGRAM: kind}), OTLPMetricExporter()._preferred_aggregation
    assert (list(ours), type(ours[Histogram])) == ([Histogram], type(theirs[Histogram]))
    assert vars(ours[Histogram]) == vars(theirs[Histogram])


@pytest.mark.parametrize(
    ("read", "variable", "choices"),
    [
        (temporalities, TEMPORALITY, "cumulative, delta, lowmemory"),
        (aggregations, HISTOGRAM, "explicit_bucket_histogram, base2_exponential_bucket_histogram"),
    ],
)
def test_what_does_not_exist_is_refused_at_the_start(read, variable, choices):
    """The SDK would go on with another one."""
    with pytest.raises(ValueError, match=f"{variable} is 'both'; choose one of {choices}"):
        read({variable: "both"})
