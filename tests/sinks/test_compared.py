"""Versions and windows held against each other, as a backend sees it."""

from __future__ import annotations

import numpy as np
import pytest

import driftmeter
from driftmeter import semconv
from driftmeter.drift import Reference

RNG = np.random.default_rng(4)
REFERENCE = Reference.from_data({"x": RNG.normal(size=4000)}, model="m", version="1")


def _serve(telemetry, version, shift=0.0, rows=400, **options):
    with driftmeter.predict("m", version=version, inputs={"x": RNG.normal(shift, 1, rows)}, **options):
        pass
    assert driftmeter.flush(10)


def _against(telemetry, metric=semconv.FEATURE.drift):
    return {(a["ml.model.version"], a.get("ml.drift.against")) for a, _ in telemetry.points(metric.name)}


@pytest.mark.parametrize("setting", [None, "reference"])
def test_by_default_there_is_only_the_reference(sdk, setting):
    """And its series carry no attribute that they did not carry before."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows", compare_with=setting)
    for version in ("1", "1", "2", "2"):
        _serve(telemetry, version)
    assert _against(telemetry) == {("1", None), ("2", None)}


def test_each_comparison_is_a_series_with_limit_and_alarm(sdk):
    """Named by what it is held against; the older version is held against none."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows", compare_with="reference,previous,version")
    for version in ("1", "1", "2", "1", "2"):
        _serve(telemetry, version)
    expected = {("1", None), ("1", "previous"), ("2", None), ("2", "previous"), ("2", "version:1")}
    for metric in (semconv.FEATURE.drift, semconv.FEATURE.threshold, semconv.FEATURE.alarm):
        assert _against(telemetry, metric) == expected
    assert telemetry.faults == {}


def test_an_alarm_says_what_it_is_held_against(sdk):
    """So that a canary that sees other traffic is told from traffic that left the reference."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows", compare_with="reference,version")
    for version, shift in (("1", 0.0), ("2", 2.0)):
        _serve(telemetry, version, shift)
    events = telemetry.events(semconv.EVENT_DRIFT_DETECTED)
    told = {(event.attributes.get("ml.drift.against"), event.body) for event in events}
    assert told == {
        (None, "feature x of m drifted from its reference"),
        ("version:1", "feature x of m drifted from version 1"),
    }


def test_slices_are_compared_with_the_same_slice(sdk):
    """Of the older version; another slice's rows are other traffic."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows", compare_with="reference,version", slices="hub")
    for version, hub in (("1", "DFW"), ("2", "DFW"), ("2", "ORD")):
        _serve(telemetry, version, slices={"hub": hub})
    found = {
        a.get("ml.slice.value") for a, _ in telemetry.points(semconv.FEATURE.drift.name) if "ml.drift.against" in a
    }
    assert found == {None, "DFW"}


@pytest.mark.parametrize("window", ["400rows", "500rows"])
def test_versions_by_turns_are_compared_in_a_short_window(sdk, window):
    """The other's is met while one of its panes is not complete, and full only now and then."""
    telemetry = sdk().configure(reference=REFERENCE, windows=window, compare_with="reference,version")
    for turn in range(60):
        _serve(telemetry, "1", rows=23)
        _serve(telemetry, "2", shift=1.0 * (turn > 30), rows=19)
        if turn == 29:
            assert ("2", "version:1") in _against(telemetry)
    told = [event.attributes.get("ml.drift.against") for event in telemetry.events(semconv.EVENT_DRIFT_DETECTED)]
    assert "version:1" in told
