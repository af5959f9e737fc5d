"""Versions and slices that are gone: windows are let go, counts and open pages are not forgotten."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

from driftmeter import semconv
from driftmeter.columns import read_inputs
from driftmeter.drift import Reference, WindowByRows
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction
from driftmeter.sinks import drift
from driftmeter.sinks.drift import DriftSink

RNG = np.random.default_rng(3)
REFERENCE = Reference.from_data({"x": RNG.normal(size=4000)}, model="m", version="1")
DAY_S = 86_400
AWAKE = 3


class Written:
    def __init__(self):
        self.events = []

    def write(self, name, attributes, *, body, timestamp_ns, **_kwargs):
        self.events.append((name, attributes.get(semconv.MODEL_VERSION), body, timestamp_ns))


class Life:
    """A sink, its clock, and what it wrote."""

    def __init__(self, **options):
        self.now_s, self._written = 0, Written()
        self.sink = DriftSink(
            {"m": REFERENCE}, [WindowByRows(400, 4)], 86_400.0, Guard(strict=True), self._written,
            clock=lambda: self.now_s, **options,
        )  # fmt: skip

    def serve(self, version, rows=400, shift=0.0, **slices):
        self.sink.accept([
            Prediction(
                id="p", model="m", version=version, started_ns=self.now_s * 10**9 + 1, duration_s=None, source="test",
                slices=slices, inputs=read_inputs({"x": RNG.normal(shift, 1, rows)}),
            )
        ])  # fmt: skip

    @property
    def events(self):
        return self._written.events

    def resting(self):
        return {key.version for key, monitor in self.sink.monitors().items() if monitor.resting}


@pytest.fixture
def life(monkeypatch):
    monkeypatch.setattr(drift, "MOST_AWAKE", AWAKE)
    return Life()


def test_deployment_after_deployment_takes_bounded_memory(life):
    """Of versions that are gone only the counts are kept, under their own names."""
    held = []
    tracemalloc.start()
    for version in range(1, 31):
        life.serve(str(version))
        life.now_s += DAY_S + 1
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[-1] - held[9] < held[2]
    assert life.resting() == {str(version) for version in range(1, 31 - AWAKE)}
    rows = {key.version: sum(o.rows for o in each.observations()) for key, each in life.sink.monitors().items()}
    assert rows == {str(version): 400 for version in range(1, 31)}


def test_what_has_rows_never_rests(life):
    """However many there are: a window that is emptied before it is full would never see anything."""
    for _ in range(3):
        for version in range(10):
            life.serve(str(version), rows=100)
        life.now_s += DAY_S - 1
    assert life.resting() == set()


def test_a_few_never_rest(life):
    """A model that runs once a week fills its windows all the same."""
    for _ in range(4):
        life.serve("1", rows=100)
        life.now_s += 7 * DAY_S
    assert life.resting() == set()
    life.serve("1", rows=100, shift=3.0)
    assert life.events[0][0] == semconv.EVENT_DRIFT_DETECTED


def test_an_open_page_of_what_is_gone_is_closed_once(life):
    """At the time at which that shows, and saying why; what comes back drifted opens a new one."""
    life.serve("1", shift=3.0)
    [(name, version, *_)] = life.events
    assert (name, version) == (semconv.EVENT_DRIFT_DETECTED, "1")
    life.now_s = 2 * DAY_S
    for later in ("2", "3", "4", "5"):
        life.serve(later)
    gone = "feature x of m has had no rows for long and is watched no more"
    assert life.events[1:] == [(semconv.EVENT_DRIFT_CLEARED, "1", gone, 2 * DAY_S * 10**9 + 1)]
    life.serve("1", shift=3.0)
    assert [event[:2] for event in life.events[2:]] == [(semconv.EVENT_DRIFT_DETECTED, "1")]
    assert life.resting() == set()
