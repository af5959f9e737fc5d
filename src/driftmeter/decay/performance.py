"""Rolling quality of a model on its labelled rows: regression or classification, told from the labels themselves."""

from __future__ import annotations

import math
from typing import Generic, NamedTuple, TypeVar

from driftmeter.stats.categories import label_text
from driftmeter.stats.quality import ClassificationSums, RegressionSums


class Score(NamedTuple):
    """One measure of quality; in the label's unit for errors, a share for the others."""

    name: str
    value: float


Pair = TypeVar("Pair")


class Performance:
    """Quality over the last labelled rows; computed when it is read, not when a label arrives.

    A row counts once: a label that comes again, or a better one, takes the place of the former.

    Numbers of which one is a float are regression (rmse, mae, bias); text, booleans and integers are classification
    (accuracy, macro_f1). Classes are compared as they are written, 1 and 1.0 alike; where one of the two is a truth
    value and the other 0 or 1, both are taken as what the prediction is.

    Args:
        window_rows: how many labelled rows count.

    >>> quality = Performance(window_rows=100)
    >>> quality.update(120.0, 123.0)
    >>> quality.update(90.0, 86.0)
    >>> [(score.name, round(score.value, 2)) for score in quality.scores()]
    [('rmse', 3.54), ('mae', 3.5), ('bias', 0.5)]

    """

    def __init__(self, window_rows: int = 1000) -> None:
        self._numbers: _Latest[tuple[float, float]] = _Latest(window_rows)
        self._classes: _Latest[tuple[str, str]] = _Latest(window_rows)

    @property
    def n(self) -> int:
        """Number of labelled rows in the window."""
        return len(self._numbers) + len(self._classes)

    def update(self, predicted: object, actual: object, row: int | None = None) -> None:
        """Take one labelled row; a row without a usable value is no evidence and is left out.

        Args:
            predicted: what the model said.
            actual: what is true.
            row: the number by which the row is known if it is labelled again; None where it is not.

        """
        if _is_missing(predicted) or _is_missing(actual):
            return
        if (numbers := _as_numbers(predicted, actual)) is None:
            self._numbers.forget(row)
            self._classes.put(row, (label_text(predicted), label_text(_as_predicted(actual, predicted))))
        elif all(map(math.isfinite, numbers)):
            self._classes.forget(row)
            self._numbers.put(row, numbers)

    def scores(self) -> list[Score]:
        """The measures that the labels seen allow, none before the first; from any thread."""
        scores: list[Score] = []
        if numbers := self._numbers.all():
            predicted, actual = zip(*numbers, strict=True)
            regression = RegressionSums.of(predicted, actual)
            scores += [Score(name, getattr(regression, name)) for name in ("rmse", "mae", "bias")]
        if classes := self._classes.all():
            classification = ClassificationSums(classes)
            scores += [Score(name, getattr(classification, name)) for name in ("accuracy", "macro_f1")]
        return [score for score in scores if math.isfinite(score.value)]


class _Latest(Generic[Pair]):
    """The pairs of the last so many rows, each row's latest; one thread writes, any reads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pairs: dict[object, Pair] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def put(self, row: int | None, pair: Pair) -> None:
        self._pairs[object() if row is None else row] = pair
        if len(self._pairs) > self._most:
            del self._pairs[next(iter(self._pairs))]

    def forget(self, row: int | None) -> None:
        self._pairs.pop(row, None)

    def all(self) -> list[Pair]:
        return list(self._pairs.copy().values())


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _as_numbers(predicted: object, actual: object) -> tuple[float, float] | None:
    if isinstance(predicted, bool) or isinstance(actual, bool):
        return None
    if not isinstance(predicted, int | float) or not isinstance(actual, int | float):
        return None
    if not isinstance(predicted, float) and not isinstance(actual, float):
        return None
    try:
        return float(predicted), float(actual)
    except OverflowError:
        return math.nan, math.nan


def _as_predicted(actual: object, predicted: object) -> object:
    """A label from a table that holds 0 and 1 where the model says False and True, or the reverse."""
    if isinstance(predicted, bool) and isinstance(actual, int | float) and actual in {0, 1}:
        return bool(actual)
    if isinstance(actual, bool) and isinstance(predicted, int | float) and not isinstance(predicted, bool):
        return int(actual)
    return actual
