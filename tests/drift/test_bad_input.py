"""Rows that fit no reference, through all three doors: a monitor, `compare`, and the whole of `DriftSink`."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

import driftmeter
from driftmeter.columns import Columns, read_inputs
from driftmeter.drift import DriftMonitor, Reference, WindowByRows, WindowByTime, compare
from driftmeter.pipeline import Guard
from driftmeter.record import Prediction
from driftmeter.sinks.drift import DriftSink

RNG = np.random.default_rng(12)
N = 600
NORMAL = RNG.normal(size=N)
WORDS = RNG.choice(["a", "b", "c"], N).tolist()
EVERYDAY = {"x": NORMAL, "y": NORMAL + RNG.normal(size=N), "city": WORDS}
EDGES = np.array([-1e308, -1.0, 0.0, 1.0, 1e308])
DENORMAL = np.array([0.0, 5e-324, 1e-323, 2e-310, -5e-324])

CASES = {
    "a column that the reference lacks": (EVERYDAY, {**EVERYDAY, "new": NORMAL}),
    "a column that does not arrive": (EVERYDAY, {"y": EVERYDAY["y"], "city": WORDS}),
    "only columns that the reference lacks, but one": (EVERYDAY, {"x": NORMAL, "u": WORDS, "v": NORMAL, "w": WORDS}),
    "text where numbers were": (EVERYDAY, {**EVERYDAY, "x": [f"{value:.3f} km" for value in NORMAL]}),
    "numbers where text was": (EVERYDAY, {**EVERYDAY, "city": NORMAL}),
    "truth values where numbers were": (EVERYDAY, {**EVERYDAY, "x": NORMAL > 0}),
    "times where numbers were": (EVERYDAY, {**EVERYDAY, "x": np.full(N, "2020-01-01", dtype="datetime64[D]")}),
    "nothing but None": (EVERYDAY, dict.fromkeys(EVERYDAY, [None] * N)),
    "nothing but NaN": (EVERYDAY, dict.fromkeys(EVERYDAY, np.full(N, np.nan))),
    "nothing but infinity": (EVERYDAY, {"x": np.full(N, np.inf), "y": np.full(N, -np.inf), "city": WORDS}),
    "nothing but None in the reference": ({"x": [None] * N, "y": NORMAL, "city": WORDS}, EVERYDAY),
    "one row": (EVERYDAY, {name: column[:1] for name, column in EVERYDAY.items()}),
    "a reference of one row": ({name: column[:1] for name, column in EVERYDAY.items()}, EVERYDAY),
    "edges at the ends of all floats": (
        {"x": np.tile(EDGES, 120), "y": np.tile(EDGES[::-1], 120)},
        {"x": np.tile(EDGES, 120), "y": RNG.choice([-1.7e308, 1.7e308, 0.0], N)},
    ),
    "denormals": (
        {"x": np.tile(DENORMAL, 120), "y": RNG.choice(DENORMAL, N)},
        {"x": RNG.choice(DENORMAL, N), "y": -np.tile(DENORMAL, 120)},
    ),
    "whole numbers beyond 64 bits": (EVERYDAY, {**EVERYDAY, "x": [(-1) ** n * 10 ** (n % 400) for n in range(N)]}),
    "whole numbers beyond 64 bits in the reference": (
        {"x": [2**64 + n for n in range(N)], "y": [(-(10**400), 10**400)[n % 2] for n in range(N)]},
        {"x": [2**70] * N, "y": NORMAL},
    ),
    "all types in one column": (
        EVERYDAY,
        {
            **EVERYDAY,
            "x": [1, 2.5, True, "x", None, b"x", 1j, [1], {"a": 1}, 10**400] * 60,
            "city": [1, "1", True] * 200,
        },
    ),
    "all types in one column of the reference": (
        {"x": [1, 2.5, True, "x", None, 10**400] * 100, "y": ["a", 1.0, None] * 200},
        EVERYDAY,
    ),
    "constants that stay": ({"x": [7.0] * N, "y": NORMAL, "z": [0] * N}, {"x": [7.0] * N, "y": NORMAL, "z": [0] * N}),
    "constants that change": ({"x": [7.0] * N, "y": NORMAL, "z": [0] * N}, {"x": NORMAL, "y": [1.0] * N, "z": [1] * N}),
    "text that no encoding has": (EVERYDAY, {**EVERYDAY, "city": ["\ud800", "", " " * 10_000] * 200}),
}


@pytest.fixture(params=CASES)
def case(request):
    before, after = CASES[request.param]
    return Reference.from_data(before, model="m"), after, request.param


def _rows(data):
    return len(next(iter(data.values())))


def _finite(values):
    return all(value is None or isinstance(value, bool) or math.isfinite(value) for value in values)


@pytest.mark.slow
def test_a_monitor_counts_every_row_of_it(case):
    """Once per column, in a bin or as absent; whatever it then says is a number; and it recovers."""
    reference, data, _ = case
    windows = [WindowByRows(1), WindowByRows(300), WindowByTime(60)]
    monitor = DriftMonitor(reference, windows=windows, min_rows=1, multivariate=True)
    for _ in range(3):
        changes = monitor.observe(read_inputs(data), None, 0)
        assert _finite([number for c in changes for number in (c.value, c.p_value, c.threshold)])
    for name in reference.columns:
        counted = sum(seen.rows for seen in monitor.observations() if seen.name == name)
        assert counted + monitor.absent[name] == 3 * _rows(data)
    told = monitor.readings().readings
    assert _finite([number for reading in told for number in (reading.value, reading.p_value)])
    assert monitor.unknown == 3 * _rows(data) * len(set(data) - set(reference.columns))


def test_compare_says_something_defined_of_it(case):
    """Of every column that arrived, and of the columns together."""
    reference, data, _ = case
    report = compare(reference, data)
    assert set(report.features) == set(reference.columns) & set(data)
    for values in report.features.values():
        assert _finite(values.values())
    assert str(report)
    assert report._repr_html_()


def test_the_sink_has_no_fault_with_it(case, sdk):
    """Nor does a call next to it; the values are in the metrics, the others in `driftmeter.drift.ignored`."""
    reference, data, _ = case
    telemetry = sdk().configure(reference=reference, windows="300rows")
    for _ in range(2):
        with driftmeter.predict("m", inputs=data):
            pass
    with driftmeter.predict("m", inputs={name: column[0] for name, column in data.items()}):
        pass
    assert telemetry.faults == {}
    assert telemetry.counts("driftmeter.dropped") == {}
    rows = 2 * _rows(data) + 1
    seen = dict.fromkeys(reference.columns, 0)
    for attributes, point in telemetry.points("ml.feature.observations"):
        seen[attributes["ml.feature.name"]] += point.value
    for metric in ("ml.feature.drift", "ml.multivariate.drift"):
        assert _finite(point.value for _, point in telemetry.points(metric))
    assert set(seen.values()) <= {0, rows}
    ignored = {attributes["reason"]: point.value for attributes, point in telemetry.points("driftmeter.drift.ignored")}
    assert ignored["absent"] == rows * len(set(reference.columns) - set(data))
    assert ignored["unknown"] == rows * len(set(data) - set(reference.columns))


@pytest.mark.parametrize("data", [{"x": [], "y": [], "city": []}, {"x": np.empty(0)}, {}])
def test_no_row_is_nothing(data, sdk):
    """Nothing to count, nothing to compare."""
    reference = Reference.from_data(EVERYDAY, model="m")
    monitor = DriftMonitor(reference, windows=[WindowByRows(1)], min_rows=1, multivariate=True)
    assert monitor.observe(read_inputs(data), None, 0) == []
    assert (monitor.rows, monitor.readings().readings) == (0, ())
    with pytest.raises(ValueError, match="give at least one row"):
        compare(reference, data)
    telemetry = sdk().configure(reference=reference, windows="300rows")
    with driftmeter.predict("m", inputs=data):
        pass
    assert telemetry.faults == {}


def test_a_column_that_changes_its_type_and_back_alarms_and_is_cleared():
    """Text for a while, as an upstream that formats its numbers sends it."""
    reference = Reference.from_data(EVERYDAY, model="m")
    monitor = DriftMonitor(reference, windows=[WindowByRows(500)], multivariate=True)
    text = {**EVERYDAY, "x": [f"{value:.3f} km" for value in NORMAL]}
    told = [
        (change.name, change.raised)
        for data in (EVERYDAY, text, EVERYDAY, EVERYDAY)
        for change in monitor.observe(read_inputs(data), None, 0)
        if change.statistic == "psi"
    ]
    assert told == [("x", True), ("x", False)]


@pytest.mark.slow
def test_a_million_categories_take_no_more_memory_than_a_hundred():
    """New labels are counted as `other` or `unseen`; the sink keeps none, neither in its monitor nor in its trail."""
    guard = Guard()
    sink = DriftSink({"m": Reference.from_data(EVERYDAY, model="m")}, [WindowByRows(100_000)], 86_400.0, guard, None)
    told = {"id": "", "model": "m", "started_ns": 0, "duration_s": None, "source": ""}

    def serve(first, last):
        for start in range(first, last, 10_000):
            table = Columns(["city"], 10_000, arrays=[[f"label{n}" for n in range(start, start + 10_000)]])
            sink.accept([Prediction(**told, inputs=table)])

    serve(0, 50_000)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    serve(50_000, 1_050_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2_000_000
    [monitor] = sink.monitors().values()
    counted = {seen.bin: seen.rows for seen in monitor.observations() if seen.name == "city"}
    assert sum(counted.values()) == counted["unseen"] + counted["other"] == 1_050_000
    assert guard.faults.counts() == {}


@pytest.mark.slow
def test_a_million_categories_make_a_bounded_reference():
    """Those with a bin of their own are few; the file stays small."""
    labels = np.array([f"label{n}" for n in range(1_000_000)])
    reference = Reference.from_data({"city": labels}, model="m")
    assert len(reference.columns["city"].labels) <= 100
    assert reference.columns["city"].n == 1_000_000
