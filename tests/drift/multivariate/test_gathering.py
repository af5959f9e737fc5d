from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import Columns
from driftmeter.drift import Reference, ReferenceBuilder
from driftmeter.drift.multivariate.coding import RowCoder
from driftmeter.drift.multivariate.gathering import Windows
from driftmeter.stats.multivariate import PairSums

RNG = np.random.default_rng(1)


def _data(rows, rng=RNG):
    x = rng.normal(size=rows)
    return {
        "x": x,
        "z": np.where(rng.random(rows) < 0.1, np.nan, 0.6 * x + rng.normal(size=rows)),
        "w": rng.lognormal(size=rows),
        "city": rng.choice(["a", "b", "c"], rows).tolist(),
        "y": x + rng.normal(size=rows),
    }


def _built(data, cuts, **options):
    rows = len(data["x"])
    edges = [0, *cuts, rows]
    chunks = [{name: column[a:b] for name, column in data.items()} for a, b in pairwise(edges)]
    builder = ReferenceBuilder("m", outputs=["y"], **options)
    for chunk in chunks:
        builder.scan(chunk)
    for chunk in chunks:
        builder.count(chunk)
    return builder.build().multivariate


def test_chunks_give_what_the_whole_gives():
    """Sums, tables, projection, law and the sampled rows do not depend on where the data was cut."""
    data = _data(6000)
    data["t"] = np.arange(6000).astype("datetime64[m]")
    options = {"time": "t", "sample_rows": 300}
    assert _built(data, [1, 700, 701, 5000], **options) == _built(data, [], **options)


def test_law_and_windows_from_sums_are_those_of_the_rows():
    """The mean error to 1e-9, of the rows that the components were not fitted to; the spread of all of them."""
    data = _data(4000)
    reference = Reference.from_data(data, model="m", outputs=["y"])
    section = reference.multivariate
    rows = RowCoder(tuple(reference.columns.values()), section.graders)(
        Columns(list(data), 4000, arrays=[*data.values()])
    )
    errors = section.projection.reconstruction_error(rows.grades)
    held = np.arange(4000) // 250 % 2 == 1
    assert section.law.mean == pytest.approx(errors[held].mean(), rel=1e-9)
    assert section.law.rows == held.sum()
    assert section.law.std == pytest.approx(errors.std(), rel=1e-9)
    assert section.sums == PairSums.of(rows.grades)


def test_components_do_not_flatter_the_reference():
    """Of columns that all vary alike any component is chance: the error is that of rows to come, not of rows fitted."""
    rng = np.random.default_rng(11)
    names = [f"f{place}" for place in range(12)]
    reference = Reference.from_data(dict(zip(names, rng.normal(size=(12, 2000)), strict=True)), model="m")
    section = reference.multivariate
    grades = RowCoder(tuple(reference.columns.values()), section.graders)(
        Columns(names, 50_000, matrix=rng.normal(size=(50_000, 12)))
    ).grades
    expected = section.projection.reconstruction_error(grades)
    assert abs(section.law.mean - expected.mean()) < 3 * expected.std() / np.sqrt(section.law.rows)


@given(st.lists(st.integers(1, 9000), max_size=5))
def test_windows_add_up_to_all_rows(lengths):
    """They stay below 64, all of one length, and the last one is not full."""
    windows, rows = Windows(1), 0
    for length in lengths:
        windows.add(np.ones((length, 1)))
        rows += length
    assert int(windows.total.rows[0, 0]) == rows
    assert len(windows.full) < 64
    assert len({int(window.rows[0, 0]) for window in windows.full}) <= 1


def test_no_row_is_kept_unless_asked_for():
    """A reference holds counts; a sample holds ranks and label numbers, never a value."""
    data = _data(500)
    assert Reference.from_data(data, model="m").to_dict()["multivariate"]["sample"] is None
    sample = Reference.from_data(data, model="m", sample_rows=50).multivariate.sample
    assert len(sample) == 50
    assert np.array_equal(sample.numbers, np.rint(sample.numbers), equal_nan=True)


@pytest.mark.parametrize("rows", [-1, 5001])
def test_a_sample_has_bounds(rows):
    with pytest.raises(ValueError, match="keeps 0 to 5000"):
        Reference.from_data(_data(10), model="m", sample_rows=rows)


def test_natural_variation_needs_times():
    """Without a time column the order of rows means nothing."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=8000)
    sign = np.repeat(rng.choice([-0.5, 0.5], 16), 500)
    data = {"x": x, "z": sign * x + rng.normal(size=8000)}
    assert Reference.from_data(data, model="m").multivariate.natural.max() == 0
    data["t"] = np.arange(8000).astype("datetime64[m]")
    section = Reference.from_data(data, model="m", time="t").multivariate
    assert section.natural[0, 1] > 0.1
    assert list(section.graders) == ["x", "z"]


@pytest.mark.parametrize(
    "data",
    [
        {"x": [1.0], "y": [2.0]},
        {"x": [1.0, 1.0], "y": [None, None]},
        {"x": [1e308, -1e308, np.inf], "z": [np.nan, 5e-324, 0.0], "y": [1, 2, 3]},
        {"x": [True, False], "city": ["a", None], "y": [1, 2]},
        {"city": ["a", "b"], "y": ["c", "d"]},
    ],
)
def test_little_and_odd_data_have_a_section(data):
    """One row, constants, nothing but missing values, the largest floats, labels alone: without a warning."""
    reference = Reference.from_data(data, model="m", outputs=["y"], sample_rows=10)
    assert reference.multivariate.rows == len(data["y"])
    assert Reference.from_dict(reference.to_dict()).multivariate == reference.multivariate


def test_one_column_alone_has_none():
    assert Reference.from_data({"x": [1, 2]}, model="m").multivariate is None
