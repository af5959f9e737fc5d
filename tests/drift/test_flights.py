"""The drifts of the shipped flights, one real, one planted, found soon; and weather, which is none, told from them."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from importlib import resources

import pytest

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows

MILE_KM = 1.609344
ONSETS = {"airline": "2015-07-01", "distance_mi": "2015-11-15"}
DELAYS = ("departure_delay_min", "taxi_out_min")
COLUMNS = ("airline", "distance_mi", *DELAYS)


@pytest.fixture(scope="module")
def flights():
    path = resources.files("driftmeter.demo") / "flights-2015.csv.gz"
    with path.open("rb") as packed, gzip.open(packed, "rt") as lines:
        return [
            (row["date"], row["airline"], *(float(row[name]) if row[name] else None for name in COLUMNS[1:]))
            for row in csv.DictReader(lines)
        ]


def _changes(flights, window, *, time, own_clock=False):
    """Every alarm of nine months against the first three, and the number of the row at which each drift sets in."""
    training = [row for row in flights if row[0] < "2015-04-01"]
    live = [row for row in flights if row[0] >= "2015-04-01"]
    data = {name: [row[place] for row in training] for place, name in enumerate(("date", *COLUMNS))}
    reference = Reference.from_data(data, model="air-time", columns=COLUMNS, time=time)
    arrays = [[row[place] for row in live] for place in range(1, 5)]
    arrays[1] = [row[2] * (MILE_KM if row[0] >= ONSETS["distance_mi"] else 1) for row in live]
    now_s = 0.0
    monitor = DriftMonitor(reference, windows=[window], clock=lambda: now_s)
    onsets = {name: sum(row[0] < date for row in live) for name, date in ONSETS.items()}
    if not own_clock:
        return monitor.observe(Columns(COLUMNS, len(live), arrays=arrays), None, 0), onsets, live
    changes, days, starts = [], [row[0] for row in live], range(0, len(live), 250)
    for start in starts:
        part = [array[start : start + 250] for array in arrays]
        today = datetime.fromisoformat(days[min(start + 249, len(days) - 1)]).replace(tzinfo=UTC)
        now_s = (today - datetime(2015, 4, 1, tzinfo=UTC)).total_seconds()
        changes += monitor.observe(Columns(COLUMNS, len(part[0]), arrays=part), None, int(today.timestamp() * 1e9))
    return changes, onsets, live


@pytest.mark.slow
@pytest.mark.parametrize("own_clock", [False, True])
@pytest.mark.parametrize(("step", "rows"), [(1, 2000), (1, 1000), (5, 1000)])
def test_both_drifts_are_found_within_the_first_window_and_nothing_else(flights, step, rows, own_clock):
    """Nine months in order, as they come by, on their own clock and in a moment: each drift once per statistic, never
    cleared, never too early; no season, no weather."""
    changes, onsets, _ = _changes(flights[::step], WindowByRows(rows), time="date", own_clock=own_clock)
    assert {(change.name, change.statistic) for change in changes} == {
        ("airline", "psi"), ("distance_mi", "psi"), ("distance_mi", "shift"), ("distance_mi", "scale"),
    }  # fmt: skip
    assert len(changes) == 4
    assert all(0 <= change.row - 1 - onsets[change.name] < rows for change in changes)


@pytest.mark.slow
def test_an_alarm_names_the_bins_that_moved_it(flights):
    """US Airways that is gone, and American Airlines that has grown."""
    changes, _, _ = _changes(flights, WindowByRows(2000), time="date")
    [airline] = [change for change in changes if change.name == "airline"]
    assert [name for name, _ in airline.bins[:2]] == ["US", "AA"]
    assert 0.8 < sum(share for _, share in airline.bins) <= 1.0


def test_without_their_time_the_weather_is_taken_for_drift(flights):
    """What the variation is good for: rows that are thought independent alarm in April already."""
    changes, _, live = _changes(flights, WindowByRows(2000), time=None)
    first = {name: live[next(c.row for c in changes if c.name == name) - 1][0] for name in DELAYS}
    assert max(first.values()) < "2015-06-01"
