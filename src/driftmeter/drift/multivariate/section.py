"""The part of a reference that knows its columns together: it adds up where the columns are graded alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.stats.multivariate import Grader, MixedRows, PairSums, PcaProjection, ReconstructionLaw


@dataclass(frozen=True, slots=True, eq=False)
class MultivariateReference:
    """What a reference keeps of its columns together. It holds no rows unless a sample of them was asked for.

    Attributes:
        graders: of the numeric columns that are looked at, in the order of all arrays.
        sums: of pairs of graded columns.
        natural: variance of artanh(r) between the reference's own windows beyond chance, shape (F, F).
        projection: principal components of the graded columns; None where `no_projection` says why.
        law: of the reconstruction error; None without projection.
        no_projection: why there is none, or None.
        tables: counts by bins of an input and an output, by their names.
        sample: grades and label numbers of rows drawn at random, in random order, or None.
        rows: of the reference.

    """

    graders: Mapping[str, Grader]
    sums: PairSums
    natural: Floats
    projection: PcaProjection | None
    law: ReconstructionLaw | None
    no_projection: str | None
    tables: Mapping[tuple[str, str], NDArray[np.int64]]
    sample: MixedRows | None
    rows: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MultivariateReference):
            return NotImplemented
        return (
            (self.rows, self.law, self.no_projection) == (other.rows, other.law, other.no_projection)
            and list(self.graders.items()) == list(other.graders.items())
            and self.sums == other.sums
            and np.array_equal(self.natural, other.natural)
            and _stored(self.projection) == _stored(other.projection)
            and self.tables.keys() == other.tables.keys()
            and all(np.array_equal(counts, other.tables[names]) for names, counts in self.tables.items())
            and _same_rows(self.sample, other.sample)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays can change

    def merge(self, other: MultivariateReference) -> MultivariateReference | None:
        """Both together, or None where they grade columns or count tables differently.

        Sums and tables add exactly. Natural variation is the larger one. A projection stays where both have the same
        (the second was built with `like`), and is dropped otherwise. Samples are thinned to the smaller share of rows.
        """
        if list(self.graders.items()) != list(other.graders.items()) or self._shapes() != other._shapes():
            return None
        projection, law, reason = self._merged_projection(other)
        return MultivariateReference(
            self.graders,
            self.sums + other.sums,
            np.maximum(self.natural, other.natural),
            projection,
            law,
            reason,
            {names: counts + other.tables[names] for names, counts in self.tables.items()},
            self._merged_sample(other),
            self.rows + other.rows,
        )

    def _shapes(self) -> dict[tuple[str, str], tuple[int, ...]]:
        return {names: counts.shape for names, counts in self.tables.items()}

    def _merged_projection(
        self, other: MultivariateReference
    ) -> tuple[PcaProjection | None, ReconstructionLaw | None, str | None]:
        if self.projection is None or other.projection is None or self.law is None or other.law is None:
            return None, None, self.no_projection or other.no_projection
        if _stored(self.projection) != _stored(other.projection):
            return None, None, "the merged references had different principal components; build one with like=the other"
        return self.projection, merged_law(self.law, other.law), None

    def _merged_sample(self, other: MultivariateReference) -> MixedRows | None:
        if self.sample is None or other.sample is None:
            return None
        share = min(len(self.sample) / max(1, self.rows), len(other.sample) / max(1, other.rows))
        parts = [
            part.take(np.arange(math.floor(share * rows + 1e-9)))
            for part, rows in ((self.sample, self.rows), (other.sample, other.rows))
        ]
        both = MixedRows(*(np.concatenate([getattr(p, kind) for p in parts]) for kind in ("numbers", "places")))
        return both.take(np.random.default_rng(0).permutation(len(both)))


def _stored(projection: PcaProjection | None) -> dict[str, object] | None:
    return projection.to_dict() if projection is not None else None


def _same_rows(first: MixedRows | None, second: MixedRows | None) -> bool:
    if first is None or second is None:
        return first is second
    return np.array_equal(first.numbers, second.numbers, equal_nan=True) and np.array_equal(first.places, second.places)


def merged_law(first: ReconstructionLaw, second: ReconstructionLaw) -> ReconstructionLaw:
    """The law of both references' rows together, by the updating formulae of Chan, Golub & LeVeque (1979).

    >>> merged_law(ReconstructionLaw(1.0, 0.0, 10), ReconstructionLaw(3.0, 0.0, 10))
    ReconstructionLaw(mean=2.0, std=1.0, rows=20, natural=0.0)
    """
    rows = first.rows + second.rows
    if not rows:
        return first
    a, b = first.rows / rows, second.rows / rows
    variance = a * first.std**2 + b * second.std**2 + a * b * (first.mean - second.mean) ** 2
    mean = a * first.mean + b * second.mean
    return ReconstructionLaw(mean, math.sqrt(variance), rows, max(first.natural, second.natural))
