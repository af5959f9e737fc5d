"""How many series of one metric come through: the SDK's limit lies below what a wide model has."""

from __future__ import annotations

import numpy as np
import pytest
from opentelemetry import metrics
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider, ObservableCounter, ObservableGauge
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from driftmeter import semconv
from driftmeter.drift import Reference
from driftmeter.otel.providers import Providers
from driftmeter.otel.series import MOST_SERIES, SDK_SERIES, SeriesLimit
from driftmeter.pipeline import Tally

WIDE = {f"c{column}": np.arange(200.0) for column in range(160)}
REFERENCE = Reference.from_data(WIDE, model="wide")
OVERFLOW = {"otel.metric.overflow": True}
BINS = 14


def _kept(reader, name):
    found = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    return [dict(point.attributes) for metric in found if metric.name == name for point in metric.data.data_points]


def _own(monkeypatch, reader):
    """A provider that driftmeter sets up, with one reader more."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    installed = []
    monkeypatch.setattr(metrics, "set_meter_provider", installed.append)
    providers = Providers(
        lost=Tally(),
        environ={"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "console"},
    )
    [provider] = installed
    provider.add_metric_reader(reader)
    return providers, provider


def test_a_provider_of_ours_keeps_what_driftmeter_observes_apart(monkeypatch):
    """And only that: what the user observes through it stays as bounded as it was."""
    reader = InMemoryMetricReader()
    providers, provider = _own(monkeypatch, reader)
    many = [Observation(number, {"n": str(number)}) for number in range(SDK_SERIES + 10)]
    for meter in (providers.meter(), provider.get_meter("user")):
        meter.create_observable_counter("ml.many", callbacks=[lambda _options: many])
    scopes = reader.get_metrics_data().resource_metrics[0].scope_metrics
    kept = {scope.scope.name: len(scope.metrics[0].data.data_points) for scope in scopes}
    provider.shutdown()
    assert kept == {semconv.SCOPE_NAME: SDK_SERIES + 10, "user": SDK_SERIES + 1}
    assert MOST_SERIES > SDK_SERIES


@pytest.mark.parametrize("most", [None, 5000])
def test_who_brings_a_provider_is_told_when_it_adds_series_up(sdk, caplog, most):
    """Once, with the number, the limit and the way out; which is one."""
    limits = None if most is None else {ObservableCounter: most, ObservableGauge: most}
    reader = InMemoryMetricReader(cardinality_limits=limits)
    provider = MeterProvider([reader])
    sdk().configure(reference=REFERENCE, meter_provider=provider)
    for _ in range(2):
        kept = _kept(reader, semconv.FEATURE.observations.name)
    provider.shutdown()
    told = [line.message for line in caplog.records if "otel.metric.overflow" in line.message]
    assert (OVERFLOW in kept) == (most is None)
    if most is not None:
        assert told == []
        assert len(kept) == len(WIDE) * BINS
    else:
        [line] = told
        assert f"{len(WIDE) * BINS} series, of which OpenTelemetry keeps {SDK_SERIES} apart" in line
        assert "cardinality_limits" in line


def test_what_is_watched_passes():
    """Also beyond the limit, and where there is none."""
    given = [Observation(number) for number in range(3)]
    for most in (None, 2, 3):
        assert list(SeriesLimit(most).watched("ml.x", iter(given))) == given
