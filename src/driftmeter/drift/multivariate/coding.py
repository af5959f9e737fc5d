"""Rows as small whole numbers: the grade of each number, the bin or label that each value falls under."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Columns, Floats
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.values import as_aligned_floats
from driftmeter.stats.categories import Categories
from driftmeter.stats.grid import Grid
from driftmeter.stats.multivariate import Grader

MISSING: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class CodedRows:
    """Some rows of F graded and C categorical columns.

    Attributes:
        grades: float64 of shape (n, F), whole numbers from -100 to 100, NaN where there is no number.
        bins: int64 of shape (n, F), 0 below the first bin, then the bins, then above the last; -1 for no number, or
            where the bins were not asked for.
        places: int64 of shape (n, C), the number of the label, then of `other`; -1 where missing.

    """

    grades: Floats
    bins: NDArray[np.int64]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.grades)


class RowCoder:
    """Codes rows by the bins, labels and graders of a reference.

    Args:
        columns: of the reference; only their bins and labels matter here.
        graders: of those numeric columns that are coded, by name, in the order in which they are coded. Categories are
            coded in the order of their names, so that references with other orders of columns still add up.
        tabled: names of the columns that `table` will be asked for; None for any.

    >>> column = ColumnReference("city", "input", "category", 0, (), ("Oslo",), (0,) * 6)
    >>> coder = RowCoder([column], {})
    >>> coder(Columns(["city"], 3, arrays=[["Oslo", "Rome", None]])).places.tolist()
    [[0], [1], [-1]]

    """

    def __init__(
        self,
        columns: Sequence[ColumnReference],
        graders: Mapping[str, Grader],
        tabled: Collection[str] | None = None,
    ) -> None:
        self._tabled = graders.keys() if tabled is None else tabled
        by_name = {column.name: column for column in columns}
        self.graded = tuple(by_name[name] for name in graders)
        self.categories = tuple(sorted((c for c in columns if not c.numeric), key=lambda column: column.name))
        self._graders = [graders[column.name] for column in self.graded]
        self._grids = [Grid(column.edges) for column in self.graded]
        self._labels = [Categories(column.labels, others=True) for column in self.categories]
        self._spots = {
            **{column.name: ("graded", at) for at, column in enumerate(self.graded)},
            **{column.name: ("labelled", at) for at, column in enumerate(self.categories)},
        }

    def __call__(self, table: Columns) -> CodedRows:
        """Code a table; a column that it lacks is missing in every row."""
        grades = np.full((table.rows, len(self.graded)), np.nan)
        bins = np.full(grades.shape, MISSING, np.int64)
        places = np.full((table.rows, len(self.categories)), MISSING, np.int64)
        for at, column in enumerate(self.graded):
            if column.name in table:
                numbers, _ = as_aligned_floats(table[column.name])
                grades[:, at] = self._graders[at](numbers)
                if column.name in self._tabled:
                    bins[:, at] = _in_order(self._grids[at], numbers)
        for at, column in enumerate(self.categories):
            if column.name in table:
                places[:, at] = _label_places(self._labels[at], table.as_it_came(column.name))
        return CodedRows(grades, bins, places)

    def line_count(self, name: str) -> int:
        """Lines of a contingency table of this column; KeyError for one that is not coded.

        Numbers: below, the bins, above. Categories: the labels, `other`, missing.
        """
        kind, at = self._spots[name]
        return self._grids[at].bins + 2 if kind == "graded" else self._labels[at].bins + 1

    def lines(self, rows: CodedRows, name: str) -> NDArray[np.int64]:
        """The line of a contingency table that each row falls under; -1 for one without a number."""
        kind, at = self._spots[name]
        if kind == "graded":
            return rows.bins[:, at]
        places = rows.places[:, at]
        return np.where(places == MISSING, self._labels[at].bins, places)

    def table(self, rows: CodedRows, of_input: str, of_output: str) -> NDArray[np.int64]:
        """Counts of rows by line of an input and of an output, shape (I, J)."""
        x, width = self.lines(rows, of_input), self.line_count(of_input)
        y, height = self.lines(rows, of_output), self.line_count(of_output)
        both = (x >= 0) & (y >= 0)
        counts = np.bincount(x[both] * height + y[both], minlength=width * height)
        return counts.astype(np.int64).reshape(width, height)


def _in_order(grid: Grid, numbers: Floats) -> NDArray[np.int64]:
    """The bins between what is below and what is above."""
    bins = grid.bins
    order = np.concatenate([np.arange(1, bins + 1), [0, bins + 1, MISSING]])
    return order[grid.assign(numbers)].astype(np.int64)


def _label_places(labels: Categories, values: Column) -> NDArray[np.int64]:
    found = labels.places(values)
    missing = found == labels.bins + 2
    return np.where(missing, MISSING, np.minimum(found, labels.bins - 1)).astype(np.int64)
