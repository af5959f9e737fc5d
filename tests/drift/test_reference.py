from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import Reference

FLIGHTS = {"distance": [369.0, 1635, 407, 589, 1020, None], "airline": ["B6", "F9", "NK", "EV", "B6", None]}
ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.floats(width=32)), st.sampled_from(["a", "b", "c", None])),
    min_size=2,
    max_size=50,
)


def _table(rows):
    return {"x": [row[0] for row in rows], "city": [row[1] for row in rows]}


@given(ROWS, st.data())
def test_two_halves_merged_are_the_whole(rows, data):
    """To the count, in every bin and fine cell; mean and spread to rounding."""
    cut = data.draw(st.integers(1, len(rows) - 1))
    whole = Reference.from_data(_table(rows), model="m")
    first = Reference.from_data(_table(rows[:cut]), model="m", like=whole)
    second = Reference.from_data(_table(rows[cut:]), model="m", like=whole)
    merged = first.merge(second)
    for name, column in whole.columns.items():
        found = merged.columns[name]
        assert (found.n, found.counts, found.fine) == (column.n, column.counts, column.fine)
        if column.moments is not None and column.moments.count:
            assert found.moments.count == column.moments.count
            assert found.moments.mean == pytest.approx(
                column.moments.mean, rel=1e-9, abs=1e-30 + 1e-9 * column.moments.std
            )


def test_merging_is_refused_where_counts_do_not_add_up():
    """Other bins, columns or models: each with the way out."""
    reference = Reference.from_data(FLIGHTS, model="m")
    other_bins = Reference.from_data({**FLIGHTS, "distance": [1.0, 2, 3, 4, 5, 6]}, model="m")
    fewer = Reference.from_data(FLIGHTS, model="m", columns=["airline"])
    with pytest.raises(ValueError, match="like=first"):
        reference.merge(other_bins)
    with pytest.raises(ValueError, match=r"distance.*like=first"):
        reference.merge(fewer)
    with pytest.raises(ValueError, match="same model"):
        reference.merge(Reference.from_data(FLIGHTS, model="other"))


def test_the_latest_training_time_stays_when_merging():
    """A merged reference is as old as its youngest part."""
    first = Reference.from_data(FLIGHTS, model="m", trained_at="2026-01-01T00:00:00+00:00")
    second = Reference.from_data(FLIGHTS, model="m", trained_at="2026-02-01T00:00:00+00:00", like=first)
    assert first.merge(second).trained_at == "2026-02-01T00:00:00+00:00"
    evening = Reference.from_data(FLIGHTS, model="m", trained_at="2026-01-31T23:00:00-05:00", like=first)
    assert evening.merge(second).trained_at == second.merge(evening).trained_at == "2026-01-31T23:00:00-05:00"


def test_inputs_and_outputs_are_told_apart():
    """In the order of the data."""
    reference = Reference.from_data({**FLIGHTS, "minutes": [1, 2, 3, 4, 5, 6]}, model="m", outputs=["minutes"])
    assert reference.input_names == ("distance", "airline")
    assert reference.output_names == ("minutes",)


def test_bins_are_named_by_what_they_hold():
    """Names are those of the metric attribute ml.bin."""
    reference = Reference.from_data(FLIGHTS, model="m")
    assert reference.columns["airline"].bins == (
        "B6", "EV", "F9", "NK", "other", "below", "above", "missing", "unseen",
    )  # fmt: skip
    assert reference.columns["distance"].bins[:3] == ("369", "[370,407)", "407")


def test_a_reference_cannot_be_changed():
    """It is shared by threads and named by its hash."""
    reference = Reference.from_data(FLIGHTS, model="m")
    with pytest.raises(TypeError):
        reference.columns["new"] = reference.columns["airline"]
    with pytest.raises(AttributeError):
        reference.model = "other"


def test_columns_can_be_chosen_and_their_kinds_stated():
    """A number that is a code is a category when it is said to be one."""
    reference = Reference.from_data({"zip": [10115, 20095.0, "10115"], "age": [1, 2, 3]}, columns={"zip": "category"})
    assert list(reference.columns) == ["zip"]
    assert reference.columns["zip"].labels == ("10115", "20095")
    assert list(Reference.from_data({"age": [1], "zip": [2]}, columns=["zip", "zip"]).columns) == ["zip"]


def test_like_takes_the_bins_of_the_other_reference():
    """What lies outside them is below, above or unseen."""
    first = Reference.from_data({"x": [1, 2, 3], "city": ["a", "b", "b"]}, model="m")
    second = Reference.from_data({"x": [0, 3, 9], "city": ["a", "z", None]}, model="m", like=first)
    assert second.columns["x"].counts[-4:] == (1, 1, 0, 0)
    assert second.columns["city"].shares["unseen"] == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="height"):
        Reference.from_data({"height": [1]}, model="m", like=first, columns=["height"])
