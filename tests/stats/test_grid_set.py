from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from driftmeter.stats.blocks import BLOCK_VALUES
from driftmeter.stats.grid import Grid
from driftmeter.stats.grid_set import BLOCK_COLUMNS, FEW_ROWS, MAX_LEVELS, GridSet

LARGEST = float(np.finfo(np.float64).max)
floats = st.floats(allow_nan=False, allow_infinity=False)
grids = st.lists(floats, min_size=2, max_size=12, unique=True).map(lambda edges: Grid(sorted(edges), cells=16))


def column_by_column(grids, matrix):
    bins = [grid.count(matrix[:, j]) for j, grid in enumerate(grids)]
    return np.concatenate(bins), np.stack([grid.count_cells(matrix[:, j]) for j, grid in enumerate(grids)])


def check(grids, matrix):
    together, columns = GridSet(grids), list(np.asfortranarray(matrix).T)
    expected = column_by_column(grids, matrix)
    for values in (matrix, columns):
        found = together.count(values)
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
    check_each(together, grids, matrix, [0, len(matrix) // 3, len(matrix) // 3, len(matrix)])


def check_each(together, grids, matrix, bounds):
    alone = [np.concatenate(column_by_column(grids, matrix[start:stop]), axis=None) for start, stop in pairwise(bounds)]
    for values in (matrix, list(np.asfortranarray(matrix).T)):
        np.testing.assert_array_equal(together.count_each(values, bounds), alone)


def around(grid):
    """Every edge of a grid with its neighbours among the doubles, and the specials."""
    with np.errstate(over="ignore", under="ignore"):
        beside = [np.nextafter(grid.edges, -np.inf), np.nextafter(grid.edges, np.inf)]
    return np.concatenate([grid.edges, *beside, [np.nan, np.inf, -np.inf, LARGEST, -LARGEST, 5e-324, -5e-324, 0.0]])


def quantile_grid(values):
    return Grid(np.unique(np.quantile(values, np.linspace(0, 1, 21))))


@settings(max_examples=settings.default.max_examples * 3)
@given(st.lists(grids, min_size=1, max_size=4), st.data())
def test_counts_are_those_of_searchsorted_for_any_doubles(grids, data):
    """Edges of any size and distance, values on, beside and far from them, NaN and infinities."""
    rows = data.draw(st.integers(0, 20))
    values = st.floats() | st.sampled_from(np.concatenate([around(grid) for grid in grids]).tolist())
    check(grids, data.draw(hnp.arrays(np.float64, (rows, len(grids)), elements=values)))


SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "log_normal": lambda rng, n: rng.lognormal(0, 2, n),
    "t2": lambda rng, n: rng.standard_t(2, n),
    "integer": lambda rng, n: rng.integers(0, 10, n).astype(float),
    "denormal": lambda rng, n: rng.normal(size=n) * 1e-310,
    "huge": lambda rng, n: rng.uniform(-1, 1, n) * LARGEST,
    "coarse": lambda rng, n: 1e16 + 2 * rng.integers(0, 5, n),
}


def test_columns_of_every_shape_count_together_as_alone():
    rng = np.random.default_rng(3)
    matrix = np.stack([draw(rng, 5000) for draw in SHAPES.values()], axis=1)
    grids = [quantile_grid(matrix[:, j]) if j != 5 else Grid([-LARGEST, 0.0, LARGEST]) for j in range(len(SHAPES))]
    matrix[rng.random(matrix.shape) < 0.05] = np.nan
    for j, grid in enumerate(grids):
        beside = around(grid)
        matrix[: len(beside), j] = beside
    check(grids, matrix)


@pytest.mark.parametrize("crowd", range(1, MAX_LEVELS + 3))
def test_edges_that_share_a_cell_are_told_apart(crowd):
    """From one edge per cell to more than are compared there, when the column is searched instead."""
    spiked = Grid(np.unique([-1.0, *(0.5 + 1e-9 * i for i in range(crowd)), 2.0]))
    plain = Grid([0.0, 0.5, 1.0])
    beside = around(spiked)
    check([plain, spiked, plain], np.stack([beside] * 3, axis=1))


@pytest.mark.parametrize("columns", [1, BLOCK_COLUMNS, BLOCK_COLUMNS + 1, 2 * BLOCK_COLUMNS + 3])
@pytest.mark.parametrize("rows", [0, 1, 32, *(n * BLOCK_VALUES // BLOCK_COLUMNS + 1 for n in (1, 2))])
def test_blocks_of_rows_and_columns_leave_no_seam(rows, columns):
    rng = np.random.default_rng(rows + columns)
    grids = [quantile_grid(rng.normal(j, 1, 500)) for j in range(columns)]
    check(grids, rng.normal(size=(rows, columns)) * 2 + np.arange(columns))


def test_adding_two_matrices_is_counting_both():
    rng = np.random.default_rng(5)
    grids = [quantile_grid(rng.normal(size=500)) for _ in range(3)]
    counter, matrix = GridSet(grids), rng.normal(size=(100, 3))
    bins, cells = counter.count(matrix[:30])
    counter.add(matrix[30:], bins, cells)
    expected = counter.count(matrix)
    np.testing.assert_array_equal(bins, expected[0])
    np.testing.assert_array_equal(cells, expected[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, np.bool_, np.longdouble])
def test_any_real_dtype_counts_as_its_doubles(dtype):
    grids = [Grid([0.0, 1.0, 2.0, 3.5])] * 2
    matrix = np.array([[0, 1], [2, 3], [1, 0], [5, 4]]).astype(dtype)
    np.testing.assert_array_equal(GridSet(grids).count(matrix)[0], GridSet(grids).count(matrix.astype(float))[0])


def test_columns_in_fortran_order_and_views_count_alike():
    grids = [Grid([0.0, 1.0, 2.0])] * 4
    matrix = np.random.default_rng(0).uniform(-1, 3, (50, 8))
    expected = GridSet(grids).count(np.ascontiguousarray(matrix[::2, ::2]))
    np.testing.assert_array_equal(GridSet(grids).count(matrix[::2, ::2])[0], expected[0])
    np.testing.assert_array_equal(GridSet(grids).count(np.asfortranarray(matrix[::2, ::2]))[1], expected[1])


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros(2), np.zeros((3, 1)), np.zeros((3, 2), object), np.zeros((3, 2), complex), np.zeros((3, 2), "U1"),
        [], [np.zeros(3)], [np.zeros(3), np.zeros(2)], [np.zeros(3), np.zeros(3, object)], [np.zeros(3), np.zeros(())],
    ],
)  # fmt: skip
def test_a_matrix_of_another_kind_is_refused(matrix):
    counter = GridSet([Grid([0.0, 1.0])] * 2)
    with pytest.raises(ValueError, match="these grids count real numbers"):
        counter.count(matrix)


def test_grids_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="one number of cells"):
        GridSet([Grid([0.0, 1.0], cells=4), Grid([0.0, 1.0], cells=8)])
    with pytest.raises(ValueError, match="one number of cells"):
        GridSet([])


def test_parts_of_any_size_are_counted_each():
    """Long ones slot by slot, short ones value by value, many of them in one go; groups of columns side by side."""
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(3 * FEW_ROWS, BLOCK_COLUMNS + 3))
    matrix[rng.random(matrix.shape) < 0.01] = np.nan
    cuts = rng.integers(0, FEW_ROWS, 12).tolist()
    bounds = sorted([0, *cuts, FEW_ROWS, 2 * FEW_ROWS + 1, len(matrix)])
    grids = [quantile_grid(rng.normal(size=400)) for _ in range(matrix.shape[1])]
    check_each(GridSet(grids), grids, matrix, bounds)
