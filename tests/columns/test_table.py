import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from driftmeter.columns import Columns, as_floats, read_inputs, stack


def test_positional_columns_are_numbered():
    """Until somebody knows their names."""
    table = Columns(None, 2, matrix=np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert (table.positional, table.names, list(table["1"])) == (True, ("0", "1"), [2.0, 4.0])
    assert list(table.named(["a", "b"])["b"]) == [2.0, 4.0]


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
def test_names_must_fit_the_columns(names):
    """More or fewer names are a mistake."""
    with pytest.raises(ValueError, match=f"2 columns but {len(names)} names"):
        Columns(names, 1, arrays=[[1], [2]])


def test_only_keeps_order_and_rows():
    """Of the columns that are there."""
    table = Columns(["b", "a", "c"], 2, matrix=np.arange(6.0).reshape(2, 3))
    kept = table.only(frozenset({"c", "b", "x"}))
    assert (kept.names, kept.rows, list(kept["c"])) == (("b", "c"), 2, [2.0, 5.0])
    assert table.only(frozenset("abc")) is table


def test_columns_by_name():
    """Absent names are absent, not an error of another kind."""
    table = Columns(["a"], 1, arrays=[[1]])
    assert "a" in table
    assert "b" not in table
    with pytest.raises(KeyError):
        table["b"]


matrices = hnp.arrays(np.float64, st.tuples(st.integers(0, 4), st.just(2)), elements=st.floats(-1e9, 1e9))


@given(st.lists(matrices, min_size=1, max_size=4), st.data())
def test_stacking_is_concatenation(parts, data):
    """Whether parts lie as a matrix, as arrays or as lists."""
    forms = [
        lambda m: Columns(["a", "b"], len(m), matrix=m),
        lambda m: Columns(["a", "b"], len(m), arrays=[m[:, 0], m[:, 1]]),
        lambda m: Columns(["a", "b"], len(m), arrays=m.T.tolist()),
    ]
    table = stack([data.draw(st.sampled_from(forms))(part) for part in parts])
    whole = np.concatenate(parts)
    assert table.rows == len(whole)
    assert [list(table[name]) for name in "ab"] == whole.T.tolist()


def test_stacking_mixes_kinds():
    """Numbers and texts of one column lie side by side."""
    parts = [np.array([1.5]), np.array(["x"]), np.array([True]), [None]]
    assert stack([Columns(["a"], 1, arrays=[part]) for part in parts])["a"] == [1.5, "x", True, None]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, math.nan), (pd.NA, math.nan), (pd.NaT, math.nan), (True, 1.0), (np.int8(3), 3.0), (np.float16(0.5), 0.5),
        (10**400, math.inf), (-(10**400), -math.inf), (np.bool_(True), 1.0),
    ],
)  # fmt: skip
def test_numbers_and_missing_values(value, number):
    """Whatever a number or a hole is written as."""
    floats, unreadable = as_floats([value])
    assert (floats.tolist(), unreadable) == (pytest.approx([number], nan_ok=True), 0)


class Hostile:
    def __float__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "value",
    ["1", b"1", 1j, np.complex64(1), np.datetime64(1, "s"), np.timedelta64(1, "s"), [1], np.array([1.0]), Hostile()],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_is_counted(value):
    """And does not cost its neighbours."""
    floats, unreadable = as_floats([1, value, 2])
    assert (floats.tolist(), unreadable) == ([1.0, 2.0], 1)


@given(hnp.arrays(st.sampled_from([np.int8, np.uint32, np.float32, np.bool_]), 5))
def test_numeric_arrays_are_read_whole(array):
    """As numpy itself converts them."""
    floats, unreadable = as_floats(array)
    assert unreadable == 0
    np.testing.assert_array_equal(floats, array.astype(np.float64))


@pytest.mark.parametrize("dtype", ["?", "i1", "u4", "i8", "u8", "f4"])
def test_a_matrix_knows_what_its_numbers_were(dtype):
    """Through new names and stacking; beside others of another kind they are floats."""
    array = np.array([[1, 0], [0, 1]], dtype)
    table = stack([read_inputs(array), read_inputs(array)]).named(["a", "b"])
    expected = {"?": "b", "u8": "f", "f4": "f"}.get(dtype, "i")
    assert table.as_it_came("a").dtype.kind == expected
    assert table.as_it_came("a").tolist() == [1, 0, 1, 0]
    assert stack([read_inputs(array), read_inputs(array + 0.5)]).as_it_came("0").dtype.kind == "f"
