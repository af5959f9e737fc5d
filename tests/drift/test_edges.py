from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.edges import check_edges, quantile_edges, value_edges
from driftmeter.stats.grid import Grid

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(2, 20))
def test_edges_rise_and_hold_every_value(values, bins):
    """Whatever the values, the edges make a grid in which nothing of the reference lies outside."""
    array = np.array(values)
    integral = bool((array == np.floor(array)).all())
    edges = quantile_edges(array, bins, integral=integral, low=float(array.min()), high=float(array.max()))
    check_edges(edges, "x")
    counts = Grid(edges).count(array)
    assert counts[:-4].sum() == len(values)


@given(st.lists(st.floats(-1.7e308, 1.7e308), min_size=1, max_size=20, unique=True))
def test_few_values_never_share_a_bin(values):
    """Each of a few distinct values is counted by itself."""
    array = np.unique(np.array(values) + 0.0)
    integral = bool((array == np.floor(array)).all())
    counts = Grid(value_edges(array, integral=integral)).count(array)
    assert sorted(counts[counts > 0].tolist()) == [1] * len(array)


def test_deciles_of_distinct_values_are_the_deciles():
    """Without ties the edges are numpy's quantiles that are data values, ends included."""
    values = np.random.default_rng(1).normal(size=1000)
    expected = np.quantile(values, np.arange(11) / 10, method="inverted_cdf")
    found = quantile_edges(values, 10, integral=False, low=values.min(), high=values.max())
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("constant", [0.0, 3.5, -1.0, 1e308, 5e-324, 1e-300, 2.0**60])
def test_a_changed_constant_leaves_its_bin(constant):
    """The bin of a constant holds nothing but the constant, so a new constant lies below or above."""
    integral = constant.is_integer()
    grid = Grid(quantile_edges(np.full(9, constant), 10, integral=integral, low=constant, high=constant))
    above = math.nextafter(math.nextafter(constant, math.inf), math.inf)
    below = math.nextafter(constant, -math.inf)
    assert grid.count(np.array([constant, above, below])).tolist() == [1, 1, 1, 0, 0]


def test_a_value_that_repeats_gets_a_bin_of_its_own():
    """Half zeros, half positive: a shift from zero to small positive values is not hidden."""
    values = np.concatenate([np.zeros(500), np.random.default_rng(2).uniform(0, 1, 500)])
    grid = Grid(quantile_edges(values, 10, integral=False, low=0.0, high=values.max()))
    assert grid.assign(np.array([0.0]))[0] != grid.assign(np.array([1e-9]))[0]


@pytest.mark.parametrize("edges", [(), (1.0,), (1.0, 1.0), (2.0, 1.0), (0.0, math.nan), (0.0, math.inf)])
def test_edges_that_do_not_rise_are_refused(edges):
    """The message names the column and says what edges must be."""
    with pytest.raises(ValueError, match="'speed'"):
        check_edges(edges, "speed")
