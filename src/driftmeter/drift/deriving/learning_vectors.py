"""Learning the axes of a column of vectors from a first pass over it, without flattering the reference.

Axes fit the rows that they were learnt from better than any others: along them those rows vary more, and live rows
would seem to have drifted. So the axes are learnt from one half of the rows, told by their contents, and only the other
half is counted along them.
"""

from __future__ import annotations

from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Floats
from driftmeter.drift.deriving.derivation import Derivation, is_missing, with_skipped
from driftmeter.drift.deriving.vectors import VectorDerivation, norms, principal_axes, project, read_vectors

SAMPLE_ROWS: Final = 20_000
SAMPLE_VALUES: Final = 4_000_000
"""Numbers held of each half while axes are learnt: 32 MB."""

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits, which spreads neighbouring numbers (Knuth, TAOCP 3, 6.4)."""


class VectorLearner:
    """Sees a column of vectors once.

    Args:
        name: of the column.
        dimension: length of its vectors.

    """

    def __init__(self, name: str, dimension: int) -> None:
        self._name, self._dimension = name, dimension
        self._random = np.random.default_rng(0)
        size = max(2, min(SAMPLE_ROWS, SAMPLE_VALUES // dimension))
        self._halves = (_RowSample(size, dimension), _RowSample(size, dimension))

    def scan(self, column: Column) -> dict[str, Column]:
        """Take in a chunk; the derived columns that are known already, for their own scan."""
        read = read_vectors(column, self._dimension)
        draws, second = self._random.random(len(read.rows)), halves(read.matrix)
        for half, sample in enumerate(self._halves):
            chosen = second == bool(half)
            sample.add(draws[chosen], read.matrix[chosen])
        return {f"{self._name}.norm": norms(read.matrix)}

    def fitted(self) -> tuple[Derivation, Derivation, dict[str, Column]]:
        """What live rows are derived by, what the reference's own are, and a sample of columns for their scan."""
        first, second = (sample.matrix for sample in self._halves)
        axes = principal_axes(first if len(second) else first[:0])
        derivation = VectorDerivation(self._name, self._dimension, axes)
        along = project(second, axes)
        return derivation, HeldOut(derivation), dict(zip(derivation.names[1:], along.T, strict=True))


class HeldOut:
    """Derives a reference's own rows, those that the axes were learnt from being `SKIPPED` along them.

    So is every second one of the rows without a vector, that their share stays what it is.

    Args:
        derivation: by which live rows are derived.

    """

    def __init__(self, derivation: VectorDerivation) -> None:
        self.name, self.names, self.to_dict = derivation.name, derivation.names, derivation.to_dict
        self._derivation = derivation
        self._without = 0

    def derive(self, column: Column) -> list[Column]:
        """The derived columns, in the order of `names`."""
        read = read_vectors(column, self._derivation.dimension)
        skipped = np.ones(len(column), np.bool_)
        skipped[read.rows] = False
        without = np.flatnonzero(skipped)
        skipped[without] = (np.arange(without.size) + self._without) % 2 == 0
        skipped[read.rows] = ~halves(read.matrix)
        self._without += without.size
        lengths, *along = self._derivation.spread(read)
        return [lengths, *(with_skipped(values, skipped) for values in along)]


def halves(matrix: Floats) -> NDArray[np.bool_]:
    """To which half each row belongs, by its contents: the same in every pass, and for rows that are the same."""
    bits = np.ascontiguousarray(matrix + 0.0).view(np.uint64)
    places = np.arange(1, matrix.shape[1] + 1, dtype=np.uint64) * _ODD | np.uint64(1)
    mixed = np.bitwise_xor.reduce(bits * places, axis=1)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _ODD
    second: NDArray[np.bool_] = mixed >> np.uint64(63) == 1
    return second


def dimension_of(column: Column) -> int | None:
    """The length of the first vector in a column, None where its first value is none."""
    if isinstance(column, np.ndarray) and column.ndim == 2:
        return column.shape[1] or None
    first = next((value for value in column if not is_missing(value)), None)
    if isinstance(first, np.ndarray):
        return first.size or None if first.ndim == 1 and first.dtype.kind in "fiub" else None
    if isinstance(first, list | tuple) and first and len(read_vectors([first], len(first)).rows):
        return len(cast("list[float]", first))
    return None


class _RowSample:
    """The rows that drew the smallest numbers: a uniform sample (Efraimidis & Spirakis, 2006, with equal weights)."""

    def __init__(self, size: int, dimension: int) -> None:
        self._size = size
        self._draws: Floats = np.empty(0)
        self.matrix: Floats = np.empty((0, dimension))

    def add(self, draws: Floats, rows: Floats) -> None:
        draws, rows = np.concatenate([self._draws, draws]), np.concatenate([self.matrix, rows])
        if len(draws) > self._size:
            kept = np.sort(np.argpartition(draws, self._size)[: self._size])
            draws, rows = draws[kept], rows[kept]
        self._draws, self.matrix = draws, rows
