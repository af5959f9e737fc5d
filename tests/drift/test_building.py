from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftmeter.columns import Columns
from driftmeter.drift import Reference, ReferenceBuilder, compare

VALUES = st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=3), st.booleans())
SPECIAL = st.sampled_from(
    [None, np.nan, np.inf, -np.inf, 10**400, -(10**400), 2**63, -0.0, 0, 1, 1.0, True, "1", "inf"]
)


def _built(chunks, **options):
    builder = ReferenceBuilder("demo", **options)
    for chunk in chunks:
        builder.scan(chunk)
    for chunk in chunks:
        builder.count(chunk)
    return builder.build()


def test_kinds_are_told_from_the_values():
    """Numbers, whole numbers, truth values and text, whatever the container."""
    reference = Reference.from_data(
        {
            "speed": [1.5, 2.5, None],
            "age": [31.0, 64.0, float("nan")],
            "member": [True, None, False],
            "city": ["Oslo", "Rome", None],
            "empty": [None, None, None],
            "mostly": [1, 2, "n/a"],
        },
        model="demo",
    )
    kinds = {name: column.kind for name, column in reference.columns.items()}
    assert kinds == {
        "speed": "numeric", "age": "integer", "member": "boolean",
        "city": "category", "empty": "category", "mostly": "integer",
    }  # fmt: skip
    assert reference.columns["member"].shares == {
        "false": 1 / 3, "true": 1 / 3, "below": 0, "above": 0, "missing": 1 / 3, "unseen": 0,
    }  # fmt: skip
    assert reference.columns["mostly"].shares["unseen"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict, lambda d: pl.DataFrame(d).to_arrow()])
def test_every_container_gives_the_same_reference(make):
    """A frame, a table or a mapping of the same values have one hash."""
    contents = {"age": [31, 64, 31, 7], "city": ["Oslo", "Rome", "Oslo", "Bonn"], "speed": [0.5, 1.5, 2.5, 9.5]}
    assert Reference.from_data(make(contents), model="m").hash == Reference.from_data(contents, model="m").hash


@given(st.lists(VALUES, min_size=1, max_size=40), st.integers(1, 39))
def test_chunks_give_what_the_whole_gives(values, cut):
    """Counts and edges do not depend on where the data was cut, for any mix of values."""
    whole = Reference.from_data({"x": values}, model="demo", columns={"x": "category"})
    chunks = [{"x": part} for part in (values[:cut], values[cut:]) if part]
    assert _built(chunks, columns={"x": "category"}).columns == whole.columns


@given(
    st.lists(st.one_of(SPECIAL, VALUES), min_size=1, max_size=40),
    st.lists(st.integers(0, 40), max_size=4).map(sorted),
    st.booleans(),
)
@example([None, np.inf], [1], False)
@example([1, 2, "a", "b", "c"], [2], False)
@example([True, None], [0], False)
@example([True, np.nan], [1], True)
def test_chunks_of_anything_give_what_the_whole_gives(values, cuts, as_arrays):
    """Kind, bins and counts, wherever it is cut, empty chunks and all; but for the rounding of mean and spread."""
    parts = [values[start:stop] for start, stop in pairwise([0, *cuts, len(values)])]
    chunks = [{"x": np.array(part, object) if as_arrays else part} for part in parts]
    whole = Reference.from_data({"x": values}, model="demo").columns["x"]
    found = _built(chunks).columns["x"]
    assert replace(found, moments=None) == replace(whole, moments=None)


@given(st.lists(st.one_of(st.none(), st.floats()), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_arrays_of_numbers_give_what_a_list_gives(values, cuts):
    """NumPy has no None: a column that is all None in one chunk is all NaN there, and the same column."""
    parts = [values[start:stop] for start, stop in pairwise([0, *sorted(cuts), len(values)])]
    found = _built([{"x": np.array(part, np.float64)} for part in parts]).columns["x"]
    whole = Reference.from_data({"x": values}, model="demo").columns["x"]
    assert replace(found, moments=None) == replace(whole, moments=None)


def test_numbers_among_texts_are_labels_wherever_the_column_is_cut():
    """A chunk of numbers alone may be part of a column of labels; too many different ones are `other`."""
    texts = ["Oslo"] * 20_000
    few = _built([{"x": np.tile(np.arange(3.0), 10)}, {"x": texts}]).columns["x"]
    assert few.labels == ("Oslo", "0", "1", "2")
    many = _built([{"x": np.arange(10_001.0)}, {"x": texts}]).columns["x"]
    assert (many.labels, many.counts[1]) == (("Oslo",), 10_001)
    assert Reference.from_data({"x": [*range(10_001), *texts]}, model="demo").columns["x"] == many


def test_texts_are_told_from_categories_wherever_the_column_is_cut():
    """The first thousand rows from the first text on decide, and no row of them is lost."""
    notes = [None] * 7 + [f"delivery {n} came late to the door" for n in range(1500)]
    whole = Reference.from_data({"note": notes}, model="demo")
    found = _built([{"note": notes[start : start + 90]} for start in range(0, len(notes), 90)])
    assert (found.derivations[0].to_dict(), found.rows) == (whole.derivations[0].to_dict(), len(notes))
    counts = {name: column.counts for name, column in whole.columns.items()}
    assert {name: column.counts for name, column in found.columns.items()} == counts


def test_a_sample_gives_nearly_the_quantiles():
    """Edges from a bounded sample lie within half a per cent of rank; ends and counts are exact."""
    rng = np.random.default_rng(3)
    chunks = [Columns(["x"], 50_000, arrays=[rng.lognormal(size=50_000)]) for _ in range(4)]
    column = _built(chunks, sample=20_000).columns["x"]
    shares = np.array(column.counts[:-4]) / column.n
    assert column.n == 200_000
    assert sum(column.counts[:-4]) == column.n
    assert np.abs(shares - 0.1).max() < 0.01


def test_the_same_chunks_give_the_same_hash():
    """The sample is seeded by the column's name."""
    rng = np.random.default_rng(4)
    chunks = [{"x": rng.normal(size=3000)} for _ in range(3)]
    assert _built(chunks, sample=1000).hash == _built(chunks, sample=1000).hash


def test_rare_labels_count_as_other():
    """Only the hundred most frequent labels have bins; the reference knows that there are more."""
    values = [f"common{i}" for i in range(100)] * 3 + [f"rare{i}" for i in range(20_000)]
    column = _built([{"city": values}]).columns["city"]
    assert len(column.labels) == 100
    assert column.labels[0] == "common0"
    assert column.counts[100] == 20_000
    assert column.open_ended


def test_a_text_column_is_counted_even_where_numbers_and_long_texts_stand_in_it():
    """Numbers are written as text; an essay, a list and a mapping are no labels."""
    values = ["a", "a", "b", 7, 7.0, "x" * 10_000_000, ["nested"], {"k": 1}]
    column = _built([{"city": values}]).columns["city"]
    assert column.kind == "category"
    assert set(column.labels) == {"a", "b", "7"}
    assert sum(column.counts) == len(values)


def test_a_column_that_a_chunk_lacks_is_missing_there():
    """Rows are never lost: they count as missing."""
    reference = _built([{"a": [1, 2], "b": [1, 2]}, {"a": [3]}])
    assert reference.columns["b"].shares["missing"] == pytest.approx(1 / 3)
    assert reference.columns["b"].n == 3


def test_huge_numbers_are_counted_without_a_warning():
    """±1e308, infinities and integers beyond any float have a bin each; mean and spread may have no float."""
    column = Reference.from_data({"x": [1e308, -1e308, 0.5, float("inf"), -(10**400)]}, model="m").columns["x"]
    assert column.counts[-4:] == (1, 1, 0, 0)
    assert Reference.from_dict(Reference("m", None, {"x": column}).to_dict()).columns["x"].counts == column.counts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 1}, "bins is 1"),
        ({"bins": 2.5}, "bins is 2.5"),
        ({"bins": "ten"}, "bins is 'ten'"),
        ({"model": ""}, "name is empty"),
        ({"trained_at": "yesterday"}, "ISO 8601"),
        ({"columns": ["height"]}, "height"),
        ({"outputs": ["price"]}, "price"),
        ({"columns": {"age": "number"}}, "kinds are"),
        ({"columns": {"city": "numeric"}}, "no finite number"),
        ({"columns": {"height": "text"}}, r"\['height'\] are not in the data, which has \['age', 'city'\]"),
        ({"columns": "age"}, "one name; give a list"),
        ({"outputs": "age"}, "one name; give a list"),
        ({"like": "age.json"}, "give a Reference"),
        ({"version": 7}, "version is 7; give text such as '7'"),
        ({"model": 7}, "model is 7"),
        ({"trained_at": 2026}, "ISO 8601"),
    ],
)
def test_wrong_options_are_refused(options, message):
    """With the value, and what would be right."""
    with pytest.raises(ValueError, match=message):
        Reference.from_data({"age": [31, 64], "city": ["Oslo", "Rome"]}, **{"model": "demo", **options})


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["age", "age", "city"]),
        pa.table([[1], [2], [3]], names=["age", "age", "city"]),
        pd.DataFrame([[1, 2, 3]], columns=["0", 0, "city"]),
    ],
)
def test_two_columns_of_one_name_are_refused(data):
    """One of them would be counted under the name of both; unless nobody asks for them."""
    with pytest.raises(ValueError, match="2 columns called"):
        Reference.from_data(data, model="demo")
    with pytest.raises(ValueError, match="2 columns called"):
        compare({"age": [1, 2], "0": [1, 2]}, data)
    assert list(Reference.from_data(data, model="demo", columns=["city"]).columns) == ["city"]
    assert list(compare({"city": [3, 6]}, data).features) == ["city"]


def test_outputs_are_counted_whatever_else_is():
    """Named as an output is named enough."""
    reference = Reference.from_data({"age": [1, 2], "fare": [3, 4], "id": [5, 6]}, columns=["age"], outputs=["fare"])
    assert (reference.input_names, reference.output_names) == (("age",), ("fare",))


@pytest.mark.parametrize("empty", [{}, {"age": []}, [], pd.DataFrame({"age": []})])
def test_data_without_rows_is_no_reference(empty):
    """It would call everything drift."""
    with pytest.raises(ValueError, match="at least one"):
        Reference.from_data(empty, model="demo")


@pytest.mark.parametrize(("data", "options"), [([{}], {}), ({"at": list(range(20))}, {"time": "at"})])
def test_data_without_a_column_to_count_is_no_reference(data, options):
    """Else it would be refused only where it is put to use."""
    with pytest.raises(ValueError, match="no column to count"):
        Reference.from_data(data, model="demo", **options)


def test_what_has_no_columns_is_refused():
    """A generator cannot be read twice, and has no columns."""
    with pytest.raises(TypeError):
        Reference.from_data(iter([1, 2]), model="demo")


def test_a_second_pass_over_other_rows_is_refused():
    """Edges of one data set and counts of another would be no reference."""
    builder = ReferenceBuilder("demo")
    builder.scan({"age": [1, 2, 3]})
    builder.count({"age": [1, 2]})
    with pytest.raises(ValueError, match="first pass saw 3 rows, the second 2"):
        builder.build()
    with pytest.raises(ValueError, match="scan every chunk first"):
        builder.scan({"age": [1]})
