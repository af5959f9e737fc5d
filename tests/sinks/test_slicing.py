"""Slices beside the whole: each with its own monitor, and never more of them than allowed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import driftmeter
from driftmeter import semconv
from driftmeter.columns import read_inputs
from driftmeter.drift import Reference, WindowByRows
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction
from driftmeter.sinks.drift import DriftSink
from driftmeter.sinks.slicing import MAX_VALUE_CHARACTERS, MonitorKey, Slice, Slicer

RNG = np.random.default_rng(3)
REFERENCE = Reference.from_data({"x": RNG.normal(size=4000)}, model="m", version="1")


class Written:
    def __init__(self):
        self.events = []

    def write(self, name, attributes, *, body, **_kwargs):
        self.events.append((name, attributes, body))


def _call(x=0.0, version="1", **slices):
    return Prediction(
        id="p", model="m", version=version, started_ns=1, duration_s=None, source="test", slices=slices,
        inputs=read_inputs({"x": np.atleast_1d(x)}),
    )  # fmt: skip


def _sink(slices=("hub",), *, writer=None, **options):
    return DriftSink(
        {"m": REFERENCE}, [WindowByRows(400, 4)], 86_400.0, Guard(strict=True), writer, slices=slices, **options
    )


def _rows(sink):
    return {key.slice and key.slice.value: monitor.rows for key, monitor in sink.monitors().items()}


def test_each_value_is_counted_beside_the_whole():
    """A call counts for the whole and for its own slice only."""
    sink = _sink()
    sink.accept([_call(hub="DFW"), _call(hub="ORD"), _call(), _call(hub="DFW")])
    assert _rows(sink) == {None: 4, "DFW": 2, "ORD": 1}


@pytest.mark.parametrize("names", [(), ("airline",)])
def test_slices_that_nobody_asked_for_have_no_monitor(names):
    """Request data alone must not grow memory."""
    sink = _sink(names)
    sink.accept([_call(hub=str(n)) for n in range(100)])
    assert list(sink.monitors()) == [MonitorKey("m", "1")]


def test_every_slice_of_a_call_counts():
    """By region and by hub are two views of the same rows."""
    sink = _sink(("hub", "region", "hub"))
    sink.accept([_call(hub="DFW", region="south"), _call(hub="ORD", region="south")])
    assert _rows(sink) == {None: 2, "DFW": 1, "ORD": 1, "south": 2}


def test_versions_have_slices_of_their_own_and_share_the_values():
    """A new version's slices are the old one's, so that the two can be compared."""
    sink = _sink(max_slices=1)
    sink.accept([_call(hub="DFW"), _call(hub="ORD", version="2"), _call(hub="DFW", version="2")])
    assert set(sink.monitors()) == {
        MonitorKey("m", "1"), MonitorKey("m", "1", Slice("hub", "DFW")),
        MonitorKey("m", "2"), MonitorKey("m", "2", Slice("hub", "DFW")), MonitorKey("m", "2", Slice("hub", "other")),
    }  # fmt: skip


@given(st.lists(st.text(max_size=3), max_size=60), st.integers(1, 5))
def test_no_row_is_lost_and_no_more_values_are_told_apart_than_allowed(values, most):
    """The law of the bound: the parts are the calls, in their order; values beyond the bound, and only those, join."""
    slicer = Slicer(["hub"], most)
    parts = dict(slicer.parts([_call(x=n, hub=value) for n, value in enumerate(values)]))
    assert len(set(parts) - {Slice("hub", "other")}) == min(most, len(set(values) - {"other"}))
    expected = Counter(value if Slice("hub", value) in parts else "other" for value in values)
    assert {slice_.value: len(part) for slice_, part in parts.items()} == expected
    for part in parts.values():
        rows = [float(call.inputs["x"][0]) for call in part]
        assert rows == sorted(rows)


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=8))
def test_what_is_told_apart_does_not_depend_on_the_batches(batches):
    """The same stream in one piece or in several gives the same numbers of rows."""
    pieces, whole = Slicer(["hub"], 3), Slicer(["hub"], 3)
    counted = Counter()
    for batch in batches:
        for slice_, part in pieces.parts([_call(hub=value) for value in batch]):
            counted[slice_] += len(part)
    at_once = whole.parts([_call(hub=value) for batch in batches for value in batch])
    assert counted == {slice_: len(part) for slice_, part in at_once}


def test_a_long_value_is_told_apart_by_its_beginning():
    """Metric attributes stay short, whatever a request calls its slice."""
    [(one, part)] = Slicer(["hub"], 5).parts([_call(hub="x" * 300), _call(hub="x" * 200)])
    assert (len(one.value), len(part)) == (MAX_VALUE_CHARACTERS, 2)


def test_an_alarm_of_a_slice_says_so():
    """The whole, in which the slice is a small part, stays silent."""
    written = Written()
    sink = _sink(writer=written)
    rng = np.random.default_rng(1)
    for _ in range(40):
        sink.accept([_call(rng.normal(size=200), hub="DFW"), _call(rng.normal(2, 1, 10), hub="ORD")])
    [(name, attributes, body)] = written.events
    assert name == semconv.EVENT_DRIFT_DETECTED
    assert (attributes["ml.slice.name"], attributes["ml.slice.value"]) == ("hub", "ORD")
    assert body == "feature x of m where hub is ORD drifted from its reference"


def test_metrics_of_slices_carry_name_and_value(sdk):
    """Those of the whole carry neither: series that were there before keep their identity."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows", slices="hub")
    for hub in ("DFW", "ORD"):
        with driftmeter.predict("m", inputs={"x": RNG.normal(size=400)}, slices={"hub": hub, "seat": "12A"}):
            pass
    for metric in (semconv.FEATURE.observations, semconv.FEATURE.drift, semconv.FEATURE.threshold):
        found = [attributes for attributes, _ in telemetry.points(metric.name)]
        slices = {(a.get("ml.slice.name"), a.get("ml.slice.value")) for a in found}
        assert slices == {(None, None), ("hub", "DFW"), ("hub", "ORD")}
        assert all(("ml.slice.name" in a) == ("ml.slice.value" in a) for a in found)
    assert telemetry.faults == {}


def test_a_forked_child_begins_anew():
    """Its slices are those of its own calls."""
    sink = _sink(max_slices=1)
    sink.accept([_call(hub="DFW")])
    sink.reset()
    sink.accept([_call(hub="ORD")])
    assert _rows(sink) == {None: 1, "ORD": 1}


def test_the_reference_is_told_once_for_a_model_not_for_each_slice(sdk):
    """All slices are held against the same; their own counts carry their names."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows", slices="hub")
    for hub in ("DFW", "ORD"):
        with driftmeter.predict("m", inputs={"x": RNG.normal(size=400)}, slices={"hub": hub}):
            pass
    told = {
        metric.name: {attributes.get(semconv.SLICE_VALUE) for attributes, _ in telemetry.points(metric.name)}
        for metric in (semconv.FEATURE.reference, semconv.FEATURE.observations)
    }
    assert told == {semconv.FEATURE.reference.name: {None}, semconv.FEATURE.observations.name: {None, "DFW", "ORD"}}
