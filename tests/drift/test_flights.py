"""The two drifts of the shipped flights: one real, one planted; each found soon, neither before it is there."""

from __future__ import annotations

import csv
import gzip
from importlib import resources

import pytest

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows

MILE_KM = 1.609344
ONSETS = {"airline": "2015-07-01", "distance_mi": "2015-11-15"}


@pytest.fixture(scope="module")
def flights():
    path = resources.files("driftmeter.demo") / "flights-2015.csv.gz"
    with path.open("rb") as packed, gzip.open(packed, "rt") as lines:
        return [(row["date"], row["airline"], float(row["distance_mi"])) for row in csv.DictReader(lines)]


def _found(flights, window):
    """First alarm of each column: how many rows after its onset, and how often its alarms changed."""
    training = [row for row in flights if row[0] < "2015-04-01"]
    live = [row for row in flights if row[0] >= "2015-04-01"]
    reference = Reference.from_data(
        {"airline": [row[1] for row in training], "distance_mi": [row[2] for row in training]}, model="air-time"
    )
    distances = [row[2] * (MILE_KM if row[0] >= ONSETS["distance_mi"] else 1) for row in live]
    table = Columns(["airline", "distance_mi"], len(live), arrays=[[row[1] for row in live], distances])
    changes = DriftMonitor(reference, windows=[window]).observe(table, None, 0)
    onsets = {name: sum(row[0] < date for row in live) for name, date in ONSETS.items()}
    return {name: [c.row - 1 - onsets[name] for c in changes if c.name == name] for name in ONSETS}


@pytest.mark.parametrize(("step", "rows"), [(1, 2000), (5, 1000)])
def test_both_drifts_are_found_within_the_first_window_and_nothing_before(flights, step, rows):
    """Nine months in order, at the default panes: one alarm per column, never cleared, never too early."""
    found = _found(flights[::step], WindowByRows(rows))
    for name in ONSETS:
        assert len(found[name]) == 1
        assert 0 <= found[name][0] < rows
