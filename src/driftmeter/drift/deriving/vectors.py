"""Columns of vectors, such as embeddings: their length, and where they lie along the directions they vary most in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Floats
from driftmeter.drift.deriving.derivation import is_missing, with_unread

MAX_AXES: Final = 4
MAX_DIMENSION: Final = 16_384
"""Longer vectors have a norm, but no axes."""

_DIGITS: Final = 5
"""Of a norm: vectors of unit length differ in the digits behind, by nothing but the width of their floats."""

_FAR: Final = 3.0
"""Times the median distance from the median."""

_NUMBERS: Final = frozenset({float, int, bool, np.float64, np.float32, np.float16, np.int64, np.int32, np.bool_})


class Vectors(NamedTuple):
    """A column as far as it could be read."""

    rows: NDArray[np.intp]
    """Positions of the rows that hold a vector of the right length with finite numbers alone."""
    matrix: Floats
    """Those rows, shape (len(rows), dimension)."""
    unread: NDArray[np.bool_]
    """Rows that hold something else: another length, no vector at all. The rest is missing."""


def read_vectors(column: Column, dimension: int) -> Vectors:
    """Read a column of vectors; a vector with a NaN or an infinity in it is missing.

    >>> read_vectors([[3, 4], None, [1], "ab"], 2)
    Vectors(rows=array([0]), matrix=array([[3., 4.]]), unread=array([False, False,  True,  True]))

    """
    if isinstance(column, np.ndarray) and column.ndim == 2 and column.dtype.kind in "fiub":
        fits = column.shape[1] == dimension
        unread = np.full(len(column), not fits)
        whole = column.astype(np.float64) if fits else np.empty((0, dimension))
    else:
        readable = np.array([_is_vector(value, dimension) for value in column], np.bool_)
        missing = np.array([is_missing(value) for value in column], np.bool_)
        unread = ~(readable | missing)
        whole = np.full((len(column), dimension), np.nan)
        if readable.any():
            whole[readable] = _stacked([column[row] for row in np.flatnonzero(readable).tolist()], dimension)
    rows = np.flatnonzero(np.isfinite(whole).all(axis=1))
    return Vectors(rows, whole[rows], unread)


@dataclass(frozen=True, slots=True, eq=False)
class VectorDerivation:
    """Norm and projections of a column of vectors.

    The projections are those of the vector itself, without a centre: a centre would move all of them alike.

    Attributes:
        name: of the column.
        dimension: length of its vectors.
        axes: orthonormal, shape (K, dimension), K <= 4; of each, the entry that is largest in size is positive.

    >>> derivation = VectorDerivation("e", 2, np.array([[1.0, 0.0]]))
    >>> dict(zip(derivation.names, derivation.derive([[3, 4], None, "x"]), strict=True))
    {'e.norm': [5.0, nan, 'unread'], 'e.pc0': [3.0, nan, 'unread']}

    """

    name: str
    dimension: int
    axes: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Of the derived columns."""
        return (f"{self.name}.norm", *(f"{self.name}.pc{place}" for place in range(len(self.axes))))

    def derive(self, column: Column) -> list[Column]:
        """The derived columns, in the order of `names`."""
        return self.spread(read_vectors(column, self.dimension))

    def spread(self, read: Vectors) -> list[Column]:
        """The derived columns of vectors that were read, each row in its place."""
        columns: list[Column] = []
        for values in (norms(read.matrix), *project(read.matrix, self.axes).T):
            whole = np.full(len(read.unread), np.nan)
            whole[read.rows] = values
            columns.append(with_unread(whole, read.unread))
        return columns

    def to_dict(self) -> dict[str, object]:
        """The stored form."""
        return {"kind": "vector", "name": self.name, "dimension": self.dimension, "axes": self.axes.tolist()}


def norms(matrix: Floats) -> Floats:
    """Euclidean lengths of rows to five digits, infinite where they have no float."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        lengths = np.sqrt(np.square(matrix).sum(axis=1))
        factor = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(lengths)))
        rounded: Floats = np.round(lengths * factor) / factor
    whole: Floats = np.where(np.isfinite(rounded), rounded, lengths)
    return whole


def project(matrix: Floats, axes: Floats) -> Floats:
    """Coordinates of rows along axes, shape (m, K); NaN where they have no float."""
    with np.errstate(over="ignore", invalid="ignore"):
        # No product of matrices, which adds up a row by itself otherwise than among others.
        along: Floats = np.einsum("ij,kj->ik", matrix, axes)
    return along


def principal_axes(sample: Floats) -> Floats:
    """The directions in which a sample varies most, at most four, falling, shape (K, dimension).

    Rows that lie more than three times as far from the median as half of all are drawn in to there, lest a few outliers
    choose the directions; where there are none these are the first components of scikit-learn's `PCA`, but for the
    sign. Sources: Pearson (1901); Hotelling (1933); Locantore et al., "Robust principal component analysis for
    functional data" (1999), for the drawing in.

    >>> principal_axes(np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]])).tolist()
    [[1.0, 0.0]]

    """
    if len(sample) < 2 or sample.shape[1] > MAX_DIMENSION:
        return np.empty((0, sample.shape[1]))
    scale = float(np.abs(sample).max()) or 1.0
    centred = sample / scale
    centred -= np.median(centred, axis=0)
    distances = np.sqrt(np.square(centred).sum(axis=1))
    if (limit := _FAR * float(np.median(distances))) > 0:
        centred *= np.minimum(1.0, limit / np.maximum(distances, limit))[:, None]
    centred -= centred.mean(axis=0)
    values, axes = _eigen(centred)
    kept = axes[values > values[0] * 1e-10] if values[0] > 0 else axes[:0]
    sizes = np.round(np.abs(kept), 8)  # entries equal but for rounding are equal here
    signs = np.sign(np.take_along_axis(kept, sizes.argmax(axis=1)[:, None], axis=1))
    rounded: Floats = np.round(kept * signs, 9) + 0.0
    return rounded


def _eigen(centred: Floats) -> tuple[Floats, Floats]:
    """The largest eigenvalues of the covariance and their vectors, by way of the smaller of the two products."""
    tall = len(centred) >= centred.shape[1]
    values, vectors = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    values, vectors = values[::-1][:MAX_AXES], vectors[:, ::-1][:, :MAX_AXES].T
    if not tall:
        with np.errstate(divide="ignore", invalid="ignore"):
            vectors = np.nan_to_num((vectors @ centred) / np.sqrt(values)[:, None])
    return np.maximum(values, 0.0), vectors


def _is_vector(value: object, dimension: int) -> bool:
    if isinstance(value, np.ndarray):
        return value.shape == (dimension,) and value.dtype.kind in "fiub"
    return isinstance(value, list | tuple) and len(value) == dimension and _NUMBERS.issuperset(map(type, value))


def _stacked(vectors: list[object], dimension: int) -> Floats:
    try:
        whole: Floats = np.array(vectors, np.float64)
    except OverflowError:  # an integer beyond 1e308
        whole = np.concatenate([_alone(vector, dimension) for vector in vectors])
    return whole


def _alone(vector: object, dimension: int) -> Floats:
    try:
        return np.array([vector], np.float64)
    except OverflowError:
        return np.full((1, dimension), np.nan)
