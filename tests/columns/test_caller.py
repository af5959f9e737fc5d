import collections
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from driftmeter.columns import read_inputs, rows_of, snapshot, weight_of

INPUTS = [
    {"a": 1, "b": 2},
    {"a": [1, 2, 3]},
    {"a": (1, 2, 3)},
    {"a": np.arange(3)},
    {"a": pd.Series([1, 2, 3])},
    {"a": np.float32(1)},
    {"a": np.array(1.0)},
    {"a": [1, 2, 3], "b": 1},
    [1.0, 2.0],
    [[1.0, 2.0]] * 4,
    [{"a": 1}] * 4,
    np.ones(3),
    np.ones((4, 3)),
    np.empty((0, 3)),
    pd.DataFrame({"a": [1, 2]}),
    pl.DataFrame({"a": [1, 2]}),
    pa.table({"a": [1, 2]}),
    "text",
    7,
]


@pytest.mark.parametrize("inputs", INPUTS, ids=repr)
def test_rows_are_counted_as_they_are_read(inputs):
    """The span's batch size is the event's."""
    assert rows_of(inputs) == read_inputs(inputs).rows


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"e": [0.5, 1, np.float64(2)]}, 1),
        ({"e": (1, 2, 3)}, 1),
        ({"e": np.ones(3)}, 1),
        ({"e": np.ones(3, np.float16)}, 1),
        ({"e": pd.Series([1.0, 2.0, 3.0])}, 1),
        ({"e": pl.Series([1.0, 2.0, 3.0])}, 1),
        (collections.ChainMap({"e": [1, 2, 3]}), 1),
        ({"e": [1, 2, 3], "f": [1, 2], "age": [31], "city": "Oslo"}, 1),
        ({"e": [[1, 2, 3]] * 3}, 3),
        ({"e": np.ones((3, 3))}, 3),
        ({"e": pd.Series([[1, 2, 3]] * 3)}, 3),
        ({"e": pl.Series([[1, 2, 3]] * 3)}, 3),
        ({"e": [None, None, None]}, 3),
        ({"e": ["a", "b", "c"]}, 3),
        ({"e": [1, 2]}, 1),
        ({"e": np.ones(5)}, 1),
        ({"e": [1, 2], "f": [1, 2, 3]}, 1),
        ({"e": [1, 2], "age": 31}, 1),
        ({"e": [1, 2], "age": [31, 42]}, 2),
        ({"e": [1, 2, 3], "age": [31, 42, 64]}, 1),
        ({"e": [math.nan] * 3, "age": [31, 42, 64]}, 3),
        ({"e": np.full(3, math.nan), "age": [31, 42, 64]}, 3),
        ({"e": [], "age": []}, 0),
        ({"age": [1, 2, 3]}, 3),
        ({"e": None, "age": 31}, 1),
    ],
    ids=repr,
)
def test_one_flat_vector_is_one_row_where_rows_are_known_to_be_vectors(given, rows):
    """On the caller's thread and when it is read. A column of vectors, or of no numbers, is what it was.

    So is a flat one of another length, for another model's vectors may be longer: no call is of 768 rows for that.
    """
    vectors = {"e": 3, "f": 2}
    assert (rows_of(given, vectors), read_inputs(given, vectors=vectors).rows) == (rows, rows)


def test_what_stands_beside_a_flat_vector_is_its_row():
    """As the value itself, or as a list of one."""
    table = read_inputs({"e": [1, 2, 3], "f": np.ones(2), "age": [31], "city": "Oslo"}, vectors={"e": 3, "f": 2})
    assert [list(table[name]) for name in ("e", "age", "city")] == [[[1, 2, 3]], [31], ["Oslo"]]
    assert table["f"][0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("given", "change"),
    [
        (np.ones(3), lambda array: array.fill(9)),
        ([1, 2], lambda values: values.append(3)),
        ({"a": 1}, lambda table: table.clear()),
    ],
    ids=["array", "list", "dict"],
)
def test_snapshot_keeps_what_the_caller_changes(given, change):
    """Models scale their input in place, servers reuse their buffers."""
    kept, before = snapshot(given), repr(given)
    change(given)
    assert repr(kept) == before


def test_large_arrays_are_not_copied():
    """A copy of 8 MB would be the caller's time."""
    array = np.ones((1000, 1000))
    assert snapshot(array) is array


@pytest.mark.parametrize("given", [(1, 2), "text", 7.0, None, pl.DataFrame({"a": [1]}), pa.table({"a": [1]})], ids=repr)
def test_what_cannot_change_is_kept_as_it_is(given):
    """No copy where none is needed."""
    assert snapshot(given) is given


def test_weight_follows_what_is_kept_alive():
    """Roughly: the long texts of a row, of a column, of a table of rows."""
    text = "x" * 1_000_000
    for given in (text, [text], {"a": text}, {"a": [text] * 3}, [{"a": text}], np.ones(125_000)):
        assert 1_000_000 <= weight_of(given) <= 4_000_000
    assert weight_of(pd.DataFrame({"a": range(1000)})) >= 8000
    assert weight_of(None) == 0


@pytest.mark.parametrize("lie", [{"nbytes": -5}, {"shape": (-5, 2)}])
def test_nothing_weighs_less_than_nothing(lie):
    """Or the buffer's limit would be lifted."""
    assert weight_of(type("Liar", (), lie)()) >= 0


@pytest.mark.parametrize("shape", [(float("nan"),), ("a", "b"), (None,)])
def test_a_weight_that_is_no_number_is_an_error(shape):
    """Contained by the source, before it can spoil the buffer's sum."""
    with pytest.raises((TypeError, ValueError)):
        weight_of(type("Liar", (), {"shape": shape})())
