from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats import wasserstein
from driftmeter.stats.grid import Grid
from driftmeter.stats.transport import wasserstein_counts

lists = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)


def seen(values):
    return values[~np.isnan(values)]


def test_wasserstein_equals_scipy(samples):
    expected = scipy.stats.wasserstein_distance(*map(seen, samples))
    assert wasserstein(*samples) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@given(lists, lists)
def test_wasserstein_equals_scipy_on_any_samples(reference, live):
    expected = scipy.stats.wasserstein_distance(reference, live)
    assert wasserstein(reference, live) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert wasserstein(reference, live) == pytest.approx(wasserstein(live, reference), rel=1e-9)


def test_moving_a_sample_costs_the_way_it_moves():
    values = np.random.default_rng(0).normal(size=100)
    assert wasserstein(values, values + 2.5) == pytest.approx(2.5, rel=1e-12)


def test_infinities_cost_nothing_only_where_both_sides_hold_them_alike():
    assert wasserstein([1.0, math.inf], [2.0, math.inf]) == 0.5
    assert wasserstein([1.0, math.inf], [2.0, 3.0]) == math.inf
    assert wasserstein([-1.7e308], [0.0]) == pytest.approx(1.7e308)
    assert wasserstein([-1.7e308, 1.7e308], [1.7e308, 1.7e308]) == pytest.approx(1.7e308)


def test_many_infinities_are_as_far_as_one():
    assert wasserstein([1.0, math.inf, math.inf], [2.0, 3.0, math.inf]) == math.inf
    assert wasserstein([-math.inf, -math.inf, 1.0], [-math.inf, 2.0, 3.0]) == math.inf
    assert wasserstein([-math.inf, -math.inf, 1.0, 1.0], [-math.inf, 2.0]) == 0.5


@pytest.mark.parametrize("empty", [[], [math.nan]])
def test_an_empty_side_has_no_distance(empty):
    assert math.isnan(wasserstein(empty, [1.0]))
    assert math.isnan(wasserstein([1.0], empty))
    assert math.isnan(wasserstein_counts([0], [1], [0, 1]))


@pytest.mark.parametrize("cells", [2, 8, 64, 512])
def test_wasserstein_on_counts_errs_by_no_more_than_a_cell(samples, cells):
    reference, live = map(seen, samples)
    both = np.concatenate([reference, live])
    grid = Grid([float(both.min()), float(both.max()) + 1e-6], cells=cells)
    width = grid.cell_edges[1] - grid.cell_edges[0]
    found = wasserstein_counts(grid.count_cells(reference)[1:-1], grid.count_cells(live)[1:-1], grid.cell_edges)
    assert abs(found - wasserstein(reference, live)) <= width * (1 + 1e-9)


def test_wasserstein_on_counts_equals_that_of_the_middles():
    edges, middles = np.array([0.0, 1.0, 3.0, 10.0]), np.array([0.5, 2.0, 6.5])
    p, q = np.array([3, 0, 5]), np.array([1, 8, 1])
    expected = scipy.stats.wasserstein_distance(middles, middles, p, q)
    assert wasserstein_counts(p, q, edges) == pytest.approx(expected, rel=1e-12)


def test_edges_that_do_not_fit_the_cells_are_refused():
    with pytest.raises(ValueError, match="2 cells have 3 edges"):
        wasserstein_counts([1, 2], [2, 1], [0.0, 1.0])
