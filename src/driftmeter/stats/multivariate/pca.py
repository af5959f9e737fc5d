"""Principal components of a reference, and how far rows lie outside the space they span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from driftmeter.stats.arrays import Floats
from driftmeter.stats.multivariate.standardising import Standardiser

_DECIMALS = 12


@dataclass(frozen=True, slots=True, eq=False)
class PcaProjection:
    """The leading principal components of F standardised columns.

    Missing and infinite values take the column's mean; standardised values are bounded (`standardising.LIMIT`). The
    entry of each component that is largest in size is positive, and entries are rounded to 12 decimals, so that the
    same data gives the same projection.

    Attributes:
        standardiser: centre and scale of the columns, shape (F,) each.
        components: orthonormal rows, shape (K, F), 0 <= K <= F.
        variances: of the standardised columns along each component, with divisor n, falling, shape (K,).

    Source: Pearson (1901); Hotelling (1933). Equal to scikit-learn's `PCA` after `StandardScaler`, but for the sign
    and the divisor of the variances.

    >>> line = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.1], [3.0, 6.0, 0.0], [4.0, 8.0, 0.1]])
    >>> projection = PcaProjection.fit(line, share=0.6)
    >>> projection.components.shape
    (1, 3)
    >>> bool(projection.reconstruction_error(np.array([[1.0, 8.0, 0.0]]))[0] > 2)
    True
    """

    standardiser: Standardiser
    components: Floats
    variances: Floats

    @classmethod
    def fit(cls, matrix: Floats, *, share: float = 0.8, components: int | None = None) -> PcaProjection:
        """The components of a matrix, float64 of shape (n, F).

        Args:
            matrix: reference rows; NaN is missing.
            share: of the variance that the components explain together, in (0, 1].
            components: their number, in place of a share. Without it one component fewer than columns is kept at most,
                for rows lie never outside a space that is spanned by all.

        Raises:
            ValueError: not two dimensions, no rows, a share outside (0, 1], more components than columns.

        """
        if matrix.ndim != 2 or not matrix.size:
            raise ValueError(f"the matrix has shape {matrix.shape}; give rows x columns, at least one of each")
        standardiser = Standardiser.fit(matrix)
        standardised = standardiser(matrix)
        standardised -= standardised.mean(axis=0)
        return cls.of_covariance(standardiser, standardised.T @ standardised / len(matrix), share, components)

    @classmethod
    def of_covariance(
        cls, standardiser: Standardiser, covariance: Floats, share: float = 0.8, components: int | None = None
    ) -> PcaProjection:
        """The components of standardised columns whose covariance, shape (F, F), is known; errors as in `fit`."""
        columns = len(covariance)
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; components explain a part of the variance in (0, 1], usually 0.8")
        if components is not None and not 0 <= components <= columns:
            raise ValueError(f"components is {components}; {columns} columns have 0 to {columns}")
        values, vectors = np.linalg.eigh(covariance)
        values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1].T
        if components is None:
            explained = np.cumsum(values) >= share * values.sum() * (1 - 1e-12)
            components = min(int(np.argmax(explained)) + 1, columns - 1)
        kept = vectors[:components]
        sizes = np.round(np.abs(kept), _DECIMALS - 4)  # entries equal but for rounding are equal here
        signs = np.sign(np.take_along_axis(kept, sizes.argmax(axis=1)[:, None], axis=1))
        return cls(standardiser, np.round(kept * signs, _DECIMALS) + 0.0, np.round(values[:components], _DECIMALS))

    def coordinates(self, matrix: Floats) -> Floats:
        """Where rows lie along the components, shape (n, K); NaN for a row without any value."""
        found = self.standardiser(matrix) @ self.components.T
        found[np.isnan(matrix).all(axis=1)] = np.nan
        return found

    def reconstruction_error(self, matrix: Floats) -> Floats:
        """Squared distance of each standardised row from the space of the components, shape (n,).

        sum over columns of (z - W'W z)^2, also known as Q or SPE; 0 for a row without any value.

        Source: Jackson & Mudholkar, "Control procedures for residuals associated with principal component
        analysis" (1979).
        """
        standardised = self.standardiser(matrix)
        outside = standardised - standardised @ self.components.T @ self.components
        squared: Floats = np.square(outside).sum(axis=1)
        return squared

    def to_dict(self) -> dict[str, object]:
        """Plain lists and numbers."""
        return {
            "centre": self.standardiser.centre.tolist(),
            "scale": self.standardiser.scale.tolist(),
            "components": self.components.tolist(),
            "variances": self.variances.tolist(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> PcaProjection:
        """Read what `to_dict` gave.

        Raises:
            ValueError: keys that lack, values that are no finite numbers, shapes that do not fit, a scale of 0.

        """
        try:
            centre, scale, variances = (
                np.array(cast("list[float]", stored[key]), np.float64) for key in ("centre", "scale", "variances")
            )
            components = np.array(cast("list[list[float]]", stored["components"]), np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the projection is not as it was stored: {error!r}; fit it again") from error
        components = components if components.size else np.empty((0, centre.size))
        numbers = np.concatenate([centre, scale, variances.ravel(), components.ravel()])
        fits = centre.shape == scale.shape == components.shape[1:] and variances.shape == components.shape[:1]
        if not fits or not np.isfinite(numbers).all() or (scale <= 0).any():
            raise ValueError(
                f"the projection has {centre.shape} centres, {scale.shape} scales and {components.shape} components;"
                " they must fit together, be finite, and scales above 0; fit it again"
            )
        return cls(Standardiser(centre, scale), components, variances)


def vector_columns(projection: PcaProjection, vectors: Floats, name: str) -> dict[str, Floats]:
    """A vector column (an embedding) as numeric columns that ordinary bins can count.

    Args:
        projection: fitted on the reference's vectors, with a stated number of components.
        vectors: float64 of shape (n, D); a missing vector is a row of NaN.
        name: of the vector column.

    Returns:
        `name.norm`, the Euclidean length, then `name.pc1`, `name.pc2`, …; each of shape (n,), NaN where missing.

    >>> projection = PcaProjection.fit(np.array([[3.0, 4.0], [0.0, 0.0]]), components=1)
    >>> columns = vector_columns(projection, np.array([[3.0, 4.0]]), "v")
    >>> {key: column.round(6).tolist() for key, column in columns.items()}
    {'v.norm': [5.0], 'v.pc1': [1.414214]}
    """
    largest = np.max(np.abs(vectors), axis=1, keepdims=True, initial=0.0)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        lengths = np.sqrt(np.square(vectors / largest).sum(axis=1)) * largest[:, 0]
    norms = np.where(largest[:, 0] == 0, 0.0, np.where(np.isinf(largest[:, 0]), np.inf, lengths))
    along = projection.coordinates(vectors).T
    return {f"{name}.norm": norms, **{f"{name}.pc{k}": column for k, column in enumerate(along, 1)}}
