import numpy as np
import pytest

import driftmeter
from driftmeter.drift import Reference

DISTANCES = np.random.default_rng(7).normal(1000, 300, 5000)


@pytest.fixture
def reference():
    airlines = ["AA", "DL", "UA", "WN", "B6"] * 1000
    return Reference.from_data({"distance": DISTANCES, "airline": airlines}, model="m", version="2015Q1")


@pytest.fixture
def telemetry(sdk, reference):
    return sdk().configure(reference=reference, windows="1000rows")


def serve(distances, model="m"):
    """Batches of a hundred flights."""
    for part in np.split(np.asarray(distances), len(distances) // 100):
        with driftmeter.predict(
            model, inputs={"distance": part, "airline": ["AA", "DL", "UA", "WN", "B6"] * 20}
        ) as call:
            call.outputs = part * 0.12
    assert driftmeter.flush(10)
    return call.id


def observed(telemetry):
    """Rows per feature."""
    rows = {}
    for attributes, point in telemetry.points("ml.feature.observations"):
        name = attributes["ml.feature.name"]
        rows[name] = rows.get(name, 0) + point.value
    return rows


def alarms(telemetry):
    """By feature, the statistics that have one now."""
    raised = {}
    for attributes, point in telemetry.points("ml.feature.drift.alarm"):
        found = raised.setdefault(attributes["ml.feature.name"], set())
        found |= {attributes["ml.drift.statistic"]} if point.value else set()
    return raised


def test_every_bin_is_announced_before_the_first_row(telemetry, reference):
    """So that a counter's first increase is not lost in the backend."""
    found = {(a["ml.feature.name"], a["ml.bin"]): p.value for a, p in telemetry.points("ml.feature.observations")}
    bins = [(name, place) for name, column in reference.columns.items() for place in column.bins]
    assert found == {at: 0 for at in bins if at not in {("airline", "below"), ("airline", "above")}}


def test_every_row_is_counted_once_in_each_feature(telemetry):
    """Under the model and version of its reference."""
    serve(DISTANCES[:2000])
    assert observed(telemetry) == {"distance": 2000, "airline": 2000}
    [(attributes, _), *_] = telemetry.points("ml.feature.observations")
    assert (attributes["ml.model.name"], attributes["ml.model.version"]) == ("m", "2015Q1")


def test_drift_is_detected_named_and_cleared(telemetry):
    """Distance in kilometres, one event for it, whatever else sees it later; the airline stays quiet."""
    serve(DISTANCES[:1000])
    assert telemetry.events("ml.drift.detected") == []
    serve(DISTANCES[:1000] * 1.609)
    [detected] = telemetry.events("ml.drift.detected")
    assert (detected.attributes["ml.feature.name"], detected.attributes["ml.drift.statistic"]) == ("distance", "shift")
    assert detected.attributes["ml.drift.value"] > detected.attributes["ml.drift.threshold"]
    assert 1000 < detected.attributes["ml.drift.row"] <= 1200
    assert (detected.attributes["ml.window"], detected.severity_text) == ("running", "WARN")
    assert alarms(telemetry) == {"distance": {"shift", "scale", "psi"}, "airline": set()}
    serve(DISTANCES[1000:3000])
    assert alarms(telemetry) == {"distance": set(), "airline": set()}
    assert [event.attributes["ml.feature.name"] for event in telemetry.events("ml.drift.cleared")] == ["distance"]


def test_event_leads_to_the_prediction_that_tipped_it(telemetry):
    """By its id, trace and time."""
    serve(DISTANCES[:2000] * 1.609)
    detected = telemetry.events("ml.drift.detected")[0]
    [tipped] = [
        e for e in telemetry.events() if e.attributes["ml.prediction.id"] == detected.attributes["ml.prediction.id"]
    ]
    assert (tipped.trace_id, tipped.span_id, tipped.timestamp) == (
        detected.trace_id,
        detected.span_id,
        detected.timestamp,
    )


def test_distance_threshold_and_alarm_stand_side_by_side(telemetry):
    """The limit beside the value, and the verdict."""
    serve(DISTANCES[:1000] * 1.609)

    def of_psi(metric):
        return {a["ml.feature.name"]: p.value for a, p in telemetry.points(metric) if a["ml.drift.statistic"] == "psi"}

    value, limit, alarm = map(of_psi, ("ml.feature.drift", "ml.feature.drift.threshold", "ml.feature.drift.alarm"))
    assert value["distance"] > limit["distance"] > 0
    assert value["airline"] < limit["airline"]
    assert alarm == {"distance": 1, "airline": 0}


def test_a_page_does_not_outlive_its_settings(telemetry):
    """Windows begin anew, so nobody would ever close it; what still drifts opens a page of its own."""
    serve(DISTANCES[:1000] * 1.609)
    [opened] = telemetry.events("ml.drift.detected")
    telemetry.configure(windows="500rows")
    closed = telemetry.event("ml.drift.cleared")
    assert closed.body == "feature distance of m is watched no more with the settings of that alarm"
    assert closed.timestamp > opened.timestamp
    assert {name: closed.attributes[name] for name in ("ml.model.version", "ml.feature.name", "ml.window")} == {
        name: opened.attributes[name] for name in ("ml.model.version", "ml.feature.name", "ml.window")
    }
    telemetry.configure(windows="250rows")
    serve(DISTANCES[:1000] * 1.609)
    assert [len(telemetry.events(f"ml.drift.{turn}")) for turn in ("detected", "cleared")] == [2, 1]


def test_a_page_outlives_its_process(telemetry):
    """That a server restarts says nothing of the model: to clear the alarm at each deployment would be false."""
    serve(DISTANCES[:1000] * 1.609)
    driftmeter.shutdown()
    assert [len(telemetry.events(f"ml.drift.{turn}")) for turn in ("detected", "cleared")] == [1, 0]


def test_model_without_reference_costs_nothing(telemetry):
    """Its calls are recorded; there is nothing to hold them against."""
    serve(DISTANCES[:100], model="other")
    assert observed(telemetry) == {"distance": 0, "airline": 0}
    assert len(telemetry.events()) == 1
    assert telemetry.faults == {}


def test_wrong_columns_cost_only_themselves(telemetry):
    """Too many, too few, unknown, unreadable: the others of the chunk are counted."""
    for inputs in (
        {"distance": 1.0, "unknown": 1.0},
        [1.0, "AA", 3.0],
        {"airline": "AA"},
        {"distance": object(), "airline": "AA"},
        {"distance": [1.0, 2.0], "airline": ["AA"]},
        {},
    ):
        with driftmeter.predict("m", inputs=inputs):
            pass
    serve(DISTANCES[:100])
    found = observed(telemetry)
    assert found["distance"] >= 100
    assert found["airline"] >= 100
    assert "sinks.drift" not in telemetry.faults
    assert len(telemetry.events()) == 7
