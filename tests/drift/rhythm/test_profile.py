"""Counts by phase: exact, mergeable, stored."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import Reference, ReferenceBuilder
from driftmeter.drift.rhythm.phases import PHASES
from driftmeter.drift.storing import hash_of

VALUES = st.sampled_from([None, 1.5, 2.5, "text", float("inf"), 7])
START = np.datetime64("2026-01-05T00:00:00")


def _rows(hours, seed=0, start=START):
    rng = np.random.default_rng(seed)
    times = start + np.arange(hours).astype("timedelta64[h]")
    return {"at": times, "x": rng.normal(size=hours), "city": rng.choice(["a", "b"], hours)}


def _built(rows, period="hour-of-week", **options):
    return Reference.from_data(rows, model="m", time="at", profile=period, **options)


@given(st.lists(VALUES, min_size=8, max_size=80), st.sampled_from(sorted(PHASES)), st.integers(1, 40))
def test_phases_add_up_however_the_rows_are_cut(values, period, cut):
    """Every row is in one phase, whatever its value is, and chunks give what the whole gives."""
    times = (START + (np.arange(len(values)) * 37).astype("timedelta64[h]")).tolist()
    whole = _built({"at": times, "x": values}, period)
    lines = whole.profile.counts["x"]
    assert len(lines) == PHASES[period]
    assert tuple(map(sum, zip(*lines, strict=True))) == whole.columns["x"].counts
    builder = ReferenceBuilder("m", time="at", profile=period, sample=None)
    for take in (builder.scan, builder.count):
        for part in (slice(None, cut), slice(cut, None)):
            take({"at": times[part], "x": values[part]})
    assert builder.build().profile == whole.profile


def test_panes_tell_when_their_rows_came():
    """Rows per phase of each pane of the variation."""
    reference = _built(_rows(168 * 4))
    panes = np.array(reference.profile.panes)
    assert panes.shape == (reference.variation.panes, 168)
    assert panes.sum(axis=0).tolist() == [4] * 168
    assert panes.sum(axis=1).tolist() == [sum(pane) for pane in reference.variation.counts["x"]]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_merging_is_a_law(order):
    """Two halves merged have the phases of the whole, and panes in the order of time."""
    whole = _rows(168 * 4)
    halves = [{name: column[part] for name, column in whole.items()} for part in (slice(0, 300), slice(300, None))]
    expected = _built(whole)
    first, second = (_built(halves[place], like=expected) for place in order)
    merged = first.merge(second).profile
    assert merged.counts == expected.profile.counts
    assert np.array(merged.panes).sum(axis=0).tolist() == [4] * 168
    assert len(merged.panes) == first.merge(second).variation.panes
    days = np.array(merged.panes) @ np.arange(168)
    assert days[0] < days[3]  # the first pane is a Monday


def test_overlapping_references_keep_their_phases_without_panes():
    """There is no variation to be told of."""
    reference = _built(_rows(168 * 2))
    merged = reference.merge(_built(_rows(168 * 2, seed=1), like=reference))
    assert (merged.variation, merged.profile.panes) == (None, ())
    assert sum(map(sum, merged.profile.counts["x"])) == 2 * 168 * 2


def test_references_of_another_rhythm_are_not_merged():
    """Nor with one that has none."""
    weekly, later = _built(_rows(168 * 2)), _rows(168 * 2, start=START + np.timedelta64(30, "D"))
    with pytest.raises(ValueError, match="by hour-of-week of 'at', the other by month"):
        weekly.merge(_built(later, "month", like=weekly))
    with pytest.raises(ValueError, match="only one of the two"):
        weekly.merge(Reference.from_data(later, model="m", time="at", like=weekly))


@pytest.mark.parametrize("period", sorted(PHASES))
def test_a_stored_profile_is_read_back(period, tmp_path):
    """To the same hash; empty phases take no room."""
    reference = _built(_rows(30), period)
    reference.save(tmp_path / "ref.json")
    again = Reference.load(tmp_path / "ref.json")
    assert (again.profile, again.hash) == (reference.profile, reference.hash)
    assert json.loads((tmp_path / "ref.json").read_text())["profile"]["counts"]["x"].count([]) > 0


def _altered(**changes):
    stored = json.loads(json.dumps(_built(_rows(60)).to_dict()))
    stored["profile"] |= changes
    return {**stored, "hash": hash_of(stored)}


def test_keys_of_a_later_version_are_left_alone():
    """A profile with more facts in it still loads."""
    assert Reference.from_dict(_altered(zone="Europe/Berlin")).profile.period == "hour-of-week"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"period": "week"}, "'week'; a profile is by hour-of-week or month"),
        ({"counts": []}, "no object with counts"),
        ({"counts": {"x": []}}, "profile is of the columns"),
        ({"counts": {"x": [], "city": []}}, "does not add up"),
        ({"counts": {"x": [[-1]] * 168, "city": 7}}, "does not add up"),
        ({"panes": 7}, "must be a list"),
        ({"panes": [7]}, "a list of phases"),
        ({"panes": [[[168, 1]]]}, "a list of phases"),
        ({"panes": [[[0, -1]]]}, "a list of phases"),
    ],
)
def test_what_is_no_profile_is_refused(changes, told):
    """With what is wrong, and the way out."""
    with pytest.raises(ValueError, match=told):
        Reference.from_dict(_altered(**changes))


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        (_rows(60), {"profile": "month"}, "no time column"),
        (_rows(60), {"profile": "week", "time": "at"}, "hour-of-week or month"),
        ({"at": list(range(60)), "x": [1.0] * 60}, {"profile": "month", "time": "at"}, "are numbers"),
    ],
)
def test_a_profile_needs_times_that_have_hours(rows, options, told):
    """Numbers only tell the order."""
    with pytest.raises(ValueError, match=told):
        Reference.from_data(rows, model="m", **options)
