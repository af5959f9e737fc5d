from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from driftmeter import semconv
from driftmeter.columns import Columns, read_inputs, read_outputs
from driftmeter.drift import Reference, WindowByRows
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction, Predictions, TraceLink
from driftmeter.sinks.drift import DriftSink
from driftmeter.sinks.trail import KEPT, MOST_ROWS, NAMED, Trail

RNG = np.random.default_rng(3)
REFERENCE = Reference.from_data(
    {"x": RNG.normal(size=4000), "city": RNG.choice(["a", "b"], 4000).tolist(), "y": RNG.normal(size=4000)},
    model="m",
    outputs=["y"],
)


def _call(number, *, x=0.0, city="a", y=0.0, trace=None, rows=1):
    return Prediction(
        id=str(number), model="m", started_ns=0, duration_s=None, source="predict", trace=trace,
        inputs=read_inputs({"x": [x] * rows, "city": [city] * rows}), outputs=read_outputs([y] * rows),
    )  # fmt: skip


def _ids(found):
    return [each.id for each in found]


@pytest.fixture
def trail():
    return Trail(REFERENCE)


def test_the_latest_rows_in_the_bins_are_named_newest_first(trail):
    """Of numbers, labels and the output alike; not those in other bins."""
    trail.add(
        Predictions.of([_call(1, x=99.0), _call(2, city="new"), _call(3, y=-99.0), _call(4, x=98.0), _call(5, x=None)])
    )
    assert _ids(trail.fallen_into("x", {"above"})) == ["4", "1"]
    assert _ids(trail.fallen_into("x", {"missing"})) == ["5"]
    assert _ids(trail.fallen_into("city", {"other", "unseen"})) == ["2"]
    assert _ids(trail.fallen_into("y", {"below"})) == ["3"]


def test_truth_values_of_an_array_are_found_by_their_labels():
    """They are counted as labels, and so looked for."""
    trail = Trail(Reference.from_data({"paid": [True, False] * 50}, model="m", columns={"paid": "category"}))
    calls = [replace(_call(number), inputs=read_inputs(np.array([[number == 2]]))) for number in range(4)]
    trail.add(Predictions.of(calls))
    assert _ids(trail.fallen_into("paid", {"True"})) == ["2"]


def test_only_so_many_are_kept_and_named_and_no_large_batch_is(trail):
    """Memory and events stay small."""
    trail.add(Predictions.of([_call(0, x=99.0, rows=1000)]))
    trail.add(Predictions.of([_call(number, x=99.0) for number in range(1, 10 * KEPT)]))
    assert len(trail.fallen_into("x", {"above"})) == NAMED
    trail.add(Predictions.of([_call(number) for number in range(KEPT - 1)]))
    assert _ids(trail.fallen_into("x", {"above"})) == [str(10 * KEPT - 1)]
    for _ in range(KEPT):
        trail.add(Predictions.of([_call(0)]))
    assert trail.fallen_into("x", {"above"}) == []
    assert len(trail._latest) == KEPT


def test_inputs_without_names_are_taken_in_order(trail):
    """As the monitor takes them."""
    matrix = Prediction(
        id="7", model="m", started_ns=0, duration_s=None, source="log",
        inputs=Columns(None, 1, arrays=[np.array([99.0]), ["a"]]),
    )  # fmt: skip
    trail.add(Predictions.of([matrix]))
    assert _ids(trail.fallen_into("x", {"above"})) == ["7"]
    assert trail.fallen_into("y", {"above"}) == []


class Written:
    """Takes events."""

    def __init__(self):
        self.events = []

    def write(self, name, attributes, **_):
        """Keep."""
        self.events.append((name, attributes))


def test_an_alarm_names_bins_predictions_and_traces():
    """What a person on call needs to look at first."""
    written = Written()
    sink = DriftSink({"m": REFERENCE}, [WindowByRows(400, 4)], 86_400.0, Guard(strict=True), written)
    sink.accept([_call(n, x=float(RNG.normal()), y=float(RNG.normal()), city="ab"[n % 2]) for n in range(400)])
    drifted = [
        _call(n, x=99.0, y=float(RNG.normal()), city="ab"[n % 2], trace=TraceLink(n, 1, 1)) for n in range(400, 800)
    ]
    sink.accept(drifted)
    [(name, attributes), *_] = [event for event in written.events if event[1].get("ml.feature.name") == "x"]
    assert name == semconv.EVENT_DRIFT_DETECTED
    assert attributes["ml.drift.bins"][0] == "above"
    assert sum(attributes["ml.drift.bin_shares"]) <= 1.0
    named = [int(each) for each in attributes["ml.drift.prediction_ids"]]
    assert len(named) == NAMED
    assert min(named) >= 400
    assert attributes["ml.drift.trace_ids"] == [f"{each:032x}" for each in named]


@pytest.mark.parametrize("laid_out", ["matrix", "arrays"])
def test_a_large_batch_beside_small_ones_is_let_go(laid_out):
    """A chunk is one table, of which the small calls are views: only their own rows stay in memory."""
    values = np.full((100_000, 1), 99.0)
    table = Columns(["x"], len(values), **({"matrix": values} if laid_out == "matrix" else {"arrays": [values[:, 0]]}))
    held = weakref.ref(values)
    calls = [
        Prediction(
            id=str(rows), model="m", started_ns=0, duration_s=None, source="predict", batch_size=rows,
            inputs=Columns(["x"], rows, matrix=values[:rows])
            if laid_out == "matrix"
            else Columns(["x"], rows, arrays=[values[:rows, 0]]),
        )
        for rows in (1, MOST_ROWS, 90_000)
    ]  # fmt: skip
    trail = Trail(REFERENCE)
    trail.add(replace(Predictions.of(calls), inputs=table))
    del values, table, calls
    gc.collect()
    assert held() is None
    assert _ids(trail.fallen_into("x", {"above"})) == [str(MOST_ROWS), "1"]
