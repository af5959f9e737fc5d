"""Counters of rows over the pipelines of a process."""

from __future__ import annotations

import os

import numpy as np
import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader

import driftmeter
from driftmeter import semconv
from driftmeter.drift import Reference
from driftmeter.otel import carried
from driftmeter.otel.carried import Carried
from driftmeter.pipeline import current

REFERENCE = Reference.from_data({"x": np.arange(4000.0)}, model="m", version="1")


def _rows(reader):
    found = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    [data] = [metric.data for metric in found if metric.name == semconv.FEATURE.observations.name]
    assert all(point.value >= 0 for point in data.data_points)
    return sum(point.value for point in data.data_points)


@pytest.mark.parametrize(("temporality", "told"), [("CUMULATIVE", [300, 300, 400]), ("DELTA", [300, 0, 100])])
def test_rows_stay_counted_when_settings_change(sdk, temporality, told):
    """Windows begin anew, counters do not: a backend would see rows that were taken back."""
    reader = InMemoryMetricReader({ObservableCounter: AggregationTemporality[temporality]})
    given = {"reference": REFERENCE, "meter_provider": MeterProvider([reader])}
    telemetry = sdk().configure(**given)

    def serve(rows):
        with driftmeter.predict("m", inputs={"x": np.zeros(rows)}):
            pass
        assert current.installed().drain(10)

    serve(300)
    found = [_rows(reader)]
    telemetry.configure(windows="500rows", **given)
    found.append(_rows(reader))
    serve(100)
    found.append(_rows(reader))
    assert found == told


@pytest.mark.parametrize("metric", [semconv.FAULTS, semconv.ALTERED, semconv.DROPPED])
def test_what_went_wrong_stays_counted_when_settings_change(sdk, metric):
    """It is the process that tells of it, not what is configured just now."""
    telemetry, found = sdk(), []
    for windows in ("1000rows", "500rows", "250rows"):
        telemetry.configure(windows=windows)
        pipeline = current.installed()
        guard, dropped = pipeline.guard, pipeline.dropped
        tallies = {semconv.FAULTS: guard.faults, semconv.ALTERED: guard.altered, semconv.DROPPED: dropped}
        tallies[metric].add("example", 3)
        found.append(telemetry.counts(metric.name)["example"])
    assert found == [3, 6, 9]


def test_a_forked_child_counts_from_zero(monkeypatch):
    """Its parent sends what came before."""
    counter = Carried(lambda source: [Observation(source[0])])
    assert [seen.value for source in ([3], [2]) for seen in counter(source)] == [3, 5]
    child = os.getpid() + 1
    monkeypatch.setattr(carried.os, "getpid", lambda: child)
    assert [seen.value for seen in counter([1])] == [1]
