"""A small frame is read at once, and as it would have been read later."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from driftmeter.columns import SNAPSHOT_BYTES, Columns, laid_open, read_inputs, snapshot
from driftmeter.columns.frames import SMALL_FRAME_ROWS

ONE_ROW = {
    "floats": {"a": [1.5], "b": [float("nan")]},
    "whole": {"a": [1], "b": [2]},
    "mixed": {"a": [1], "b": [0.5]},
    "text": {"city": ["Oslo"], "age": [31], "weight": [70.5]},
    "truth": {"a": [True], "b": [False]},
    "truth_and_text": {"a": [True], "b": ["x"]},
    "none": {"a": [None], "b": ["x"]},
    "huge": {"a": [2**60 + 1], "b": [0.5]},
    "dates": {"a": [dt.datetime(2015, 7, 1)], "b": [dt.datetime(2015, 7, 2)]},  # noqa: DTZ001  # without a zone
    "date_and_text": {"a": [dt.date(2015, 7, 1)], "b": ["x"]},
    "lengths": {"a": [dt.timedelta(1)], "b": [1.5]},
    "decimal": {"a": [Decimal("1.50")], "b": ["x"]},
    "vector": {"e": [[1.0, 2.0, 3.0]]},
    "vector_and_text": {"e": [[1.0, 2.0]], "b": ["x"]},
    "names_of_methods": {"row": ["x"], "get_columns": [1.5], "to_list": [2.5]},
    "empty_text": {"": [""], "b": ["x"]},
}


def values(table):
    return table.rows, [(name, [cell(value) for value in np.asarray(table[name], object)]) for name in table.names]


def cell(value):
    """As text, truth values apart, and missing whatever stands for it."""
    missing = pd.api.types.is_scalar(value) and pd.isna(value)
    return type(value) is bool, "" if missing else str(value)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize("repeats", [1, 3, SMALL_FRAME_ROWS + 1])
@pytest.mark.parametrize("columns", ONE_ROW.values(), ids=ONE_ROW)
def test_a_frame_is_read_at_once_as_it_would_be_later(library, repeats, columns):
    frame = library({name: column * repeats for name, column in columns.items()})
    assert values(read_inputs(laid_open(frame))) == values(read_inputs(frame))


def test_special_kinds_of_pandas_are_read_alike():
    for column in (
        pd.array([1], "Int64"), pd.array([None], "Int64"), pd.array([True], "boolean"), pd.array(["x"], "string"),
        pd.array([None], "string"), pd.Categorical(["x"], ["x", "y"]), pd.Categorical([3]), pd.array([1.5], "Sparse"),
        pd.period_range("2015-01", periods=1, freq="M"), pd.date_range("2015-01-01", periods=1, tz="Europe/Oslo"),
        pd.interval_range(0, 1, periods=1), np.array([1.5], np.float16), np.array([1 + 2j]),
    ):  # fmt: skip
        for frame in (pd.DataFrame({"a": column}), pd.DataFrame({"a": column, "b": ["x"]})):
            assert values(read_inputs(laid_open(frame))) == values(read_inputs(frame)), column


def test_columns_of_one_name_stay_apart():
    for frame in (pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), pd.DataFrame([[1.0, "x"]], columns=["a", "a"])):
        kept = read_inputs(laid_open(frame))
        assert kept.width == 2
        assert kept.names == ("a", "a")


@pytest.mark.parametrize("rows", [1, 5, SMALL_FRAME_ROWS + 1])
def test_later_changes_do_not_reach_what_was_read(rows):
    """Pipelines scale a frame in place."""
    for frame in (
        pd.DataFrame(np.ones((rows, 2)), columns=["a", "b"]),
        pd.DataFrame({"a": [1.0] * rows, "b": ["x"] * rows}),
    ):
        kept = snapshot(frame)
        frame.loc[:, "a"] = 7.0
        assert np.asarray(read_inputs(laid_open(kept))["a"], np.float64).tolist() == [1.0] * rows


def test_what_is_large_is_left_for_later():
    """To gather it would take the caller's time."""
    rows = SNAPSHOT_BYTES // 8 + 1
    assert isinstance(laid_open(pd.DataFrame({"a": np.ones(rows - 1)})), Columns)
    for frame in (
        pd.DataFrame({"a": np.ones(rows)}),
        pl.DataFrame({"a": np.ones(rows)}),
        pd.DataFrame({"a": ["x"] * (SMALL_FRAME_ROWS + 1)}),
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pl.DataFrame(),
    ):
        assert laid_open(frame) is frame


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize("rows", [1, 2, SMALL_FRAME_ROWS, SMALL_FRAME_ROWS + 1])
def test_a_class_beside_a_score_stays_a_class(library, rows):
    """However many rows there are, and however large its number."""
    for number in (3, 2**60 + 1):
        frame = library({"class": [number] * rows, "score": [0.5] * rows})
        for table in (read_inputs(frame), read_inputs(laid_open(frame))):
            kept = [value.item() if isinstance(value, np.generic) else value for value in table.as_it_came("class")]
            assert [(type(value), value) for value in kept] == [(int, number)] * rows
