from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from driftmeter.stats.multivariate.standardising import LIMIT, Standardiser


def test_standardising_equals_scikit_learn():
    """Mean and standard deviation with divisor n, to 1e-12."""
    matrix = np.random.default_rng(1).lognormal(size=(500, 4)) * [1, 1e-6, 1e6, 1]
    expected = StandardScaler().fit_transform(matrix)
    assert Standardiser.fit(matrix)(matrix) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(st.lists(st.floats(), min_size=1, max_size=20), st.floats())
def test_no_value_breaks_the_bounds(column, value):
    """Infinities, NaN, 1e308 and denormals: finite, within the limit, without a warning."""
    matrix = np.array(column)[:, None]
    found = Standardiser.fit(matrix)(np.array([[value], *matrix]))
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= LIMIT


def test_the_largest_floats_have_a_mean_and_a_spread():
    """Neither their sum nor their squares overflow."""
    found = Standardiser.fit(np.array([[1e308], [-1e308], [1.7e308], [-1.7e308]]))
    assert found.centre.tolist() == [0]
    assert found.scale[0] == pytest.approx(1e308 * np.sqrt((1 + 1.7**2) / 2))


def test_missing_values_take_the_mean():
    """They neither move nor widen the column."""
    holed = np.array([[1.0], [np.nan], [3.0], [np.inf]])
    standardiser = Standardiser.fit(holed)
    assert (standardiser.centre.tolist(), standardiser.scale.tolist()) == ([2], [1])
    assert standardiser(holed)[:, 0].tolist() == [-1, 0, 1, 0]


def test_a_constant_keeps_its_unit():
    """So that a constant that changes is seen."""
    assert Standardiser.fit(np.full((9, 1), 0.1))(np.array([[0.1], [1.1]]))[:, 0].tolist() == pytest.approx([0, 1])
