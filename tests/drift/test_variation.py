from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import Reference, ReferenceBuilder
from driftmeter.drift.storing import hash_of
from driftmeter.drift.time_panes import read_times

DAYS = [f"2026-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29)]


def _rows(days=DAYS, per_day=10, seed=0):
    rng = np.random.default_rng(seed)
    n = len(days) * per_day
    return {
        "date": [day for day in days for _ in range(per_day)],
        "x": [None if value > 2 else value for value in rng.normal(size=n).tolist()],
        "city": rng.choice(["a", "b", None], n).tolist(),
    }


def _built(rows, **options):
    return Reference.from_data(rows, model="m", time="date", **options)


@given(st.lists(st.sampled_from([None, 1.5, 2.5, "text", float("inf"), 7]), min_size=8, max_size=80))
def test_the_panes_add_up_to_the_counts(values):
    """Every row is in one pane, whatever its value is."""
    reference = _built({"date": list(range(len(values))), "x": values})
    panes = reference.variation.counts["x"]
    assert tuple(map(sum, zip(*panes, strict=True))) == reference.columns["x"].counts


def test_the_order_and_the_chunks_of_the_rows_do_not_matter():
    """Panes are cut by the rows' own times."""
    rows = _rows()
    whole = _built(rows).variation
    order = np.random.default_rng(1).permutation(len(rows["date"])).tolist()
    shuffled = {name: [values[row] for row in order] for name, values in rows.items()}
    builder = ReferenceBuilder("m", time="date", sample=None)
    chunks = [{name: values[at : at + 100] for name, values in shuffled.items()} for at in range(0, len(order), 100)]
    for take in (builder.scan, builder.count):
        for chunk in chunks:
            take(chunk)
    assert builder.build().variation == whole
    assert 32 <= whole.panes <= 64
    assert whole.duration_s == (dt.date(2026, 3, 28) - dt.date(2026, 1, 1)).days * 86_400


def test_the_time_column_itself_is_not_watched_unless_it_is_named():
    """A date drifts by nature."""
    assert set(_built(_rows()).columns) == {"x", "city"}
    assert set(_built(_rows(), columns=["x", "date"]).columns) == {"x", "date"}


def test_without_a_time_column_nothing_is_assumed():
    """And the stored form is as it was before."""
    reference = Reference.from_data(_rows(), model="m")
    assert reference.variation is None
    assert "variation" not in reference.to_dict()


def test_months_merge_into_a_quarter():
    """One after the other, whichever comes first; panes are added up, never lost."""
    rows = _rows()
    half = len(rows["date"]) // 2
    first, second = ({name: v[part] for name, v in rows.items()} for part in (slice(0, half), slice(half, None)))
    one = _built(first)
    two = _built(second, like=one)
    merged = two.merge(one)
    assert merged.variation == one.merge(two).variation
    assert merged.variation.panes <= 64
    for name, column in merged.columns.items():
        assert tuple(map(sum, zip(*merged.variation.counts[name], strict=True))) == column.counts
    assert Reference.from_dict(json.loads(json.dumps(merged.to_dict()))) == merged


def test_a_variation_that_cannot_be_merged_is_dropped_with_the_reason():
    """The same weeks twice say nothing of the order."""
    one = _built(_rows())
    merged = one.merge(_built(_rows(seed=1), like=one))
    assert merged.variation is None
    assert "same time" in merged.variation_lost
    assert Reference.from_dict(merged.to_dict()) == merged


@pytest.mark.parametrize(
    "times",
    [
        [dt.date(1970, 1, 2), dt.datetime(1970, 1, 3, tzinfo=dt.UTC)],
        ["1970-01-02", "1970-01-03T00:00:00Z"],
        ["1970-01-02T01:00:00+01:00", "1970-01-03"],
        np.array(["1970-01-02", "1970-01-03"], "datetime64[D]"),
        [np.datetime64("1970-01-02"), dt.datetime(1970, 1, 3)],  # noqa: DTZ001  # that is the case
    ],
)
def test_times_are_read_in_every_usual_form(times):
    """As seconds since the epoch, UTC where they do not say."""
    seconds, clock = read_times(times, "t")
    assert (seconds.tolist(), clock) == ([86_400.0, 172_800.0], True)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([None] * 20, "no time"),
        ([[1, 2]] * 20, "no time"),
        ([float("nan"), *range(20)], "without a time"),
        (["2026-01-01"] * 20, "1 different times"),
        (["yesterday"] * 20, "'yesterday' in the time column"),
    ],
)
def test_times_that_tell_nothing_are_refused(times, message):
    """When the reference is built."""
    with pytest.raises(ValueError, match=message):
        _built({"date": times, "x": [1.0] * len(times)})
    with pytest.raises(ValueError, match="'when' is not in the data"):
        Reference.from_data(_rows(), model="m", time="when")


@pytest.mark.parametrize("panes", [None, [], [[1, 2]], [["x"] * 7], "text"])
def test_panes_that_do_not_add_up_are_refused(panes):
    """Even when the hash fits."""
    stored = _built(_rows()).to_dict()
    stored["variation"] = {**stored["variation"], "counts": {**stored["variation"]["counts"], "city": panes}}
    with pytest.raises(ValueError, match="do not add up"):
        Reference.from_dict({**stored, "hash": hash_of(stored)})
