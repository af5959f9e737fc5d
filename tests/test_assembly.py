"""What is put together is connected: logs arrive, references add up, calls without spans keep their trace."""

import logging

import pytest

import driftmeter
from driftmeter import runtime
from driftmeter.drift import Reference
from driftmeter.pipeline import catalogue

AGES = {"age": [float(n) for n in range(100)]}


def test_ordinary_logs_reach_the_provider_in_their_trace(telemetry):
    """Through the handler alone, next to the predictions."""
    log = logging.getLogger("tests.assembly")
    handler = driftmeter.PredictionHandler()
    log.addHandler(handler)
    try:
        with telemetry.tracer.start_as_current_span("request") as span:
            log.warning("slow")
    finally:
        log.removeHandler(handler)
    [line] = [record for record in telemetry.events(None) if record.body == "slow"]
    assert line.trace_id == span.get_span_context().trace_id


def test_references_of_several_sources_add_up(sdk):
    """A handler for one model does not take away the reference of another's."""
    sdk().configure()
    for model in ("one", "two"):
        runtime.adopt(reference=Reference.from_data(AGES, model=model))
    assert {known.name for known in catalogue.known()} == {"one", "two"}


def test_without_own_spans_events_keep_their_trace(sdk):
    """The span around the call is the one that the event belongs to."""
    telemetry = sdk().configure(spans=False)
    with telemetry.tracer.start_as_current_span("request") as span, driftmeter.predict("m") as call:
        call.outputs = [1.0]
    assert telemetry.event().span_id == span.get_span_context().span_id


@pytest.mark.parametrize("settings", [{"deny": "hub"}, {"policies": "hub=drop"}, {"policies": "hub=bucket:10"}])
def test_a_hidden_name_is_no_slice_to_watch(sdk, settings):
    """Metrics and alarms would tell its values."""
    with pytest.raises(ValueError, match="slices names 'hub', which deny or policies hide"):
        sdk().configure(slices="airline,hub", **settings)


@pytest.mark.parametrize("settings", [{"deny": "hub"}, {"policies": "hub=drop"}])
def test_labels_of_a_hidden_column_are_in_no_metric_and_no_alarm(sdk, settings):
    """Its drift is seen all the same."""
    reference = Reference.from_data({"hub": ["Oslo", "Rome"] * 500, "size": ["small", "large"] * 500}, model="m")
    telemetry = sdk().configure(reference=reference, windows="200rows", **settings)
    with driftmeter.predict("m", inputs={"hub": ["Oslo"] * 400, "size": ["small", "large"] * 200}):
        pass
    observed = telemetry.points("ml.feature.observations")
    rows = {(a["ml.feature.name"], a["ml.bin"]): point.value for a, point in observed}
    assert (rows["hub", "category 1"], rows["size", "small"]) == (400, 200)
    [alarm] = telemetry.events("ml.drift.detected")
    assert alarm.attributes["ml.feature.name"] == "hub"
    assert set(alarm.attributes["ml.drift.bins"]) == {"category 1", "category 2"}
    assert alarm.attributes["ml.reference.hash"] == reference.hash
    told = repr([telemetry.points("ml.feature.reference"), telemetry.events("ml.drift.detected")])
    assert "Oslo" not in told
    assert "Rome" not in told


@pytest.mark.parametrize("name", ["tracer_provider", "meter_provider", "logger_provider"])
def test_what_is_no_provider_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"argument {name} is 'console': give one of OpenTelemetry's"):
        driftmeter.configure(**{name: "console"})
