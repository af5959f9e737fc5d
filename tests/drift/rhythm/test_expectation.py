"""A daily rhythm is no drift for a reference that knows it, and what is as large as the rhythm is."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

import driftmeter
from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows, WindowByTime, compare
from driftmeter.drift.binning import Binning
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.rhythm.expectation import expectation

HOUR_S = 3600
MONDAY_S = 1767571200
PER_HOUR = 60


def _stream(hours, start=0, shift=0.0, seed=0, amplitude=1.0):
    """A sine over the day with noise of its own size, and a category that follows it."""
    rng = np.random.default_rng(seed)
    times = np.sort(MONDAY_S + start * HOUR_S + rng.integers(0, hours * HOUR_S, hours * PER_HOUR))
    height = amplitude * np.sin(times % 86_400 / 86_400 * 2 * np.pi)
    city = np.where(rng.random(times.size) < 1 / (1 + np.exp(-height)), "a", "b")
    return pd.DataFrame(
        {"at": times.astype("datetime64[s]"), "x": height + rng.normal(size=times.size) + shift, "city": city}
    )


@functools.cache
def _reference(**options):
    return Reference.from_data(_stream(168 * 4), model="m", time="at", **options)


def _observed(monitor, rows):
    """Changes of alarms on the PSI, and the readings of x, hour by hour."""
    changes, psi, limits = [], [], []
    for start in range(0, len(rows), PER_HOUR):
        part = rows[start : start + PER_HOUR]
        table = Columns(["x", "city"], len(part), arrays=[part["x"].to_numpy(), part["city"].to_numpy()])
        changes += monitor.observe(table, None, part["at"].to_numpy().astype("datetime64[ns]").astype(np.int64))
        for reading in monitor.readings().readings:
            if (reading.name, reading.statistic, reading.against) == ("x", "psi", "reference"):
                psi.append(reading.value)
                limits.append(reading.threshold)
    return [change for change in changes if change.statistic == "psi"], np.array(psi), np.array(limits)


WINDOW = WindowByTime(8 * HOUR_S)


@pytest.mark.slow
def test_a_rhythm_that_is_known_is_quiet_and_its_own_size_is_found():
    """Two weeks without a change and then a shift as large as the rhythm: with the profile, and without."""
    known, plain, untimed = (
        DriftMonitor(reference, windows=[WINDOW], min_rows=100)
        for reference in (
            _reference(profile="hour-of-week"),
            _reference(),
            Reference.from_data(_stream(168 * 4).drop(columns="at"), model="m"),
        )
    )
    same, moved = _stream(168 * 2, 168 * 4, seed=1), _stream(24, 168 * 6, shift=1.0, seed=2)
    changes, psi, limits = _observed(known, same)
    assert changes == []
    assert (psi / limits).max() < 0.75
    raised = [change for change in _observed(known, moved)[0] if change.raised and change.name == "x"]
    assert raised
    assert raised[0].row - len(same) <= 8 * PER_HOUR

    assert len(_observed(untimed, same)[0]) > 20  # every day is an alarm

    _, _, wide = _observed(plain, same)
    assert np.median(wide[np.isfinite(wide)]) > 10 * np.median(limits[np.isfinite(limits)])


def _running(monitor, rows, step):
    """Changes of alarms on running sums, batch by batch."""
    changes = []
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        table = Columns(["x"], len(part), arrays=[part["x"].to_numpy()])
        changes += monitor.observe(table, None, part["at"].to_numpy().astype("datetime64[ns]").astype(np.int64))
    return [change for change in changes if change.window == "running"]


@pytest.mark.slow
def test_running_sums_hold_a_row_against_its_own_hour():
    """Four weeks of nights are no shift; one as large as the rhythm is found within half a day, by the whole a week."""
    profiled, plain = _reference(profile="hour-of-week"), _reference()
    week = 168 * 4
    assert _running(DriftMonitor(profiled, windows=[WINDOW]), _stream(week, start=week, seed=3), 500) == []
    delays = {"profiled": [], "plain": []}
    for seed in range(5):
        rows = _stream(168, start=week, shift=1.0, seed=10 + seed)
        for name, reference in (("profiled", profiled), ("plain", plain)):
            changes = _running(DriftMonitor(reference, windows=[WINDOW]), rows, 500)
            raised = [change for change in changes if change.statistic == "shift"]
            delays[name].append(raised[0].row if raised else len(rows))
    assert np.median(delays["profiled"]) <= 12 * PER_HOUR
    assert np.median(delays["plain"]) > 5 * np.median(delays["profiled"])


@pytest.mark.slow
def test_hours_are_told_apart_row_by_row_however_rows_are_batched():
    """Ten rows an hour, so that blocks of rows lie in several: the same alarms at the same rows."""
    known = _reference(profile="hour-of-week")
    rows = _stream(168, start=168 * 4, shift=1.5, seed=6)[::6]
    found = [_running(DriftMonitor(known, windows=[WINDOW]), rows, step) for step in (1, 37, len(rows))]
    assert found[0]
    assert len({tuple((change.row, change.value) for change in changes) for changes in found}) == 1


def test_without_drift_the_psi_is_what_chance_gives():
    """In the mean over windows of an hour, whatever the hour: the law that limits rest on holds about the profile."""
    reference = _reference(profile="hour-of-week")
    binning = Binning(reference)
    expected = expectation(reference, binning, Evaluator(binning))
    rows = _stream(168, 168 * 4, seed=3)
    times = rows["at"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    table = Columns(["x", "city"], len(rows), arrays=[rows["x"].to_numpy(), rows["city"].to_numpy()])
    batch, counting = binning.read(table, None, len(rows)), expected.counting(times)
    ratios = []
    for start in range(0, len(rows), 200):
        counts = counting.count(batch, slice(start, start + 200))
        evaluator = expected.evaluator(counts)
        seen = evaluator.glance(counts[expected.ahead :])
        ratios.append(seen.psi / ((seen.bins - 1) * (1 / seen.rows + 1 / evaluator.n_reference)))
    assert np.mean(ratios, axis=0) == pytest.approx([1.0, 1.0], abs=0.35)


def test_batches_are_compared_with_the_hours_that_they_come_from():
    """Where they have times; without these, with the whole."""
    reference = _reference(profile="hour-of-week")
    night = _stream(168, 168 * 4, seed=4)
    night = night[night["at"].dt.hour >= 12]
    assert not any(values["alarm"] for values in compare(reference, night).features.values())
    apart = compare(reference, night.drop(columns="at")).features["x"]["psi"]
    assert apart > 20 * compare(reference, night).features["x"]["psi"]
    shifted = night.assign(x=night["x"] + 1.0)
    assert {name for name, values in compare(reference, shifted).features.items() if values["alarm"]} == {"x"}


def test_times_that_have_no_hours_are_refused():
    """Numbers could be anything, and a row without a time has no hour."""
    for at, told in (([1, 2], "are numbers"), ([None, "2026-01-05"], "without a time|no time")):
        with pytest.raises(ValueError, match=told):
            compare(_reference(profile="hour-of-week"), {"at": at, "x": [1.0, 2.0], "city": ["a", "b"]})


def test_profiles_by_month_know_winters():
    """Three years of seasons, and one more."""

    def years(number, start, seed):
        rng = np.random.default_rng(seed)
        at = np.datetime64(start) + np.arange(365 * number * 20) // 20
        season = np.cos((at - at.astype("datetime64[Y]")).astype(int) / 365 * 2 * np.pi)
        return pd.DataFrame({"at": at, "t": season + rng.normal(size=at.size)})

    reference = Reference.from_data(years(3, "2023-01-01", 0), model="m", time="at", profile="month")
    winter = years(1, "2026-01-01", 1).query("at < '2026-02-01'")
    assert not compare(reference, winter).features["t"]["alarm"]
    assert compare(reference, winter.drop(columns="at")).features["t"]["psi"] > 0.5
    assert compare(reference, winter.assign(t=winter["t"] - 2)).features["t"]["alarm"]


def test_a_reference_of_one_week_keeps_its_wide_limits():
    """Each hour was met once: what is rhythm and what is chance nobody can tell."""
    reference = Reference.from_data(_stream(168), model="m", time="at", profile="hour-of-week")
    binning = Binning(reference)
    assert expectation(reference, binning, Evaluator(binning)).variation is reference.variation
    again = _reference(profile="hour-of-week")
    binning = Binning(again)
    assert expectation(again, binning, Evaluator(binning)).variation is not again.variation


@pytest.mark.slow
@pytest.mark.parametrize("window", [WINDOW, WindowByRows(480)])
def test_other_comparisons_go_on_as_before(window):
    """With the window before, and with the version before; all statistics are there to be read."""
    reference = _reference(profile="hour-of-week")
    old = DriftMonitor(reference, windows=[window], min_rows=100)
    new = DriftMonitor(reference, windows=[window], min_rows=100, previous=True, older=lambda: [("1", old)])
    for start in (0, 24):
        _observed(old, _stream(24, start, seed=5))
        _observed(new, _stream(24, start, seed=6))
    against = {reading.against for reading in new.readings().readings if reading.statistic == "psi"}
    assert against == {"reference", "previous", "version:1"}
    assert {"psi", "ks", "wasserstein", "missing"} <= {reading.statistic for reading in new.readings().readings}


def test_categories_alone_have_hours_too():
    """Without any number there are no sums to keep, and windows go on as ever."""
    reference = Reference.from_data(_stream(168 * 4)[["at", "city"]], model="m", time="at", profile="hour-of-week")
    monitor = DriftMonitor(reference, windows=[WINDOW], min_rows=100)
    rows = pd.DataFrame({"city": ["a"] * 2000, "at": _stream(168)["at"][:2000]})
    times_ns = rows["at"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    changes = monitor.observe(Columns(["city"], 2000, arrays=[["a"] * 2000]), None, times_ns)
    assert [(change.name, change.statistic, change.raised) for change in changes] == [("city", "psi", True)]


def test_predictions_are_held_against_their_own_hours(sdk):
    """Through the whole package: noon's rows by the time that the caller gives."""
    telemetry = sdk().configure(reference=_reference(profile="hour-of-week"), windows="400rows")
    rows = _stream(24 * 7, 168 * 4, seed=7)
    rows = rows[rows["at"].dt.hour.between(5, 7)]
    for at, hour in rows.groupby(rows["at"].dt.floor("h")):
        inputs = {"x": hour["x"].to_numpy(), "city": hour["city"].tolist()}
        with driftmeter.predict("m", inputs=inputs, timestamp=at.tz_localize("UTC").to_pydatetime()):
            pass
    found = {
        a["ml.feature.name"]: p.value
        for a, p in telemetry.points("ml.feature.drift")
        if a["ml.drift.statistic"] == "psi"
    }
    assert found["x"] < 0.1
    assert telemetry.faults == {}
