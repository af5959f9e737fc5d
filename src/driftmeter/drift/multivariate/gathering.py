"""Building the multivariate part of a reference from chunks, in memory that does not grow with the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Columns, Floats
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.deriving.derivation import SKIPPED
from driftmeter.drift.multivariate.coding import CodedRows, RowCoder
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.stats.multivariate import (
    Grader,
    MixedRows,
    PairSums,
    PcaProjection,
    ReconstructionLaw,
    natural_variation,
)
from driftmeter.stats.multivariate.correlation import MIN_WINDOWS
from driftmeter.stats.multivariate.reconstruction import natural_variance
from driftmeter.stats.multivariate.standardising import Standardiser

MAX_GRADED: Final = 64
"""Numeric columns that are looked at together, the first ones: cost and size grow with their square."""

MAX_OUTPUTS: Final = 4
"""Outputs of which the association with every input is counted, the first ones."""

MAX_SAMPLE: Final = 5000
"""Rows held while a reference is built, and at most kept in it where a sample is asked for."""

FIRST_WINDOW: Final = 250
MOST_WINDOWS: Final = 64
"""The length of a reference's own windows starts at the one and doubles before there would be more than the other."""


class Gatherer:
    """Takes in a reference's rows once its bins stand.

    Args:
        columns: layout of the columns, without counts.
        graders: of the numeric columns to be looked at.
        sample_rows: rows to keep in the reference, at most 5,000.
        projection: to be used in place of one fitted on these rows, or None.
        in_order: whether the rows come in the order of their times, so that windows of them show how the reference
            varies by itself.

    """

    def __init__(
        self,
        columns: Sequence[ColumnReference],
        graders: Mapping[str, Grader],
        sample_rows: int,
        projection: PcaProjection | None,
        *,
        in_order: bool,
    ) -> None:
        self._coder, self._graders = RowCoder(columns, graders), graders
        self._sample_rows, self._projection, self._in_order = sample_rows, projection, in_order
        known = {column.name for column in (*self._coder.graded, *self._coder.categories)}
        inputs = [column.name for column in columns if column.role == "input" and column.name in known]
        outputs = [column.name for column in columns if column.role == "output" and column.name in known]
        self._pairs = [(x, y) for y in outputs[:MAX_OUTPUTS] for x in inputs]
        self._tables: dict[tuple[str, str], NDArray[np.int64]] = {}
        self._windows = Windows(len(self._coder.graded))
        self._reservoir = RowReservoir(MAX_SAMPLE)
        self._rows = 0

    def add(self, table: Columns) -> None:
        """Take in the next chunk, without the rows of which some value is not to be counted."""
        rows = self._coder(_counted(table))
        self._rows += len(rows)
        self._windows.add(rows.grades)
        self._reservoir.add(rows)
        for names in self._pairs:
            counts = self._coder.table(rows, *names)
            self._tables[names] = self._tables[names] + counts if names in self._tables else counts

    def finished(self) -> MultivariateReference:
        """What was seen of all chunks."""
        total, windows = self._windows.total, self._windows.full if self._in_order else []
        sample = self._reservoir.rows(len(self._coder.graded))
        natural = natural_variation(windows) if windows else np.zeros(total.rows.shape)
        projection = law = None
        if len(self._graders) > 1 and self._rows:
            projection, held, rows = self._projection, total, self._rows
            if projection is None:
                fitted, among = self._windows.every_other()
                projection = projection_of(fitted)
                if among < rows:  # components flatter the rows that they were fitted to
                    held, windows, rows = total - fitted, windows[1::2], rows - among
            law = law_of(projection, held, windows, sample.numbers, rows)
        reason = None if projection is not None else "fewer than two numeric columns, or no rows to look at"
        kept = sample.take(np.arange(min(self._sample_rows, len(sample)))) if self._sample_rows else None
        return MultivariateReference(
            self._graders, total, np.round(natural, 12), projection, law, reason, self._tables, kept, self._rows
        )


def _counted(table: Columns) -> Columns:
    """The rows without a `SKIPPED` value: counted as missing, those would make the reference flatter than it is."""
    columns = [table[name] for name in table.names]
    marked = [column for column in columns if isinstance(column, list) and any(value is SKIPPED for value in column)]
    if not marked:
        return table
    kept = np.flatnonzero([not any(value is SKIPPED for value in row) for row in zip(*marked, strict=True)])
    taken = [c[kept] if isinstance(c, np.ndarray) else [c[row] for row in kept.tolist()] for c in columns]
    return Columns(table.names, kept.size, arrays=taken)


class Windows:
    """Sums over consecutive windows of rows, all of one length, which doubles when they become many.

    >>> windows = Windows(1)
    >>> windows.add(np.zeros((600, 1)))
    >>> len(windows.full), int(windows.total.rows[0, 0])
    (2, 600)
    """

    def __init__(self, columns: int) -> None:
        self.full: list[PairSums] = []
        self._length, self._filled = FIRST_WINDOW, 0
        self._open = self._empty = PairSums.empty(columns)

    @property
    def total(self) -> PairSums:
        """The sums of all rows."""
        return sum(self.full, self._open)

    def every_other(self) -> tuple[PairSums, int]:
        """The sums of the first, third, fifth … window, and the rows of them; of all rows where there are too few."""
        if len(self.full) < 2:  # nothing would be left
            return self.total, self._length * len(self.full) + self._filled
        first, *others = self.full[::2]
        return sum(others, first), self._length * (1 + len(others))

    def add(self, grades: Floats) -> None:
        """Take in the next rows, in their order."""
        start = 0
        while start < len(grades):
            part = grades[start : start + self._length - self._filled]
            self._open = self._open + PairSums.of(part)
            start, self._filled = start + len(part), self._filled + len(part)
            if self._filled == self._length:
                self.full.append(self._open)
                self._open, self._filled = self._empty, 0
                self._double()

    def _double(self) -> None:
        if len(self.full) == MOST_WINDOWS:
            self.full = [first + second for first, second in zip(self.full[::2], self.full[1::2], strict=True)]
            self._length *= 2


class RowReservoir:
    """A uniform random sample of coded rows, the same for the same rows however they were cut into chunks.

    Every row draws a number and those with the smallest stay: Efraimidis & Spirakis (2006), with equal weights.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._random = np.random.default_rng(0)
        self._kept: Floats | None = None

    def add(self, rows: CodedRows) -> None:
        """Offer the next rows."""
        drawn = np.column_stack([self._random.random(len(rows)), rows.grades, rows.places])
        kept = drawn if self._kept is None else np.concatenate([self._kept, drawn])
        self._kept = kept[np.argsort(kept[:, 0], kind="stable")[: self._size]]

    def rows(self, graded: int) -> MixedRows:
        """The sample, in random order: any first part of it is a sample too."""
        kept = self._kept if self._kept is not None else np.empty((0, 1 + graded))
        return MixedRows(kept[:, 1 : 1 + graded], kept[:, 1 + graded :].astype(np.int64))


def projection_of(total: PairSums) -> PcaProjection:
    """Principal components of graded columns, a missing grade counted as the mean."""
    mean, covariance = total.covariance()
    deviation: Floats = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    scale: Floats = np.where(deviation > 1e-6, np.round(deviation, 12), 1.0)  # grades are whole: less is rounding
    standardiser = Standardiser(np.round(mean, 12), scale)
    return PcaProjection.of_covariance(standardiser, covariance / np.outer(scale, scale))


def law_of(
    projection: PcaProjection, total: PairSums, windows: Sequence[PairSums], sample: Floats, rows: int
) -> ReconstructionLaw:
    """Mean error of rows and of windows of them from sums of products alone; spread from row to row from a sample."""
    errors, outside = projection.reconstruction_error(sample), Outside(projection)
    std = float(errors.std())
    means = np.array([outside.error_sum(window) / max(1, int(window.rows.max())) for window in windows])
    lengths = np.array([max(1, int(window.rows.max())) for window in windows])
    natural = natural_variance(means, std**2 / lengths) if len(windows) >= MIN_WINDOWS else 0.0
    return ReconstructionLaw(round(outside.error_sum(total) / rows, 12), round(std, 12), rows, round(natural, 12))


class Outside:
    """What of the rows lies outside a projection's components, from their sums of products alone.

    A row's reconstruction error is a quadratic form of it, so that products of pairs are all it takes.

    Args:
        projection: of graded columns.

    """

    def __init__(self, projection: PcaProjection) -> None:
        self._centre, scale = projection.standardiser.centre, projection.standardiser.scale
        outside: Floats = np.eye(len(scale)) - projection.components.T @ projection.components
        self._form = outside @ outside
        self._scales: Floats = np.outer(scale, scale)
        self._by_column: Floats = outside / scale

    def error_sum(self, sums: PairSums) -> float:
        """The sum of the rows' reconstruction errors."""
        return max(0.0, float((self._form * (sums.products_about(self._centre) / self._scales)).sum()))

    def by_column(self, sums: PairSums) -> Floats:
        """The part of each column in that sum, shape (F,)."""
        parts: Floats = (self._by_column @ sums.products_about(self._centre) * self._by_column).sum(axis=1)
        return np.maximum(parts, 0.0)
