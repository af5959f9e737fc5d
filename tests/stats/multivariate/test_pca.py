from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from driftmeter.stats.multivariate import PcaProjection, vector_columns

RNG = np.random.default_rng(5)
MIXED = RNG.normal(size=(800, 6)) @ RNG.normal(size=(6, 6)) * [1, 10, 100, 1e-3, 1, 1] + 7


@pytest.mark.parametrize("share", [0.3, 0.65, 0.9])
def test_components_and_errors_equal_scikit_learn(share):
    """The same components but for sign, to 1e-9; variances with divisor n in place of n - 1."""
    scaled = StandardScaler().fit_transform(MIXED)
    peer = PCA(n_components=share, svd_solver="full").fit(scaled)
    found = PcaProjection.fit(MIXED, share=share)
    assert np.abs(found.components) == pytest.approx(np.abs(peer.components_), abs=1e-9)
    assert found.variances == pytest.approx(peer.explained_variance_ * 799 / 800, rel=1e-9)
    expected = np.square(scaled - peer.inverse_transform(peer.transform(scaled))).sum(axis=1)
    assert found.reconstruction_error(MIXED) == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert np.abs(found.coordinates(MIXED)) == pytest.approx(np.abs(peer.transform(scaled)), abs=1e-7)


def test_the_largest_entry_of_each_component_is_positive():
    """A sign that the data decides, not the solver."""
    components = PcaProjection.fit(MIXED, share=0.9).components
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    assert (largest > 0).all()
    assert np.array_equal(components, PcaProjection.fit(MIXED[::-1], share=0.9).components)


@given(arrays(np.float64, (7, 3), elements=st.floats()), arrays(np.float64, (4, 3), elements=st.floats()))
def test_any_rows_have_a_finite_error(reference, rows):
    """NaN, infinities, constants, 1e308: errors from 0, no warning; the same after storing."""
    projection = PcaProjection.fit(reference)
    errors = projection.reconstruction_error(rows)
    assert np.isfinite(errors).all()
    assert (errors >= 0).all()
    back = PcaProjection.from_dict(json.loads(json.dumps(projection.to_dict(), allow_nan=False)))
    assert np.array_equal(back.reconstruction_error(rows), errors)


@pytest.mark.parametrize("shape", [(1, 3), (3, 8), (5, 1), (1, 1)])
def test_few_rows_and_few_columns_have_a_projection(shape):
    """More columns than rows, one row, one column: never as many components as columns."""
    projection = PcaProjection.fit(RNG.normal(size=shape))
    assert projection.components.shape[0] <= max(0, shape[1] - 1)
    assert projection.components @ projection.components.T == pytest.approx(
        np.eye(len(projection.components)), abs=1e-9
    )


def test_a_share_of_the_whole_leaves_one_component_out():
    """Rows never lie outside a space spanned by all columns."""
    assert PcaProjection.fit(MIXED, share=1.0).components.shape == (5, 6)
    assert PcaProjection.fit(MIXED, components=6).reconstruction_error(MIXED) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"share": 0}, "share is 0"), ({"share": 1.1}, "share is 1.1"), ({"components": 7}, "components is 7")],
)
def test_wrong_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PcaProjection.fit(MIXED, **options)


@pytest.mark.parametrize("matrix", [np.empty((0, 3)), np.empty((3, 0)), np.ones(3)])
def test_no_rows_have_no_components(matrix):
    with pytest.raises(ValueError, match="rows x columns"):
        PcaProjection.fit(matrix)


@pytest.mark.parametrize(
    "changes",
    [{"centre": [1.0]}, {"scale": [0.0] * 6}, {"components": [[1.0, 2.0]]}, {"variances": None}, {"centre": ["x"] * 6}],
)
def test_a_broken_projection_is_refused(changes):
    """When it is read, not when it is used."""
    with pytest.raises(ValueError, match="fit it again"):
        PcaProjection.from_dict({**PcaProjection.fit(MIXED, share=0.3).to_dict(), **changes})


def test_a_vector_column_becomes_numeric_columns():
    """Its length and its coordinates; a missing vector is missing in all of them."""
    vectors = RNG.normal(size=(200, 16))
    vectors[3] = np.nan
    columns = vector_columns(PcaProjection.fit(vectors, components=3), vectors, "text")
    assert list(columns) == ["text.norm", "text.pc1", "text.pc2", "text.pc3"]
    present = np.delete(np.arange(200), 3)
    assert columns["text.norm"][present] == pytest.approx(np.linalg.norm(vectors[present], axis=1), rel=1e-12)
    assert all(np.isnan(column[3]) and np.isfinite(column[present]).all() for column in columns.values())


def test_vectors_of_zeros_infinities_and_large_numbers_have_a_length():
    vectors = np.array([[0.0, 0.0], [np.inf, 1.0], [3e307, 4e307]])
    norms = vector_columns(PcaProjection.fit(vectors, components=1), vectors, "v")["v.norm"]
    assert norms.tolist() == pytest.approx([0.0, np.inf, 5e307])
