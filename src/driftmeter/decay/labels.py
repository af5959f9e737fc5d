"""Joining labels to the predictions they are about, late and out of order, within bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from driftmeter.columns import Column, Columns
from driftmeter.record import Feedback, Prediction, Predictions

MAX_ROWS_REMEMBERED = 10_000
"""Of a larger batch, rows beyond this are not remembered: labels for them are orphans."""

ROWS_PER_PREDICTION = 10
"""How many rows are remembered in all, per prediction that may be: large batches push out the older ones sooner."""

MAX_TEXT_CHARACTERS = 256
MAX_BITS = 512


def scalar(value: object) -> float | int | bool | str | None:
    """A predicted or true value as a plain number or short text; None for what is neither, and no evidence.

    >>> scalar(np.float32(1.5)), scalar("AA"), scalar([1])
    (1.5, 'AA', None)

    """
    if isinstance(value, np.generic | np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, str):
        return str.__str__(value)[:MAX_TEXT_CHARACTERS]
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return None
    return value if isinstance(value, bool | int | float) else None


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
        most: how many predictions are remembered, of ten rows each on average; 0 remembers none.

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
        self._rows = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def remember(self, prediction_id: str, prediction: Remembered) -> None:
        """Keep what a label will be compared with."""
        if (before := self._by_id.pop(prediction_id, None)) is not None:
            self._rows -= len(before.outputs)
        self._by_id[prediction_id] = prediction
        self._rows += len(prediction.outputs)
        while len(self._by_id) > self._most or (self._rows > ROWS_PER_PREDICTION * self._most and len(self._by_id) > 1):
            _, oldest = self._by_id.popitem(last=False)
            self._rows -= len(oldest.outputs)

    def match(self, prediction_id: str, *, row: int, actual: object, received_ns: int) -> Labelled | None:
        """The prediction beside its label; None when the prediction is not known here (any more)."""
        known = self._by_id.get(prediction_id)
        if known is None or not 0 <= row < len(known.outputs):
            return None
        # A replay's clock may run behind the label's: a delay is never negative.
        delay_s = max(0.0, (received_ns - known.timestamp_ns) / 1e9)
        return Labelled(known.model, known.version, known.outputs[row], scalar(actual), delay_s)

    def remember_record(self, prediction: Prediction) -> None:
        """`remember` for a record: its first output column is what labels speak of."""
        if self._most == 0 or prediction.outputs is None or not prediction.outputs.names:
            return
        outputs = _scalars(prediction.outputs, slice(0, MAX_ROWS_REMEMBERED))
        self.remember(prediction.id, Remembered(prediction.model, prediction.version, prediction.timestamp_ns, outputs))

    def remember_records(self, predictions: Predictions) -> None:
        """`remember_record` for each of many."""
        if self._most == 0 or predictions.outputs is None or not predictions.outputs.names:
            return
        scalars = _scalars(predictions.outputs, slice(None))
        model, version, end = predictions.model, predictions.version, 0
        for id_, timestamp_ns, rows in zip(
            predictions.ids, predictions.timestamps_ns.tolist(), predictions.rows.tolist(), strict=True
        ):
            start, end = end, end + rows
            outputs = scalars[start : min(end, start + MAX_ROWS_REMEMBERED)]
            self.remember(id_, Remembered(model, version, timestamp_ns, outputs))

    def match_record(self, label: Feedback) -> Labelled | None:
        """`match` for a record."""
        return self.match(label.prediction_id, row=label.row, actual=label.actual, received_ns=label.received_ns)


def _scalars(outputs: Columns, rows: slice) -> list[float | int | bool | str | None]:
    """The first column's values: what labels speak of."""
    column: Column = outputs[outputs.names[0]]
    kept = column[rows]
    return [scalar(value) for value in (kept.tolist() if isinstance(kept, np.ndarray) else kept)]
