import collections
import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import Columns, read_inputs, read_outputs
from driftmeter.columns.frames import SMALL_FRAME_ROWS
from driftmeter.drift.label_scan import label_of

ROWS = [{"age": 31, "city": "Oslo"}, {"age": 64, "city": "Rome"}]
TABLE = {"age": [31, 64], "city": ["Oslo", "Rome"]}


@pytest.mark.parametrize(
    "given",
    [
        TABLE,
        ROWS,
        collections.ChainMap(TABLE),
        pd.DataFrame(TABLE),
        pl.DataFrame(TABLE),
        pa.table(TABLE),
        pa.RecordBatch.from_pydict(TABLE),
        np.array([(31, "Oslo"), (64, "Rome")], dtype=[("age", int), ("city", "U4")]),
        {"age": np.array([31, 64]), "city": pd.Series(["Oslo", "Rome"])},
        {"age": pa.array([31, 64]), "city": pl.Series(["Oslo", "Rome"])},
    ],
    ids=lambda given: f"{type(given).__module__}.{type(given).__name__}",
)
def test_every_kind_of_table_reads_the_same(given):
    """Names, rows and values, whatever library made it."""
    table = read_inputs(given)
    assert (table.rows, sorted(table.names)) == (2, ["age", "city"])
    assert (list(table["age"]), list(table["city"])) == ([31, 64], ["Oslo", "Rome"])


MANY = SMALL_FRAME_ROWS + 1
DAY = dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("values", "beside"),
    [
        ([True], [0.5]),
        ([DAY], [0.5]),
        ([DAY], [True]),
        ([dt.time(1)], [1]),
        ([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], [True]),
        ([None], [True]),
        ([True], [False]),
        ([2**53 + 1], [0.5]),
        ([2**60 + 1], [1]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("library", [pd, pl])
def test_a_frame_of_few_rows_holds_what_one_of_many_does(library, values, beside):
    """Taken in one piece, columns of several types would become one of numbers, or polars would refuse."""
    few, many = (
        read_inputs(library.DataFrame({"one": values * rows, "other": beside * rows}))["one"] for rows in (1, MANY)
    )
    assert [label_of(value) for value in many] == [label_of(value) for value in few] * MANY


@pytest.mark.parametrize(
    ("given", "inputs", "outputs"),
    [
        ([1.0, 2.0, 3.0], (1, 3), (3, 1)),
        (np.arange(3), (1, 3), (3, 1)),
        (np.ones((4, 2)), (4, 2), (4, 2)),
        ([[1, "a"], [2, "b"]], (2, 2), (2, 2)),
        ([np.ones(3), np.zeros(3)], (2, 3), (2, 3)),
        (7.5, (1, 1), (1, 1)),
        ("text", (1, 1), (1, 1)),
        (np.float32(1), (1, 1), (1, 1)),
        (np.array(1.0), (1, 1), (1, 1)),
        (pd.Series([1, 2, 3]), (1, 3), (3, 1)),
        (pd.Series([1, 2, 3], name="age"), (3, 1), (3, 1)),
        (pl.Series("age", [1, 2, 3]), (3, 1), (3, 1)),
        ([], (0, 0), (0, 0)),
        ({}, (0, 0), (0, 0)),
        (np.empty((0, 3)), (0, 3), (0, 3)),
    ],
    ids=repr,
)
def test_shape_of_nameless_data(given, inputs, outputs):
    """Rows and columns: a flat sequence is one row going in, and one value per row coming out."""
    assert ((table := read_inputs(given)).rows, table.width) == inputs
    assert ((table := read_outputs(given)).rows, table.width) == outputs


@pytest.mark.parametrize("kind", ["detach", "__array__"])
def test_tensors_are_recognised_by_what_they_offer(kind):
    """None of the libraries is imported."""
    array = np.ones((2, 3))
    tensor = SimpleNamespace(cpu=lambda: SimpleNamespace(numpy=lambda: array))
    offers = {"detach": lambda self: tensor, "__array__": lambda self, *_, **__: array}
    foreign = type("Foreign", (), {kind: offers[kind]})()
    assert read_inputs(foreign).matrix.tolist() == array.tolist()


def test_floats_are_not_copied():
    """A matrix of float64 is used as it is."""
    matrix = np.ones((10, 3))
    assert np.shares_memory(read_inputs(matrix).matrix, matrix)


def test_row_may_hold_sequences():
    """An embedding, a history: what stands beside a single value is one row's."""
    table = read_inputs({"age": 31, "history": [1, 2, 3], "city": "Oslo"})
    assert (table.rows, table["history"], table["city"]) == (1, [[1, 2, 3]], ["Oslo"])


def test_missing_keys_are_missing_values():
    """Rows may lack columns, and may be no rows at all."""
    table = read_inputs([{"a": 1}, {"b": 2}, None])
    assert (table["a"], table["b"]) == ([1, None, None], [None, 2, None])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (np.ones((2, 2, 2)), "shape \\(2, 2, 2\\)"),
        ({"a": [1, 2], "b": [1]}, "different lengths"),
        ([[1, 2], [3]], "different lengths"),
        (object(), "builtins.object has no columns"),
        ({str(n): 1 for n in range(10_001)}, "at most 10000"),
    ],
    ids=["3-d", "unequal", "ragged", "object", "wide"],
)
def test_what_has_no_columns_is_refused(given, error):
    """With a message that names what it was."""
    with pytest.raises((TypeError, ValueError), match=error):
        read_inputs(given)


def test_what_is_masked_is_missing():
    """Whatever lies below the mask."""
    numbers = np.ma.array([[1, -999], [2, 3]], mask=[[False, True], [False, False]])
    text = np.ma.array(["Oslo", "-"], mask=[False, True])
    np.testing.assert_array_equal(read_inputs(numbers).matrix, [[1.0, np.nan], [2.0, 3.0]])
    table = read_inputs({"age": numbers[:, 1], "city": text})
    np.testing.assert_array_equal(table["age"], [np.nan, 3.0])
    assert list(table["city"]) == ["Oslo", None]


def test_generators_are_left_to_the_model():
    """Reading one would take its values away."""
    rows = (row for row in [[1], [2]])
    with pytest.raises(TypeError):
        read_inputs(rows)
    assert list(rows) == [[1], [2]]


def test_columns_pass_through():
    """What was read once is not read again."""
    table = Columns(["a"], 1, arrays=[[1]])
    assert read_inputs(table) is table


cells = st.none() | st.integers() | st.floats(allow_nan=False) | st.text()


@given(st.lists(st.fixed_dictionaries({"a": cells, "b": cells}), min_size=1))
def test_rows_and_columns_are_two_views_of_one_table(rows):
    """Reading rows, and reading their columns, gives the same."""
    by_row = read_inputs(rows)
    by_column = read_inputs({name: [row[name] for row in rows] for name in ("a", "b")})
    assert by_row.rows == by_column.rows == len(rows)
    assert all(list(by_row[name]) == list(by_column[name]) for name in ("a", "b"))


def test_a_small_frame_of_half_floats_warns_nobody():
    """They cannot hold what a float cannot."""
    frame = pd.DataFrame({"x": np.array([0.5, 60_000], np.float16)})
    assert read_inputs(frame)["x"].tolist() == [0.5, 60_000.0]


@pytest.mark.parametrize("dtype", [bool, "boolean", "Sparse[bool]", "category"])
def test_truth_values_of_a_small_frame_are_no_numbers(dtype):
    """As labels they are True and False, not 1 and 0."""
    frame = pd.DataFrame({"paid": pd.Series([True, False]).astype(dtype)})
    assert [label_of(value) for value in read_inputs(frame)["paid"]] == ["True", "False"]


def test_a_field_of_several_numbers_is_a_vector_per_row():
    """Laid flat, it would have more rows than there are."""
    table = read_inputs(np.array([([0.5, 2.0], 31), ([1.0, 3.0], 64)], dtype=[("place", float, 2), ("age", int)]))
    assert (table.rows, list(table["age"])) == (2, [31, 64])
    assert [list(place) for place in table["place"]] == [[0.5, 2.0], [1.0, 3.0]]


@pytest.mark.parametrize(
    "value", [pd.Timestamp("2026-01-01"), pd.NaT, pd.Timedelta(90, "s"), pd.Timestamp(0, tz="UTC")]
)
def test_a_single_time_of_pandas_is_a_value_like_any_other(value):
    """It has `to_numpy` as a series has: a row that holds one would not be read at all."""
    table = read_inputs({"at": value, "age": 31})
    assert (table.rows, table["at"], table["age"]) == (1, [value], [31])
