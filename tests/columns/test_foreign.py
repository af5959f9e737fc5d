from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from driftmeter.columns import read_inputs
from driftmeter.columns.foreign import LABELLED_ROWS

WORDS = ["Oslo", None, "Rome", "Oslo", ""]
CITIES = WORDS * LABELLED_ROWS
ARROW = pa.chunked_array([CITIES[:100], CITIES[100:]])


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"city": CITIES}),
        pd.DataFrame({"city": pd.Series(CITIES, dtype=object)}),
        pd.DataFrame({"city": pd.Series(CITIES, dtype="category")}),
        pl.DataFrame({"city": CITIES}),
        pl.DataFrame({"city": CITIES}, schema={"city": pl.Categorical}),
        pl.DataFrame({"city": CITIES}, schema={"city": pl.Enum(["", "Oslo", "Rome"])}),
        pa.table({"city": ARROW}),
        pa.table({"city": ARROW.cast(pa.large_string())}),
        pa.table({"city": ARROW.dictionary_encode()}),
        pa.RecordBatch.from_pydict({"city": pa.array(CITIES).dictionary_encode()}).slice(5),
    ],
)
def test_text_of_frames_is_an_object_per_label(frame):
    """However the frame holds it; what is missing is missing."""
    column = read_inputs(frame)["city"]
    assert [None if value != value else value for value in column] == CITIES[: len(column)]  # noqa: PLR0124  # NaN
    assert len({id(value) for value in column}) <= 2 * len(WORDS)


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (pd.DataFrame({"x": pd.Series([1, 2] * LABELLED_ROWS, dtype="category")}), "i"),
        (pl.DataFrame({"x": [1.5, None] * LABELLED_ROWS}), "f"),
        (pa.table({"x": pa.array([1, 2] * LABELLED_ROWS).dictionary_encode()}), "i"),
        (pa.table({"x": pa.array([], pa.string())}), "O"),
        (pa.table({"x": [["a"]] * LABELLED_ROWS}), "O"),
    ],
)
def test_what_is_no_text_is_read_as_before(frame, kind):
    """Numbers stay numbers, whatever their dictionary."""
    assert np.asarray(read_inputs(frame)["x"]).dtype.kind == kind


def test_short_columns_are_read_row_by_row():
    """Their labels are not worth asking for."""
    assert list(read_inputs(pa.table({"city": ["Oslo", "Rome"]}))["city"]) == ["Oslo", "Rome"]


@pytest.mark.parametrize("values", [["Oslo", None, "Rome"], [1, None, 2], [True, None, False]])
@pytest.mark.parametrize("times", [1, LABELLED_ROWS])
@pytest.mark.parametrize("table", [pa.table, pa.RecordBatch.from_pydict])
def test_nulls_of_an_arrow_dictionary_are_missing(table, times, values):
    """Arrow's `to_numpy` gives its last value for them. Parquet files of pandas' categories are read so."""
    column = read_inputs(table({"x": pa.array(values * times).dictionary_encode()}))["x"]
    assert [None if value != value else value for value in column] == values * times  # noqa: PLR0124  # NaN
