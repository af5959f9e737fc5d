from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import Columns, read_inputs, read_outputs
from driftmeter.drift import Reference
from driftmeter.drift.binning import Binning

REFERENCE = Reference.from_data(
    {"x": [1.5, 2.5, 3.5, 9.0], "age": [1, 2, 3, 3], "city": ["a", "b", "b", None], "y": [0.5, 1.5, 2.5, 3.5]},
    model="m",
    outputs=["y"],
)
ANYTHING = st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2))


def _bins(inputs, outputs=None, rows=None):
    binning = Binning(REFERENCE)
    batch = binning.read(inputs, outputs, inputs.rows if rows is None else rows)
    return binning.by_column(binning.count(batch, slice(None))), batch


def test_the_reference_counted_again_is_the_reference():
    """Bins and fine cells, to the count: live rows and reference rows go one way."""
    contents = {"x": [1.5, 2.5, 3.5, 9.0], "age": [1, 2, 3, 3], "city": ["a", "b", "b", None]}
    binning = Binning(REFERENCE)
    batch = binning.read(read_inputs(contents), read_outputs([0.5, 1.5, 2.5, 3.5]), 4)
    assert binning.count(batch, slice(None)).tolist() == binning.reference_counts().tolist()


@given(st.lists(ANYTHING, min_size=1, max_size=20), st.lists(ANYTHING, min_size=20, max_size=20))
def test_every_row_is_counted_once_whatever_it_holds(values, cities):
    """NaN, infinities, huge integers, text in a numeric column, lists: one bin each."""
    rows = len(values)
    bins, _ = _bins(Columns(["x", "city"], rows, arrays=[values, cities[:rows]]))
    assert bins["x"].sum() == bins["city"].sum() == rows
    assert (bins["x"] >= 0).all()


@given(st.lists(ANYTHING, min_size=2, max_size=20), st.data())
def test_counts_of_parts_add_up(values, data):
    """By ranges or by positions: the parts of a batch are the batch."""
    binning = Binning(REFERENCE)
    batch = binning.read(Columns(["x"], len(values), arrays=[values]), None, len(values))
    cut = data.draw(st.integers(0, len(values)))
    parts = binning.count(batch, slice(0, cut)) + binning.count(batch, np.arange(cut, len(values)))
    assert parts.tolist() == binning.count(batch, slice(None)).tolist()


@pytest.mark.parametrize("kind", ["category", None])
def test_truth_values_are_the_same_however_they_come(kind):
    """As an array, as a list or one by one: in an array they are kept as numbers, but True is not the label 1."""
    truths = np.array([True, False, True, True])
    forms = [truths[:, None], {"0": truths.tolist()}, [{"0": bool(truth)} for truth in truths]]
    references = [Reference.from_data(form, model="m", columns={"0": kind}) for form in forms]
    assert len({reference.columns["0"] for reference in references}) == 1
    binning = Binning(references[0])
    for form in forms:
        batch = binning.read(read_inputs(form), None, 4)
        assert binning.count(batch, slice(None)).tolist() == binning.reference_counts().tolist()


def test_text_in_a_numeric_column_is_unseen():
    """It is neither missing nor a number, even if it looks like one."""
    bins, _ = _bins(Columns(["x"], 3, arrays=[["1.5", None, 2.5]]))
    assert bins["x"][-2:].tolist() == [1, 1]
    assert bins["x"][:-4].sum() == 1


def test_columns_that_do_not_arrive_are_absent_and_others_unknown():
    """Absent columns count nothing at all, not even missing rows."""
    bins, batch = _bins(Columns(["x", "height"], 2, arrays=[[1.5, 2.5], [1, 2]]))
    names = [Binning(REFERENCE).columns[place].name for place in batch.absent]
    assert sorted(names) == ["age", "city", "y"]
    assert batch.unknown == 1
    assert not bins["age"].any()


def test_arrays_without_names_are_taken_in_order():
    """An input as wide as the reference's inputs; any single output for the single output."""
    bins, _ = _bins(read_inputs(np.array([[1.5, 3.0, 0.0]])), read_outputs(np.array([2.5])))
    assert (bins["x"].sum(), bins["age"].sum(), bins["y"].sum()) == (1, 1, 1)
    named, _ = _bins(read_inputs({"x": [1.5]}), Columns(["prediction"], 1, arrays=[[2.5]]))
    assert named["y"].sum() == 1


def test_an_array_of_another_width_is_unknown():
    """Guessing which columns it lacks would count the wrong ones."""
    bins, batch = _bins(read_inputs(np.array([[1.5, 3.0]])))
    assert not any(counts.any() for counts in bins.values())
    assert batch.unknown == 2


def test_outputs_with_other_rows_than_the_inputs_are_absent():
    """There is no telling which row they belong to."""
    bins, _ = _bins(read_inputs({"x": [1.5, 2.5]}), read_outputs([1.0, 2.0, 3.0]))
    assert not bins["y"].any()


def test_outputs_of_a_failed_call_are_absent_and_its_inputs_counted():
    """A model that raises has no outputs; what it was asked still counts."""
    bins, batch = _bins(read_inputs({"x": [1.5]}), None)
    assert bins["x"].sum() == 1
    assert len(batch.absent) == 3


def test_a_reference_without_columns_is_refused():
    """There would be nothing to watch."""
    with pytest.raises(ValueError, match="no columns"):
        Binning(Reference("m", None, {}))


def test_a_reference_of_categories_alone_or_numbers_alone_counts():
    """No column of one sort is no special case."""
    for contents, other in (({"c": ["a", "b"]}, ["b", "z"]), ({"x": [1.0, 2.0]}, [2.0, 7.0])):
        binning = Binning(Reference.from_data(contents, model="m"))
        name = next(iter(contents))
        counts = binning.count(binning.read(Columns([name], 2, arrays=[other]), None, 2), slice(None))
        assert binning.by_column(counts)[name].sum() == 2


def test_a_matrix_counts_as_its_columns_and_is_not_copied():
    """Whether it lies as the reference has it, in another order, or with a column more."""
    values = np.random.default_rng(3).normal(size=(200, 3))
    reference = Reference.from_data(dict(zip("abc", values.T, strict=True)), model="m")
    binning = Binning(reference)
    live = values * 2 + 0.5
    expected = binning.count(binning.read(read_inputs(dict(zip("abc", live.T, strict=True))), None, 200), slice(None))
    orders = {"abc": [0, 1, 2], "cab": [2, 0, 1], "abxc": [0, 1, 1, 2]}
    for names, places in orders.items():
        batch = binning.read(Columns(list(names), 200, matrix=live[:, places]), None, 200)
        np.testing.assert_array_equal(binning.count(batch, slice(None)), expected)
        np.testing.assert_array_equal(batch.matrix, live)
    assert np.shares_memory(binning.read(Columns(None, 200, matrix=live), None, 200).matrix, live)


def test_columns_of_other_number_types_are_counted_as_they_lie():
    """Truth values, small floats and whole numbers need no copy as doubles."""
    contents = {"b": np.array([True, False]), "f": np.array([1.5, 2.5], np.float32), "i": np.array([1, 2])}
    binning = Binning(Reference.from_data(contents, model="m"))
    batch = binning.read(read_inputs(contents), None, 2)
    assert binning.count(batch, slice(None)).tolist() == binning.reference_counts().tolist()
    assert batch.matrix.tolist() == [[1.0, 1.5, 1.0], [0.0, 2.5, 2.0]]
