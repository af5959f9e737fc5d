"""Quality of predictions from sums that add, merge and revert: what rolling windows and replicas need."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class RegressionSums:
    """Sums of errors, prediction minus label, from which the usual measures of a regression follow.

    `a + b` is what seeing both batches gives, `(a + b) - b` is a: exactly while errors are whole numbers, else to
    rounding. Without rows every measure is nan.

    >>> sums = RegressionSums.of([2.0, 4.0], [1.0, 7.0])
    >>> sums.mae, sums.bias, round(sums.rmse, 6)
    (2.0, -1.0, 2.236068)
    >>> (sums + RegressionSums.of([5.0], [5.0])).n
    3
    """

    n: int = 0
    error: float = 0.0
    absolute: float = 0.0
    square: float = 0.0

    @classmethod
    def of(cls, predictions: ArrayLike, labels: ArrayLike) -> RegressionSums:
        """Sums of a batch; pairs whose squared error is not finite are left out.

        Raises:
            ValueError: predictions and labels of unequal shape.
        """
        predicted, actual = np.asarray(predictions, np.float64), np.asarray(labels, np.float64)
        if predicted.shape != actual.shape:
            raise ValueError(f"predictions have shape {predicted.shape}, labels {actual.shape}; they come in pairs")
        with np.errstate(over="ignore", invalid="ignore"):
            errors = predicted - actual
            squares = np.square(errors)
            kept = np.isfinite(squares)
            errors = errors[kept]
            return cls(errors.size, float(errors.sum()), float(np.abs(errors).sum()), float(squares[kept].sum()))

    def __add__(self, other: RegressionSums) -> RegressionSums:
        return RegressionSums(
            self.n + other.n,
            self.error + other.error,
            self.absolute + other.absolute,
            self.square + other.square,
        )

    def __sub__(self, other: RegressionSums) -> RegressionSums:
        """What was seen before `other` was added."""
        if other.n == self.n:
            return RegressionSums()  # no residue of rounding in an empty window
        return RegressionSums(
            self.n - other.n,
            self.error - other.error,
            max(self.absolute - other.absolute, 0.0),
            max(self.square - other.square, 0.0),
        )

    @property
    def bias(self) -> float:
        """Mean error; above 0 where predictions are too high."""
        return self.error / self.n if self.n else math.nan

    @property
    def mae(self) -> float:
        """Mean absolute error."""
        return self.absolute / self.n if self.n else math.nan

    @property
    def rmse(self) -> float:
        """Root of the mean squared error."""
        return math.sqrt(self.square / self.n) if self.n else math.nan


class ClassificationSums:
    """A confusion matrix that merges and reverts, by whatever the classes are.

    `a + b` is what seeing both gives, `(a + b) - b` equals a, to the count. Without rows every measure is nan.

    >>> sums = ClassificationSums.of(["cat", "dog", "dog"], ["cat", "dog", "cat"])
    >>> round(sums.accuracy, 6), round(sums.macro_f1, 6), sums.count("dog", "cat")
    (0.666667, 0.666667, 1)
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[Hashable, Hashable]] = ()) -> None:
        self._pairs = Counter(pairs)

    @classmethod
    def of(cls, predictions: Sequence[Hashable], labels: Sequence[Hashable]) -> ClassificationSums:
        """The matrix of a batch.

        Raises:
            ValueError: predictions and labels of unequal length.
        """
        if len(predictions) != len(labels):
            raise ValueError(f"{len(predictions)} predictions and {len(labels)} labels; they come in pairs")
        return cls(zip(predictions, labels, strict=True))

    def __add__(self, other: ClassificationSums) -> ClassificationSums:
        return _with_pairs(self._pairs + other._pairs)

    def __sub__(self, other: ClassificationSums) -> ClassificationSums:
        """What was seen before `other` was added."""
        return _with_pairs(self._pairs - other._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClassificationSums) and self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(frozenset(self._pairs.items()))

    @property
    def n(self) -> int:
        """Rows seen."""
        return self._pairs.total()

    def count(self, prediction: Hashable, label: Hashable) -> int:
        """Rows with this prediction and this label."""
        return self._pairs[prediction, label]

    @property
    def accuracy(self) -> float:
        """Share of rows whose prediction is the label."""
        return self._hits() / self.n if self.n else math.nan

    @property
    def macro_f1(self) -> float:
        """Mean over all classes seen, predicted or actual, of F1 = 2 hits / (predicted + actual)."""
        predicted: Counter[Hashable] = Counter()
        actual: Counter[Hashable] = Counter()
        for (prediction, label), n in self._pairs.items():
            predicted[prediction] += n
            actual[label] += n
        classes = predicted.keys() | actual.keys()
        if not classes:
            return math.nan
        scores = (2 * self._pairs[one, one] / (predicted[one] + actual[one]) for one in classes)
        return math.fsum(scores) / len(classes)

    def _hits(self) -> int:
        return sum(n for (prediction, label), n in self._pairs.items() if prediction == label)


def _with_pairs(pairs: Counter[tuple[Hashable, Hashable]]) -> ClassificationSums:
    sums = ClassificationSums()
    sums._pairs = pairs  # noqa: SLF001  # a second constructor, of this class's own
    return sums
