"""Live rows against other live rows: the window before, and the version before."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows, WindowByTime
from driftmeter.drift.binning import Binning
from driftmeter.drift.evaluation import Evaluator

RNG = np.random.default_rng(11)
TRAINING = {"x": RNG.normal(size=6000), "city": RNG.choice(["a", "b", "c"], 6000)}
REFERENCE = Reference.from_data(TRAINING, model="m", version="1")
S = 10**9


def _table(n, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return Columns(["x", "city"], n, arrays=[rng.normal(shift, 1, n), rng.choice(["a", "b", "c"], n).tolist()])


def _monitor(*windows, **options):
    return DriftMonitor(REFERENCE, windows=windows or [WindowByRows(400, 4)], min_rows=100, **options)


def _values(monitor, against, name="x"):
    return {r.statistic: r.value for r in monitor.readings().readings if r.against == against and r.name == name}


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_other_live_rows_take_the_references_place(shift):
    """Every number is that of a reference built from those rows over the same bins."""
    binning = Binning(REFERENCE)
    left, right = _table(700, shift, seed=1), _table(900, seed=2)
    count = [binning.count(binning.read(table, None, table.rows), slice(None)) for table in (left, right)]
    as_reference = Reference.from_data({"x": left["x"], "city": left["city"]}, model="m", like=REFERENCE)
    expected = Evaluator(Binning(as_reference)).evaluate(count[1])
    base = Evaluator(binning)
    found = base.against(count[0], lambda: count[0]).evaluate(count[1])
    for statistic, values in expected.values.items():
        assert found.values[statistic] == pytest.approx(values, rel=1e-12, nan_ok=True)
    for statistic, values in expected.p_values.items():
        assert found.p_values[statistic] == pytest.approx(values, rel=1e-9, nan_ok=True)
    assert base.n_reference.tolist() == [6000, 6000]


@settings(max_examples=settings.default.max_examples * 2 // 5)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=12))
def test_the_window_before_ends_where_this_one_began(sizes):
    """However the rows came: at each look the two are the last 400 rows and the 400 before."""
    rows = _table(sum(sizes), shift=0.3, seed=3)
    monitor, seen = _monitor(previous=True), 0
    for size in sizes:
        part = Columns(["x", "city"], size, arrays=[rows[n][seen : seen + size] for n in ("x", "city")])
        monitor.observe(part, None, 0)
        seen += size
    last = seen - seen % 100
    binning = Binning(REFERENCE)
    batch = binning.read(rows, None, rows.rows)
    now, before = (binning.count(batch, slice(max(0, end - 400), end)) for end in (last, max(0, last - 400)))
    found = {(r.name, r.statistic): r.value for r in monitor.readings().readings if r.against == "previous"}
    if last < 500:
        assert found == {}
        return
    expected = Evaluator(binning).against(before, lambda: before).evaluate(now)
    for place, (_, name) in enumerate(expected.subjects):
        for statistic, values in expected.values.items():
            if math.isfinite(values[place]):
                assert found[name, statistic] == pytest.approx(values[place], rel=1e-12, abs=1e-15)


def test_a_shift_is_seen_against_the_window_before_and_then_forgotten():
    """Against the reference it stays: the two say different things."""
    monitor = _monitor(previous=True)
    changes = [
        (change.against, change.raised)
        for batch, shift in enumerate([0.0, 0.0, 2.0, 2.0, 2.0])
        for change in monitor.observe(_table(400, shift, seed=batch), None, 0)
        if change.statistic == "psi"
    ]
    assert sorted(changes) == [("previous", False), ("previous", True), ("reference", True)]


@pytest.mark.slow
def test_chance_between_two_windows_is_the_chance_of_both():
    """Without drift the p-values are uniform: both sides are samples, and the law knows the size of each."""
    p_values, looks = [], 300
    monitor = _monitor(WindowByRows(1000, 1), previous=True)
    for seed in range(looks):
        monitor.observe(_table(1000, seed=100 + seed), None, 0)
        p_values += [
            r.p_value for r in monitor.readings().readings
            if (r.against, r.statistic, r.name) == ("previous", "psi", "x") and seed % 2
        ]  # fmt: skip
    assert len(p_values) == looks // 2
    assert scipy_stats.kstest(p_values, "uniform").pvalue > 0.001


def test_two_live_versions_are_compared_on_the_same_traffic():
    """The canary's rows are held against the older version's, not only against the reference."""
    older = _monitor()
    canary = _monitor(older=lambda: [("1", older)])
    for at in range(4):
        older.observe(_table(400, 1.0, seed=at), None, at * S)
        changes = canary.observe(_table(200, 1.0, seed=50 + at), None, at * S)
        assert all(change.against == "reference" for change in changes)
    assert _values(canary, "version:1")["psi"] < 0.15 < _values(canary, "reference")["psi"]
    assert {r.against for r in older.readings().readings} == {"reference"}
    [change] = canary.observe(_table(200, 3.0, seed=60), None, 4 * S)
    assert (change.against, change.name, change.raised) == ("version:1", "x", True)


def test_a_version_that_went_quiet_is_no_comparison_and_its_alarm_is_cleared():
    """What it said last would grow old: it is gone when the canary has filled two windows without it."""
    older = _monitor()
    canary = _monitor(older=lambda: [("1", older)])
    older.observe(_table(400), None, 0)
    raised = canary.observe(_table(400, 2.0), None, 0)
    assert {(c.against, c.raised) for c in raised} == {("reference", True), ("version:1", True)}
    cleared = [c for at in range(1, 12) for c in canary.observe(_table(100, 2.0, seed=at), None, at * S)]
    assert [(c.against, c.raised) for c in cleared] == [("version:1", False)]
    assert math.isfinite(cleared[0].value)
    assert {r.against for r in canary.readings().readings} == {"reference"}


def test_the_latest_live_version_is_the_one_to_compare_with():
    """A version in between that had no rows is passed over."""
    oldest, between = _monitor(), _monitor()
    youngest = _monitor(older=lambda: [("2", between), ("1", oldest)])
    oldest.observe(_table(400), None, 0)
    youngest.observe(_table(400), None, 0)
    assert _values(youngest, "version:1")
    between.observe(_table(400), None, 0)
    youngest.observe(_table(100), None, 0)
    assert _values(youngest, "version:2")
    assert not _values(youngest, "version:1")


def test_versions_in_windows_by_time_are_compared_within_the_window():
    """By the rows' own time: rows of an hour ago are not those of now."""
    older = _monitor(WindowByTime(80, 4))
    canary = _monitor(WindowByTime(80, 4), older=lambda: [("1", older)])
    found = []
    for at in range(12):
        if at < 6:
            older.observe(_table(200, seed=at), None, at * 20 * S)
        canary.observe(_table(200, seed=50 + at), None, at * 20 * S)
        found.append(bool(_values(canary, "version:1")))
    assert found == [False, *[True] * 9, False, False]


def test_too_few_rows_on_either_side_give_no_reading():
    """A law of large samples says nothing of small ones."""
    older = _monitor()
    canary = _monitor(older=lambda: [("1", older)])
    older.observe(_table(99), None, 0)
    canary.observe(_table(400), None, 0)
    assert not _values(canary, "version:1")
    older.observe(_table(1), None, 0)
    canary.observe(_table(100), None, 0)
    assert _values(canary, "version:1")


def test_nothing_is_compared_unless_asked_for():
    """Series that were there before keep their number and their names."""
    monitor = _monitor()
    monitor.observe(_table(2000), None, 0)
    assert {r.against for r in monitor.readings().readings} == {"reference"}
