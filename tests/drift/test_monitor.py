from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftmeter.columns import Columns, read_inputs, read_outputs
from driftmeter.drift import DriftMonitor, Reference, WindowByRows, WindowByTime

RNG = np.random.default_rng(7)
REFERENCE = Reference.from_data(
    {
        "x": RNG.normal(size=4000),
        "city": RNG.choice(["a", "b"], 4000).tolist(),
        "y": RNG.normal(size=4000),
    },
    model="m",
    version="7",
    outputs=["y"],
)
S = 10**9


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def _rows(n, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    inputs = Columns(["x", "city"], n, arrays=[rng.normal(shift, 1, n), rng.choice(["a", "b"], n).tolist()])
    return inputs, read_outputs(rng.normal(size=n))


def _monitor(*windows, **options):
    return DriftMonitor(REFERENCE, windows=windows or [WindowByRows(800, 4)], **options)


def _by_window(changes):
    """Those that a window of rows or time makes; a shift is told as well, as soon as it is certain."""
    return [change for change in changes if change.statistic == "psi"]


def test_drift_in_one_feature_raises_that_alarm_only():
    """With everything that an event needs to say about it."""
    monitor = _monitor()
    assert monitor.observe(*_rows(800), 0) == []
    [change] = _by_window(monitor.observe(*_rows(200, shift=3.0), 0))
    assert (change.kind, change.name, change.statistic, change.window) == ("feature", "x", "psi", "800rows")
    assert change.raised
    assert change.value > change.threshold
    assert change.p_value < 1e-6
    assert (change.window_rows, change.row, change.row_in_batch) == (800, 1000, 199)


def test_drift_of_the_output_is_seen_like_that_of_a_feature():
    """Outputs have a kind of their own."""
    monitor = _monitor()
    inputs, outputs = _rows(800)
    changes = monitor.observe(inputs, read_outputs(np.asarray(outputs["0"]) + 3), 0)
    assert {(change.kind, change.name) for change in changes} == {("output", "y")}


def test_a_shift_is_told_before_a_window_is_full():
    """After some dozen rows, with the row at which it was certain and about as many as told of it."""
    monitor = _monitor()
    assert monitor.observe(*_rows(480), 0) == []
    [change] = monitor.observe(*_rows(100, shift=1.0), 0)
    assert (change.kind, change.name, change.statistic, change.window) == ("feature", "x", "shift", "running")
    assert change.value > change.threshold
    assert change.p_value < 1e-4
    assert 480 < change.row <= 580
    assert change.row == 480 + change.row_in_batch + 1
    assert change.row - 480 <= change.window_rows + 16
    assert change.bins
    told = {(reading.name, reading.statistic): reading for reading in monitor.readings().readings}
    assert [at for at, reading in told.items() if reading.alarm] == [("x", "shift")]


def test_a_reference_without_numbers_is_watched_as_well():
    """There is no rank to shift; its windows are judged."""
    reference = Reference.from_data({"city": ["a", "b"] * 2000}, model="m")
    monitor = DriftMonitor(reference, windows=[WindowByRows(800, 4)])
    changes = monitor.observe(Columns(["city"], 800, arrays=[["a"] * 800]), None, 0)
    assert {(change.name, change.statistic) for change in changes} == {("city", "psi")}


def test_an_alarm_is_cleared_when_the_drift_is_gone():
    """Raised once, cleared once."""
    monitor = _monitor()
    changes = [
        (change.name, change.raised, change.statistic)
        for shift in (0.0, 3.0, 3.0, 0.0, 0.0)
        for change in monitor.observe(*_rows(800, shift, seed=int(shift)), 0)
    ]
    for statistic in ("psi", "shift"):
        assert [change[:2] for change in changes if change[2] == statistic] == [("x", True), ("x", False)]


@settings(max_examples=settings.default.max_examples // 5)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=8))
def test_alarms_do_not_depend_on_the_batches(sizes):
    """The same rows give the same alarms at the same rows, one by one or all at once."""
    rows = sum(sizes)
    inputs, outputs = _rows(rows, shift=0.5, seed=1)
    whole = _monitor(WindowByRows(400, 4), WindowByRows(1000, 5))
    expected = whole.observe(inputs, outputs, 0)
    parts, found, seen = _monitor(WindowByRows(400, 4), WindowByRows(1000, 5)), [], 0
    for size in sizes:
        cut = slice(seen, seen + size)
        part = Columns(["x", "city"], size, arrays=[inputs["x"][cut], inputs["city"][cut]])
        changes = parts.observe(part, read_outputs(outputs["0"][cut]), 0)
        assert all(change.row == seen + change.row_in_batch + 1 for change in changes)
        found += changes
        seen += size
    key = [(c.name, c.window, c.raised, c.row, c.value) for c in expected]
    assert sorted((c.name, c.window, c.raised, c.row, c.value) for c in found) == sorted(key)
    assert parts.observations() == whole.observations()
    latest = {r[:4]: r.value for r in whole.readings().readings}
    assert {r[:4]: r.value for r in parts.readings().readings} == latest


def test_there_is_no_reading_before_a_window_is_full():
    """But the evidence for shifts and scales, which needs none; and all of them after."""
    monitor = _monitor()
    monitor.observe(*_rows(799), 0)
    assert {r.statistic for r in monitor.readings().readings} == {"shift", "scale"}
    monitor.observe(*_rows(1), 0)
    readings = monitor.readings().readings
    assert {(r.kind, r.name, r.statistic) for r in readings} >= {
        ("feature", "x", "psi"), ("feature", "x", "ks"), ("feature", "city", "chi2"), ("output", "y", "wasserstein"),
    }  # fmt: skip
    assert all(math.isfinite(r.value) for r in readings)
    assert not any(r.statistic in {"ks", "wasserstein"} for r in readings if r.name == "city")
    assert {r.statistic for r in readings if r.threshold is not None} == {"psi", "shift", "scale"}


def test_a_column_with_too_few_rows_has_no_reading():
    """Though the window is full: half of the rows came without it."""
    monitor = _monitor(WindowByRows(800, 4), min_rows=500)
    inputs, _ = _rows(400)
    monitor.observe(inputs, None, 0)
    monitor.observe(inputs.only(frozenset({"x"})), None, 0)
    assert {r.name for r in monitor.readings().readings} == {"x"}
    assert monitor.absent == {"y": 800, "city": 400}


def test_readings_are_computed_once_per_pane():
    """Two readers get the very same objects; the next pane gives new ones."""
    monitor = _monitor()
    monitor.observe(*_rows(800), 0)

    def told():
        return [reading for reading in monitor.readings().readings if reading.window == "800rows"]

    first = told()
    assert all(a is b for a, b in zip(first, told(), strict=True))
    monitor.observe(*_rows(100), 0)
    assert told() == first
    monitor.observe(*_rows(100, shift=1.0), 0)
    assert told() != first


def test_a_window_by_time_follows_the_rows_own_time():
    """A replay of months in a moment is seen pane by pane."""
    monitor = _monitor(WindowByTime(80, 4), min_rows=100)
    for minute in range(6):
        changes = monitor.observe(*_rows(200, shift=3.0 if minute >= 4 else 0.0, seed=minute), minute * 20 * S)
        assert [c.name for c in _by_window(changes)] == (["x"] if minute == 5 else [])
    rows = {r.name: r for r in monitor.readings().readings if r.statistic == "psi"}
    assert rows["x"].alarm
    assert not rows["city"].alarm


def test_rows_out_of_order_count_where_they_belong():
    """Late ones in their pane, too late ones only in the totals."""
    monitor = _monitor(WindowByTime(80, 4))
    inputs, outputs = _rows(4)
    monitor.observe(inputs, outputs, np.array([100, 30, 90, 10]) * S)
    assert monitor.late == 0
    monitor.observe(inputs, outputs, np.array([200, 30, 190, 130]) * S)
    assert monitor.late == 1
    assert sum(o.rows for o in monitor.observations() if o.name == "x") == 8


@pytest.mark.parametrize("previous", [False, True])
def test_a_row_from_tomorrow_costs_a_window_by_time_its_rows_and_no_more(previous):
    """It speaks again once it has rows of its time, and the leap raises no alarm, alone or beside the window before."""
    data = np.random.default_rng(5).normal(size=(22_000, 2))
    reference = Reference.from_data({"x": data[:6000, 0], "y": data[:6000, 1]}, model="m")
    monitor = DriftMonitor(reference, windows=[WindowByTime(3600)], previous=previous)
    spoke, changes = [], []
    for batch, start in enumerate(range(6000, 22_000, 40)):
        times_ns = np.arange(start, start + 40) * 10**9
        times_ns[-1] += 80_000 * 10**9 * (batch == 200)
        changes += monitor.observe(Columns(["x", "y"], 40, matrix=data[start : start + 40]), None, times_ns)
        spoke.append(any(reading.window == "1h" for reading in monitor.readings().readings))
    assert [spoke[199], spoke[210], spoke[-1]] == [True, False, True]
    assert 450 < monitor.late <= 900  # rows of a second each, in panes of 450
    assert changes == []


def test_a_window_by_time_falls_silent_when_nothing_comes():
    """What it said would be stale; a window by rows goes on saying what its rows say."""
    clock = Clock()
    monitor = _monitor(WindowByTime(80, 4), WindowByRows(400, 4), min_rows=100, clock=clock)
    monitor.observe(*_rows(400), 0)
    monitor.observe(*_rows(400), 30 * S)
    assert {r.window for r in monitor.readings().readings} == {"80s", "400rows", "running"}
    clock.now = 81.0
    assert {r.window for r in monitor.readings().readings} == {"400rows", "running"}


@pytest.mark.parametrize(("windows", "silent_s"), [([WindowByRows(400, 4)], 86_400), ([WindowByTime(1e6)], 1e6)])
def test_everything_falls_silent_in_the_end(windows, silent_s):
    """After a day, or the longest window: a version that is gone must not stand in the metrics for ever."""
    clock = Clock()
    monitor = _monitor(*windows, WindowByRows(800, 4), min_rows=100, clock=clock)
    monitor.observe(*_rows(800), 0)
    clock.now = silent_s
    assert monitor.readings().readings
    clock.now += 1
    assert monitor.silent
    assert monitor.readings().readings == ()
    monitor.observe(*_rows(1), 0)
    assert {r.window for r in monitor.readings().readings} >= {"800rows", "running"}


def test_one_that_rests_keeps_what_it_counted_and_begins_anew():
    """Its counts go on from where they were, as counters must; its windows are empty."""
    monitor = _monitor(WindowByRows(400, 4), WindowByTime(80, 4))
    monitor.observe(*_rows(399, shift=3.0), 1000 * S)
    monitor.observe(*_rows(1), 0)
    before, late = monitor.observations(), monitor.late
    monitor.rest()
    assert monitor.resting
    assert (monitor.readings().readings, monitor.held_since(0, 0)) == ((), None)
    assert (monitor.observations(), monitor.late, monitor.rows) == (before, late, 400)
    assert late == 1
    fresh = _monitor(WindowByRows(400, 4), WindowByTime(80, 4))
    changes = [each.observe(*_rows(800, seed=1), 2000 * S) for each in (monitor, fresh)]
    assert changes[0] == changes[1] == []
    assert monitor.readings().readings == fresh.readings().readings
    assert sum(o.rows for o in monitor.observations() if o.name == "x") == 1200


def test_a_late_row_is_told_once_while_it_comes_to_rest():
    """Metrics are read on other threads, at any moment."""
    monitor, told, traced = _monitor(WindowByTime(80, 4)), set(), sys.gettrace()
    for at_s in (1000, 0):
        monitor.observe(*_rows(1), at_s * S)

    def look(*_at):
        told.add(monitor.late)
        return look

    sys.settrace(look)
    try:
        monitor.rest()
    finally:
        sys.settrace(traced)
    assert told == {1}


def test_every_bin_is_announced_before_the_first_row():
    """With zero, in the order of the reference's shares, which add up to one per column."""
    monitor = _monitor()
    observations, shares = monitor.observations(), monitor.reference_shares()
    assert [o[:3] for o in observations] == [s[:3] for s in shares]
    assert not any(o.rows for o in observations)
    for name in REFERENCE.columns:
        assert sum(s.share for s in shares if s.name == name) == pytest.approx(1.0)


def test_labels_lie_neither_below_nor_above():
    """Two series of each category would tell of nothing but zeros; numbers and truth values may be out of range."""
    reference = Reference.from_data({"n": [1, 2], "b": [True, False], "c": ["x", "below"]}, model="m")
    monitor = DriftMonitor(reference, windows=[WindowByRows(2)])
    monitor.observe(read_inputs({"n": [0, 3], "b": [2, -1], "c": ["below", "y"]}), None, 0)
    told = {(seen.name, seen.bin): seen.rows for seen in monitor.observations()}
    assert [told[name, tail] for name in ("n", "b") for tail in ("below", "above")] == [1] * 4
    assert {at: rows for at, rows in told.items() if at[0] == "c"} == {
        ("c", "x"): 0, ("c", "'below'"): 1, ("c", "other"): 0, ("c", "missing"): 0, ("c", "unseen"): 1
    }  # fmt: skip
    assert [share[:3] for share in monitor.reference_shares()] == [seen[:3] for seen in monitor.observations()]
    assert "c" not in {each.name for each in monitor.readings().readings if each.statistic == "out_of_range"}


def test_observations_of_two_monitors_add_up():
    """Replicas see parts of the traffic; their sum is what one would have seen."""
    one, two, both = _monitor(), _monitor(), _monitor()
    for monitor, seed in ((one, 1), (two, 2)):
        monitor.observe(*_rows(300, seed=seed), 0)
        both.observe(*_rows(300, seed=seed), 0)
    added = [a.rows + b.rows for a, b in zip(one.observations(), two.observations(), strict=True)]
    assert added == [o.rows for o in both.observations()]


@pytest.mark.parametrize(
    "inputs",
    [
        None,
        Columns(["x"], 0, arrays=[[]]),
        Columns(["x"], 3, arrays=[[float("nan"), float("inf"), 10**400]]),
        Columns(["x", "city"], 2, arrays=[["text", ["nested"]], [{"a": 1}, "\ud800" * 1000]]),
        Columns(["x"], 2, arrays=[[1j, b"bytes"]]),
        Columns(["other"], 2, arrays=[[1, 2]]),
        Columns(None, 2, matrix=np.zeros((2, 7))),
        read_inputs({"x": np.array(["2020-01-01"], dtype="datetime64[D]")}),
    ],
)
def test_bad_rows_are_counted_and_never_raise(inputs):
    """Between two good batches, which are counted in full."""
    monitor = _monitor(WindowByRows(2, 1), WindowByTime(60), min_rows=1)
    monitor.observe(*_rows(10), 0)
    monitor.observe(inputs, None, 0)
    monitor.observe(*_rows(10), 0)
    rows = 20 + (inputs.rows if inputs is not None else 0)
    assert monitor.rows == rows
    seen = sum(o.rows for o in monitor.observations() if o.name == "x")
    assert seen + monitor.absent["x"] == rows
    assert all(math.isfinite(r.value) for r in monitor.readings().readings)


def test_a_column_of_another_type_is_drift():
    """Text where numbers were: all rows unseen, an alarm of the window raised, and of the sums: nothing varies."""
    monitor = _monitor()
    inputs, outputs = _rows(800)
    text = Columns(["x", "city"], 800, arrays=[[str(v) for v in inputs["x"]], inputs["city"]])
    changes = monitor.observe(text, outputs, 0)
    assert {(change.name, change.statistic) for change in changes} == {("x", "psi"), ("x", "scale")}
    rates = {r.statistic: r.value for r in monitor.readings().readings if r.name == "x"}
    assert rates["unseen"] == 1.0
    assert "ks" not in rates


@pytest.mark.parametrize("windows", [[], [WindowByRows(10), WindowByRows(10, 2)], [WindowByTime(60), WindowByTime(60)]])
def test_windows_without_a_name_of_their_own_are_refused(windows):
    """Two windows of one name would be one time series."""
    with pytest.raises(ValueError, match="only once"):
        DriftMonitor(REFERENCE, windows=windows)


def test_times_that_do_not_fit_the_rows_are_refused():
    """Which row would the missing time belong to."""
    with pytest.raises(ValueError, match="broadcast"):
        _monitor().observe(*_rows(3), np.zeros(2, np.int64))
