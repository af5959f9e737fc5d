"""Rolling quality of a model on its labelled rows: regression or classification, told from the labels themselves."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from driftmeter.stats.quality import ClassificationSums, RegressionSums


class Score(NamedTuple):
    """One measure of quality; in the label's unit for errors, a share for the others."""

    name: str
    value: float


class Performance:
    """Quality over the last labelled rows; computed when it is read, not when a label arrives.

    Numbers of which one is a float are regression (rmse, mae, bias); text, booleans and integers are classification
    (accuracy, macro_f1).

    Args:
        window_rows: how many labelled rows count.

    >>> quality = Performance(window_rows=100)
    >>> quality.update(120.0, 123.0)
    >>> quality.update(90.0, 86.0)
    >>> [(score.name, round(score.value, 2)) for score in quality.scores()]
    [('rmse', 3.54), ('mae', 3.5), ('bias', 0.5)]

    """

    def __init__(self, window_rows: int = 1000) -> None:
        self._numbers: deque[tuple[float, float]] = deque(maxlen=window_rows)
        self._classes: deque[tuple[str, str]] = deque(maxlen=window_rows)

    @property
    def n(self) -> int:
        """Number of labelled rows in the window."""
        return len(self._numbers) + len(self._classes)

    def update(self, predicted: object, actual: object) -> None:
        """Take one labelled row; a row without a usable value is no evidence and is left out."""
        if predicted is None or actual is None:
            return
        if (numbers := _as_numbers(predicted, actual)) is None:
            self._classes.append((str(predicted), str(actual)))
        elif all(map(math.isfinite, numbers)):
            self._numbers.append(numbers)

    def scores(self) -> list[Score]:
        """The measures that the labels seen allow, none before the first; from any thread."""
        scores: list[Score] = []
        if numbers := self._numbers.copy():
            predicted, actual = zip(*numbers, strict=True)
            regression = RegressionSums.of(predicted, actual)
            scores += [Score(name, getattr(regression, name)) for name in ("rmse", "mae", "bias")]
        if classes := self._classes.copy():
            classification = ClassificationSums(classes)
            scores += [Score(name, getattr(classification, name)) for name in ("accuracy", "macro_f1")]
        return [score for score in scores if math.isfinite(score.value)]


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
