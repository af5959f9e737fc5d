from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from driftmeter.drift.deriving.derivation import UNREAD
from driftmeter.drift.deriving.vectors import (
    MAX_DIMENSION,
    VectorDerivation,
    norms,
    principal_axes,
    project,
    read_vectors,
)

RNG = np.random.default_rng(2)
PLANE = VectorDerivation("e", 2, np.eye(2))


def _derived(column, derivation=PLANE):
    return [list(values) for values in derivation.derive(column)]


@pytest.mark.parametrize("dimension", [3, 20, 400])
def test_axes_are_the_principal_components(dimension):
    """Up to the sign, by scikit-learn, with more rows than numbers and the other way round."""
    sample = RNG.normal(size=(150, 5)) * [9, 7, 5, 3, 1] @ RNG.normal(size=(5, dimension))
    far = np.linalg.norm(sample - sample.mean(axis=0), axis=1)
    sample = sample[far < 2 * np.median(far)]
    expected = PCA(min(4, dimension)).fit(sample).components_
    found = principal_axes(sample)
    sizes = np.abs((found * expected).sum(axis=1))
    assert sizes[: min(3, dimension)] == pytest.approx(np.ones(min(3, dimension)), abs=1e-5)


@given(st.integers(0, 60), st.integers(1, 40))
def test_a_row_is_projected_alike_in_any_company(cut, dimension):
    """To the last bit, since a bin's edge may lie there."""
    random = np.random.default_rng(dimension)
    rows, axes = random.normal(size=(60, dimension)), random.normal(size=(4, dimension))
    whole = project(rows, axes)
    assert (np.concatenate([project(rows[:cut], axes), project(rows[cut:], axes)]) == whole).all()
    assert (np.concatenate([project(row, axes) for row in rows[:, None]]) == whole).all()


@given(st.permutations(range(40)), st.sampled_from([0.001, 1.0, 1e300, 1e-300]))
def test_axes_do_not_depend_on_the_order_of_the_rows_or_their_unit(order, unit):
    """And each has a sign of its own: the entry that is largest in size is positive."""
    sample = np.random.default_rng(5).normal(size=(40, 6)) * [6, 5, 4, 3, 2, 1]
    expected = principal_axes(sample)
    assert principal_axes(sample[list(order)] * unit) == pytest.approx(expected, abs=1e-6)
    assert all(axis[np.abs(axis).argmax()] > 0 for axis in expected)
    assert expected @ expected.T == pytest.approx(np.eye(4), abs=1e-6)


def test_a_few_outliers_do_not_choose_the_axes():
    """One row in a thousand, a million times as long."""
    sample = RNG.normal(size=(1000, 3)) * [5, 1, 1]
    sample[0] = [0, 1e6, 0]
    assert abs(principal_axes(sample)[0, 0]) > 0.99


@pytest.mark.parametrize(
    ("sample", "axes"),
    [
        (np.empty((0, 3)), 0),
        (np.ones((1, 3)), 0),
        (np.ones((9, 3)), 0),
        (np.arange(9.0).reshape(9, 1), 1),
        (np.outer(np.arange(9.0), [1, 2, 3]), 1),
        (np.zeros((2, MAX_DIMENSION + 1)), 0),
        (np.eye(3) * 1e308, 2),
        (np.eye(3) * 5e-324, 2),
    ],
)
def test_there_are_no_more_axes_than_directions(sample, axes):
    """No row, one row, one point, one line."""
    assert len(principal_axes(sample)) == axes


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_a_norm_is_right_to_five_digits(vector):
    """Against math.hypot."""
    expected = math.hypot(*vector)
    assert norms(np.array([vector]))[0] == pytest.approx(expected, rel=1e-4, abs=1e-150)


def test_unit_vectors_have_one_norm_whatever_their_floats():
    """What a narrower float leaves behind the fifth digit is no drift."""
    vectors = RNG.normal(size=(1000, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    narrow = vectors.astype(np.float32).astype(np.float64)
    assert set(norms(vectors)) == set(norms(narrow)) == {1.0}


FORMS = [
    [[3, 4], [6.0, 8.0]],
    [(3, 4), (6, 8)],
    [np.array([3, 4]), np.array([6, 8], np.float32)],
    np.array([[3, 4], [6, 8]]),
    np.array([[3, 4], [6, 8]], np.float16),
]


@pytest.mark.parametrize("column", FORMS)
def test_every_form_of_a_vector_is_read(column):
    """Lists, tuples, arrays, an array of two dimensions, an array of arrays."""
    assert _derived(column) == [[5, 10], [3, 6], [4, 8]]
    boxed = np.empty(2, object)
    boxed[:] = list(column)
    assert _derived(boxed) == [[5, 10], [3, 6], [4, 8]]


@pytest.mark.parametrize(
    "value",
    [
        "ab", b"ab", 7, 7.5, [1], [1, 2, 3], [], [1, "2"], [1, None], {"a": 1}, {1, 2}, object(),
        [[1, 2], [3, 4]], np.zeros((2, 2)), np.array(["a", "b"]), ["x" * 10**6] * 2,
    ],
)  # fmt: skip
def test_what_is_no_vector_of_that_length_is_marked(value):
    """So that it is counted as unseen; its neighbours are read."""
    assert _derived([value, [3, 4]]) == [[UNREAD, 5], [UNREAD, 3], [UNREAD, 4]]


@pytest.mark.parametrize("value", [None, math.nan, np.float64("nan"), [1, math.nan], [math.inf, 1], [10**400, 1]])
def test_no_vector_is_missing(value):
    """None and NaN, and a vector that has no finite place."""
    assert all(math.isnan(values[0]) and values[1] > 0 for values in _derived([value, [3, 4]]))


def test_vectors_beyond_floats_raise_nothing():
    """A norm without a float is infinite, a coordinate without one missing or infinite; numpy does not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        turned = VectorDerivation("e", 2, np.array([[0.6, 0.8], [0.8, -0.6]]))
        lengths, *_ = _derived([[1.7e308, 1.7e308], [0.0, 0.0], [5e-324, 0]], turned)
    assert lengths[:2] == [math.inf, 0.0]


def test_an_array_of_another_width_is_unread_as_a_whole():
    """As each of its rows would be."""
    assert read_vectors(np.zeros((3, 5)), 2).unread.all()
    assert _derived(np.zeros((0, 5))) == [[], [], []]


@given(st.lists(st.one_of(st.none(), st.lists(st.floats(), max_size=3), st.text(max_size=3), st.integers())))
def test_every_row_keeps_its_place(column):
    """Whatever stands in it: a derived column has as many rows, and each depends on its own value alone."""
    whole = _derived(column)
    for row, value in enumerate(column):
        for values, [alone] in zip(whole, _derived([value]), strict=True):
            assert values[row] == alone or (math.isnan(values[row]) and math.isnan(alone))
