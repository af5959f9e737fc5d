"""Rolling quality of a model on its labelled rows: regression or classification, told from the labels themselves."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, NamedTuple, TypeAlias

from driftmeter.stats.quality import ClassificationSums, RegressionSums

Pair: TypeAlias = tuple[float, float] | tuple[str, str]


class Score(NamedTuple):
    """One measure of quality; in the label's unit for errors, a share for the others."""

    name: str
    value: float


class Performance:
    """Quality over the last labelled rows.

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
        self._window_rows = window_rows
        self._rows: deque[Pair] = deque()
        self._regression = RegressionSums()
        self._classification = ClassificationSums()

    @property
    def n(self) -> int:
        """Number of labelled rows in the window."""
        return len(self._rows)

    def update(self, predicted: object, actual: object) -> None:
        """Take one labelled row; rows without a usable value are no evidence and leave the window as it is."""
        if actual is None or predicted is None:
            return
        pair = _as_numbers(predicted, actual) or (str(predicted), str(actual))
        if isinstance(pair[0], float) and not all(map(math.isfinite, pair)):
            return
        self._rows.append(pair)
        self._sums_for(pair).update(*pair)
        if len(self._rows) > self._window_rows:
            oldest = self._rows.popleft()
            self._sums_for(oldest).revert(*oldest)

    def scores(self) -> list[Score]:
        """The measures that the labels seen allow; none before the first."""
        scores: list[Score] = []
        if self._regression.n:
            scores += [
                Score("rmse", self._regression.rmse),
                Score("mae", self._regression.mae),
                Score("bias", self._regression.bias),
            ]
        if self._classification.n:
            scores += [
                Score("accuracy", self._classification.accuracy),
                Score("macro_f1", self._classification.macro_f1),
            ]
        return scores

    def _sums_for(self, pair: Pair) -> Any:
        return self._regression if isinstance(pair[0], float) else self._classification


def _as_numbers(predicted: object, actual: object) -> tuple[float, float] | None:
    if isinstance(predicted, bool) or isinstance(actual, bool):
        return None
    if not isinstance(predicted, int | float) or not isinstance(actual, int | float):
        return None
    return (float(predicted), float(actual)) if isinstance(predicted, float) or isinstance(actual, float) else None
