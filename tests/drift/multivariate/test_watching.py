from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows, WindowByTime

NAMES = ("x", "y", "z", "w")
S = 10**9


def _rows(n, seed, *, turned=False):
    """Four normal columns, y following x, and z following w; turned: y follows w instead, each column as it was."""
    rng = np.random.default_rng(seed)
    x, w, chance = rng.normal(size=(3, n))
    y = 0.9 * (w if turned else x) + math.sqrt(1 - 0.81) * chance
    return Columns(NAMES, n, matrix=np.column_stack([x, y, 0.9 * w + math.sqrt(1 - 0.81) * rng.normal(size=n), w]))


def _reference(n=20_000, **options):
    rows = _rows(n, 0)
    return Reference.from_data({name: rows[name] for name in NAMES}, model="m", **options)


REFERENCE = _reference()


def _monitor(*windows, **options):
    options = {"multivariate": True, **options}
    return DriftMonitor(REFERENCE, windows=windows or [WindowByRows(2000)], **options)


def _together(changes):
    return [change for change in changes if change.kind == "multivariate"]


def test_what_no_column_shows_raises_its_own_alarms():
    """The columns as they were, one of them following another: the pair that moved most is named."""
    monitor = _monitor()
    assert monitor.observe(_rows(4000, 1), None, 0) == []
    changes = monitor.observe(_rows(2000, 2, turned=True), None, 0)
    assert {change.kind for change in changes} == {"multivariate"}
    found = {change.statistic: change for change in changes}
    assert set(found) == {"correlation", "reconstruction"}
    assert set(found["correlation"].columns) in ({"x", "y"}, {"y", "w"}, {"y", "z"})
    assert "y" in found["reconstruction"].columns
    assert all(change.raised and change.value > change.threshold for change in changes)
    assert all(change.p_value < 1e-6 and change.row == 4000 + change.row_in_batch + 1 for change in changes)


def test_an_alarm_of_columns_together_is_cleared():
    """Once the rows that broke the bond have left the window."""
    monitor = _monitor()
    told = [
        (change.statistic, change.raised)
        for seed, turned in enumerate((False, True, True, False, False, False), 1)
        for change in _together(monitor.observe(_rows(2000, seed, turned=turned), None, 0))
    ]
    assert sorted(told) == [(name, raised) for name in ("correlation", "reconstruction") for raised in (False, True)]


@settings(max_examples=settings.default.max_examples * 3 // 20)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_what_is_seen_together_does_not_depend_on_the_batches(sizes):
    """The same rows give the same values, drawn from as they are."""
    windows = [WindowByRows(500), WindowByRows(1000), WindowByTime(60)]
    rows, total = _rows(sum(sizes), 3, turned=True), sum(sizes)
    times = np.arange(total, dtype=np.int64) * S // 10
    whole, parts = _monitor(*windows), _monitor(*windows)
    expected, found, seen = whole.observe(rows, None, times), [], 0
    for size in sizes:
        part = Columns(NAMES, size, matrix=rows.matrix[seen : seen + size])
        found += parts.observe(part, None, times[seen : seen + size])
        seen += size
    kept = [sorted((c.statistic, c.window, c.row, c.value, c.columns) for c in _together(e)) for e in (expected, found)]
    assert kept[0] == kept[1]
    latest = [[r for r in each.readings().readings if r.kind == "multivariate"] for each in (whole, parts)]
    assert latest[0] == latest[1]


def test_a_reading_has_its_limit_beside_it():
    """Both statistics of a full window; none before, and none of a time that has gone."""
    now = [0.0]
    monitor = _monitor(WindowByRows(2000), WindowByTime(80, 4), clock=lambda: now[0], min_rows=500)

    def told():
        return [reading for reading in monitor.readings().readings if reading.kind == "multivariate"]

    monitor.observe(_rows(1999, 1), None, 0)
    assert told() == []
    monitor.observe(_rows(1, 2), None, 0)
    monitor.observe(_rows(10, 2), None, 30 * S)
    assert [(r.window, r.statistic) for r in told()] == [
        (window, statistic) for window in ("2000rows", "80s") for statistic in ("correlation", "reconstruction")
    ]
    assert all(0 <= r.value < r.threshold and 0 < r.p_value <= 1 and not r.alarm for r in told())
    now[0] = 81.0
    assert {r.window for r in told()} == {"2000rows"}


def test_nothing_is_looked_at_together_unless_asked():
    """Nor where there is one number alone, or a reference that knows nothing of its columns together."""
    alone = Reference.from_data({"x": np.arange(100.0), "city": ["a", "b"] * 50}, model="m")
    for reference, asked in ((REFERENCE, False), (alone, True)):
        monitor = DriftMonitor(reference, windows=[WindowByRows(100)], multivariate=asked)
        monitor.observe(_rows(500, 1, turned=True).only(frozenset({"x"})), None, 0)
        assert not any(reading.kind == "multivariate" for reading in monitor.readings().readings)


@pytest.mark.slow
def test_a_day_that_comes_back_every_week_is_no_alarm():
    """Where the reference knows its times, so does the monitor know how its bonds come and go."""
    rng = np.random.default_rng(5)

    def weeks(days):
        bond = np.repeat(np.where(np.arange(days) % 7 == 0, 0.2, 0.8), 500)
        x = rng.normal(size=days * 500)
        return x, bond * x + np.sqrt(1 - bond**2) * rng.normal(size=x.size)

    x, y = weeks(140)
    days = np.repeat(np.arange(140), 500)
    live = np.column_stack(weeks(140))
    alarms = {}
    for time in (None, "day"):
        data = {"x": x, "y": y, **({"day": days.astype("datetime64[D]")} if time else {})}
        reference = Reference.from_data(data, model="m", time=time)
        monitor = DriftMonitor(reference, windows=[WindowByRows(500)], multivariate=True)
        changes = monitor.observe(Columns(("x", "y"), len(live), matrix=live), None, 0)
        alarms[time] = sum(change.raised for change in _together(changes))
    assert alarms["day"] == 0
    assert alarms[None] > 0


@pytest.mark.parametrize("rows", [1, 100, 5000])
def test_columns_that_do_not_come_say_nothing_together(rows):
    """A pair needs both; the reconstruction error needs all columns."""
    monitor = _monitor(WindowByRows(rows, 1))
    live = _rows(rows, 1)
    for names in ({"x"}, {"other"}):
        table = Columns(sorted(names), rows, arrays=[live["x"]])
        assert _together(monitor.observe(table, None, 0)) == []
    assert not any(reading.kind == "multivariate" for reading in monitor.readings().readings)
