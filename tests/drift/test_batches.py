"""Batches that somebody hands over: what they are taken for, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from driftmeter.drift import Reference, compare

VALUES = [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "flat",
    [VALUES, tuple(VALUES), np.array(VALUES), pd.Series(VALUES), pd.Series(VALUES, name="x"), pl.Series(VALUES),
     pa.array(VALUES), pa.chunked_array([VALUES])],
    ids=lambda flat: f"{type(flat).__module__}.{type(flat).__name__}",
)  # fmt: skip
def test_a_flat_batch_is_one_column(flat):
    """As one row it would be as many columns of one value each, of which nothing can be said."""
    reference = Reference.from_data(flat, model="m")
    assert ([column.n for column in reference.columns.values()], compare(flat, flat).rows) == ([3], 3)
    assert compare(Reference.from_data({"x": VALUES}, model="m"), np.array(VALUES)).features["x"]["ks"] == 0.0


@pytest.mark.parametrize("single", [None, 1.5, True, "air-time.json", b"x", np.float32(1), Path("air-time.json")])
def test_a_single_value_is_no_batch(single):
    """A path among them would be a category of one label, and nothing would drift from it."""
    with pytest.raises(TypeError, match="no columns"):
        Reference.from_data(single, model="m")
    with pytest.raises(TypeError, match="no columns"):
        compare({"x": VALUES}, single)
    with pytest.raises(TypeError, match=r"no columns|Reference\.load"):
        compare(single, {"x": VALUES})


@pytest.mark.parametrize("never", ["0001-01-01", "9999-12-31"])
def test_times_that_nanoseconds_cannot_tell_are_refused(never):
    """A stand-in for "never" would be counted in some hour that it is not of."""
    hours = [str(hour) for hour in pd.date_range("2026-01-01", periods=400, freq="h")]
    reference = Reference.from_data({"at": hours, "x": list(range(400))}, model="m", time="at", profile="hour-of-week")
    with pytest.raises(ValueError, match="before 1678 or after 2261"):
        compare(reference, {"at": ["2026-02-01", never], "x": [1, 2]})
