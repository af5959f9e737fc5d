"""What columns show together, through the whole package: from calls to metrics and events."""

from __future__ import annotations

import numpy as np
import pytest

import driftmeter
from driftmeter import semconv
from driftmeter.drift import Reference

METRICS = (semconv.MULTIVARIATE_DRIFT, semconv.MULTIVARIATE_THRESHOLD, semconv.MULTIVARIATE_ALARM)
STATISTICS = {"correlation", "reconstruction"}


def _inputs(n, seed, bond):
    rng = np.random.default_rng(seed)
    x, w, chance = rng.normal(size=(3, n))
    return {"x": x, "y": bond * x + np.sqrt(1 - bond**2) * chance, "w": w}


REFERENCE = Reference.from_data(_inputs(10_000, 0, 0.9), model="m", version="1")


def _served(telemetry, bond, **facts):
    inputs = _inputs(2000, 1, bond)
    for start in range(0, 2000, 100):
        part = {name: column[start : start + 100] for name, column in inputs.items()}
        with driftmeter.predict("m", inputs=part, **facts):
            pass
    return telemetry


@pytest.mark.parametrize(("bond", "alarm"), [(0.9, 0), (0.0, 1)])
def test_value_limit_and_alarm_stand_side_by_side(sdk, bond, alarm):
    """Per model, version, statistic and window; what no feature shows raises no feature's alarm."""
    telemetry = _served(sdk().configure(reference=REFERENCE, windows="2000rows"), bond)
    value, limit, raised = (
        {
            attributes["ml.drift.statistic"]: (attributes, point.value)
            for attributes, point in telemetry.points(each.name)
        }
        for each in METRICS
    )
    assert set(value) == set(limit) == set(raised) == STATISTICS
    for statistic, (attributes, found) in value.items():
        named = {"ml.model.name": "m", "ml.model.version": "1", "ml.window": "2000rows"}
        assert attributes == {**named, "ml.drift.statistic": statistic}
        assert raised[statistic][1] == alarm == int(found > limit[statistic][1])
    assert not any(point.value for _, point in telemetry.points(semconv.FEATURE.alarm.name))
    assert telemetry.faults == {}


def test_the_event_names_the_columns_that_moved(sdk):
    """The pair, the value, the limit and the call at which the alarm was raised."""
    telemetry = _served(sdk().configure(reference=REFERENCE, windows="2000rows"), 0.0)
    events = {event.attributes["ml.drift.statistic"]: event for event in telemetry.events("ml.drift.detected")}
    assert set(events) == STATISTICS
    attributes = events["correlation"].attributes
    assert attributes["ml.drift.subject.kind"] == "multivariate"
    assert set(attributes["ml.drift.columns"]) == {"x", "y"}
    assert attributes["ml.drift.value"] > attributes["ml.drift.threshold"]
    assert 0 < attributes["ml.drift.p_value"] < 1e-9
    assert "ml.feature.name" not in attributes
    pair = " and ".join(attributes["ml.drift.columns"])
    assert events["correlation"].body == f"correlation of {pair} of m drifted from its reference"
    assert events["reconstruction"].body.startswith("reconstruction error (")


def test_slices_are_not_looked_at_together_nor_anything_that_is_switched_off(sdk):
    """A slice's rows are held by their columns alone."""
    telemetry = sdk().configure(reference=REFERENCE, windows="2000rows", slices="hub")
    _served(telemetry, 0.0, slices={"hub": "DFW"})
    assert not any("ml.slice.name" in attributes for attributes, _ in telemetry.points(METRICS[0].name))
    off = _served(sdk().configure(reference=REFERENCE, windows="2000rows", multivariate=False), 0.0)
    assert off.points(METRICS[0].name) == []
    assert off.events("ml.drift.detected") == []
