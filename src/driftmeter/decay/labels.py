"""Joining labels to the predictions they are about, late and out of order, within bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from driftmeter.columns import Column
from driftmeter.record import Feedback, Prediction

MAX_ROWS_REMEMBERED = 10_000
"""Of a larger batch, rows beyond this are not remembered: labels for them are orphans."""


class Remembered(NamedTuple):
    """What is kept of a prediction until its label comes."""

    model: str
    version: str | None
    timestamp_ns: int
    outputs: Sequence[object]


class Labelled(NamedTuple):
    """One predicted value beside the true one."""

    model: str
    version: str | None
    predicted: object
    actual: object
    delay_s: float


class LabelJoin:
    """Remembers predictions by id until they are too many; the oldest are forgotten first.

    Args:
        most: how many predictions are remembered; 0 remembers none.

    >>> join = LabelJoin(most=1000)
    >>> join.remember("flight-7", Remembered("air-time", "2015Q1", 0, [120.0]))
    >>> join.match("flight-7", row=0, actual=123.0, received_ns=3_600_000_000_000).delay_s
    3600.0
    >>> join.match("flight-8", row=0, actual=90.0, received_ns=0) is None
    True

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_id: OrderedDict[str, Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_id)

    def remember(self, prediction_id: str, prediction: Remembered) -> None:
        """Keep what a label will be compared with."""
        self._by_id[prediction_id] = prediction
        while len(self._by_id) > self._most:
            self._by_id.popitem(last=False)

    def match(self, prediction_id: str, *, row: int, actual: object, received_ns: int) -> Labelled | None:
        """The prediction beside its label; None when the prediction is not known here (any more)."""
        known = self._by_id.get(prediction_id)
        if known is None or not 0 <= row < len(known.outputs):
            return None
        # A replay's clock may run behind the label's: a delay is never negative.
        delay_s = max(0.0, (received_ns - known.timestamp_ns) / 1e9)
        return Labelled(known.model, known.version, known.outputs[row], actual, delay_s)

    def remember_record(self, prediction: Prediction) -> None:
        """`remember` for a record: its first output column is what labels speak of."""
        if self._most == 0 or prediction.outputs is None or not prediction.outputs.names:
            return
        column: Column = prediction.outputs[prediction.outputs.names[0]]
        kept = column[:MAX_ROWS_REMEMBERED]
        outputs = kept.tolist() if isinstance(kept, np.ndarray) else list(kept)
        self.remember(
            prediction.id, Remembered(prediction.model, prediction.version, prediction.timestamp_ns, outputs)
        )

    def match_record(self, label: Feedback) -> Labelled | None:
        """`match` for a record."""
        return self.match(label.prediction_id, row=label.row, actual=label.actual, received_ns=label.received_ns)
