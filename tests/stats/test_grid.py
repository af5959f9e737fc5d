from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.grid import SPECIALS, Grid

LARGEST = float(np.finfo(np.float64).max)
floats = st.floats(allow_nan=False, allow_infinity=False)
rising = st.lists(floats, min_size=2, max_size=12, unique=True).map(sorted)


def place_by_hand(edges, x):
    bins = len(edges) - 1
    if math.isnan(x):
        return bins + SPECIALS.index("missing")
    if x < edges[0]:
        return bins + SPECIALS.index("below")
    if x > edges[-1]:
        return bins + SPECIALS.index("above")
    return max(i for i in range(bins) if edges[i] <= x)


@given(rising, st.lists(st.floats(), max_size=30))
def test_a_value_lies_in_the_bin_whose_edges_enclose_it(edges, values):
    """Any doubles at all, the edges among them."""
    values = np.array([*values, *edges])
    assert Grid(edges).assign(values).tolist() == [place_by_hand(edges, x) for x in values.tolist()]


@given(rising, st.lists(st.floats(), max_size=30))
def test_every_value_is_counted_once_in_bins_and_cells(edges, values):
    grid, values = Grid(edges, cells=8), np.array([*values, *edges])
    bins, cells = grid.count(values), grid.count_cells(values)
    assert bins.dtype == cells.dtype == np.int64
    assert (bins.size, cells.size) == (len(edges) - 1 + len(SPECIALS), 10)
    assert bins.sum() == values.size
    below, above, missing, unseen = bins[-4:].tolist()
    assert unseen == 0
    assert cells.sum() == values.size - missing
    assert (cells[0], cells[-1]) == (below, above)


@given(st.lists(st.floats(), max_size=30), st.lists(st.floats(), max_size=30))
def test_counts_of_two_halves_add_to_those_of_the_whole(left, right):
    grid, left, right = Grid([-1.0, 0.0, 2.0], cells=16), np.array(left, float), np.array(right, float)
    both = np.concatenate([left, right])
    np.testing.assert_array_equal(grid.count(left) + grid.count(right), grid.count(both))
    np.testing.assert_array_equal(grid.count_cells(left) + grid.count_cells(right), grid.count_cells(both))


@given(rising, st.lists(floats, min_size=2, max_size=40))
def test_the_cell_formula_never_falls_where_values_rise(edges, values):
    """The one property on which the lookup rests."""
    steps = Grid(edges).steps(np.array(sorted([*values, *edges])))
    assert (np.diff(steps) >= 0).all()


def test_cells_are_uniform_and_their_edges_told():
    grid = Grid([0.0, 1.0, 8.0], cells=4)
    assert grid.cell_edges.tolist() == [0, 2, 4, 6, 8]
    assert grid.count_cells(np.array([0, 1.9, 2, 7.9, 8])).tolist() == [0, 2, 1, 0, 2, 0]


@pytest.mark.parametrize("edges", [[-LARGEST, 0.0, LARGEST], [0.0, 5e-324, 1e-323], [1e16, 1e16 + 2, 1e16 + 4]])
def test_extreme_edges_have_finite_cells(edges):
    """The whole range of the doubles, denormals, and steps of one unit in the last place."""
    grid = Grid(edges)
    assert np.isfinite(grid.cell_edges).all()
    assert grid.cell_edges[[0, -1]].tolist() == [edges[0], edges[-1]]
    assert grid.count(np.array(edges)).tolist() == [1, 2, 0, 0, 0, 0]
    assert grid.count_cells(np.array(edges))[[0, 1, -2, -1]].tolist()[::3] == [0, 0]


def test_a_changed_constant_is_above_or_below():
    grid = Grid([3.5, math.nextafter(3.5, 4)])
    assert grid.count(np.array([3.5, 3.4, 4.0])).tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("edges", "complaint"),
    [
        ([1.0], "at least 2 edges"),
        ([[1.0, 2.0]], "at least 2 edges"),
        ([1.0, math.nan], "edges hold nan"),
        ([-math.inf, 1.0], "edges hold -inf"),
        ([1.0, 1.0], "do not rise"),
        ([1.0, 3.0, 2.0], "do not rise.*position 2"),
    ],
)
def test_edges_that_cannot_bin_are_refused(edges, complaint):
    with pytest.raises(ValueError, match=complaint):
        Grid(edges)


def test_too_few_cells_are_refused():
    with pytest.raises(ValueError, match="cells is 1"):
        Grid([0.0, 1.0], cells=1)
