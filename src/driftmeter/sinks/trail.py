"""The latest predictions of a model, kept so that an alarm can name some that moved it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Columns
from driftmeter.drift import Reference
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.counting import ColumnCounter
from driftmeter.drift.deriving.derivation import expand
from driftmeter.record import Prediction, Predictions

KEPT: Final = 256
"""Predictions remembered per monitor: references to what was there anyway."""

MOST_ROWS: Final = 64
"""A larger batch is not remembered: it would be kept alive whole."""

NAMED: Final = 8
"""Predictions that an alarm names at most."""


class Trail:
    """A ring of the latest predictions; nothing is looked at until an alarm asks.

    Args:
        reference: of their model.

    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._latest: deque[tuple[Sequence[Prediction], NDArray[np.intp]]] = deque()
        self._held = 0

    def add(self, predictions: Predictions) -> None:
        """Remember predictions, and forget older ones that are not among the latest any more."""
        small = np.flatnonzero(predictions.rows <= MOST_ROWS)[-KEPT:]
        if not small.size:
            return
        calls = predictions.calls
        if predictions.rows.max() > MOST_ROWS:  # a large batch beside them would be kept alive as well
            calls, small = [_alone(calls[place]) for place in small.tolist()], np.arange(small.size)
        self._latest.append((calls, small))
        self._held += small.size
        while self._held - self._latest[0][1].size >= KEPT:
            self._held -= self._latest.popleft()[1].size

    def fallen_into(self, name: str, bins: Collection[str]) -> list[Prediction]:
        """The latest predictions with a row in one of these bins of a column, the newest first."""
        column = self._reference.columns[name]
        counter = ColumnCounter.like(column)
        wanted = [place for place, label in enumerate(column.bins) if label in bins]
        found: list[Prediction] = []
        for prediction in self._newest_first():
            table = self._side(prediction, column)
            if table is not None and np.isin(counter.places(table.as_it_came(name)), wanted).any():
                found.append(prediction)
                if len(found) == NAMED:
                    break
        return found

    def _newest_first(self) -> Iterator[Prediction]:
        one_by_one = (calls[place] for calls, places in reversed(self._latest) for place in reversed(places.tolist()))
        return islice(one_by_one, KEPT)

    def _side(self, prediction: Prediction, column: ColumnReference) -> Columns | None:
        """The table that has the column, under the reference's names."""
        incoming = column.role == "input"
        table = prediction.inputs if incoming else prediction.outputs
        names = self._reference.input_names if incoming else self._reference.output_names
        if table is None:
            return None
        alone = not incoming and len(names) == table.width == 1
        if alone or (table.positional and table.width == len(names)):
            table = table.named(names)
        table = expand(table, self._reference.derivations)
        return table if column.name in table else None


def _alone(prediction: Prediction) -> Prediction:
    """The same with a copy of its values, which may be a view into the table of all that came with it."""
    inputs, outputs = prediction.inputs, prediction.outputs
    return replace(prediction, inputs=inputs and inputs.copied(), outputs=outputs and outputs.copied(), scores=None)
