"""Joining labels to the predictions they are about, late and out of order, within bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import compress, count, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column
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
    """What is kept of predictions of one model, in their order, until their labels come."""

    model: str
    version: str | None
    ids: Sequence[str]
    timestamps_ns: Sequence[int] | NDArray[np.int64]
    ends: Sequence[int] | NDArray[np.int64]
    """Where the rows of each prediction end."""
    outputs: Column
    """Of every row."""


class Labelled(NamedTuple):
    """One predicted value beside the true one."""

    model: str
    version: str | None
    predicted: object
    actual: object
    delay_s: float


class LabelJoin:
    """Remembers predictions until they are too many; the oldest are forgotten first.

    Predictions are kept as they come, hundreds together, and found by their ids only from the first label on: most
    processes never see one.

    Args:
        most: how many predictions are remembered, of ten rows each on average; 0 remembers none.

    >>> join = LabelJoin(most=1000)
    >>> join.remember(Remembered("air-time", "2015Q1", ["flight-7"], [0], [1], [120.0]))
    >>> join.match("flight-7", row=0, actual=123.0, received_ns=3_600_000_000_000).delay_s
    3600.0
    >>> join.match("flight-8", row=0, actual=90.0, received_ns=0) is None
    True

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: deque[Remembered] = deque()
        self._count = self._rows = 0
        self._by_id: dict[str, tuple[Remembered, int]] = {}
        self._not_indexed: deque[Remembered] = deque()

    def __len__(self) -> int:
        return self._count

    def remember(self, predictions: Remembered) -> None:
        """Keep what labels will be compared with; what is remembered under the same id is forgotten."""
        self._kept.append(predictions)
        self._not_indexed.append(predictions)
        self._count += len(predictions.ids)
        self._rows += len(predictions.outputs)
        while len(self._kept) > 1 and (
            self._count - len(self._kept[0].ids) >= self._most or self._rows > ROWS_PER_PREDICTION * self._most
        ):
            self._forget(self._kept.popleft())

    def match(self, prediction_id: str, *, row: int, actual: object, received_ns: int) -> Labelled | None:
        """The prediction beside its label; None when the prediction is not known here (any more)."""
        while self._not_indexed:
            new = self._not_indexed.popleft()
            self._by_id.update(zip(new.ids, zip(repeat(new), count()), strict=False))
        if prediction_id not in self._by_id:
            return None
        known, place = self._by_id[prediction_id]
        start = int(known.ends[place - 1]) if place else 0
        if not 0 <= row < int(known.ends[place]) - start:
            return None
        # A replay's clock may run behind the label's: a delay is never negative.
        delay_s = max(0.0, (received_ns - int(known.timestamps_ns[place])) / 1e9)
        return Labelled(known.model, known.version, scalar(known.outputs[start + row]), scalar(actual), delay_s)

    def remember_record(self, prediction: Prediction) -> None:
        """`remember` for a record: its first output column is what labels speak of."""
        table = prediction.outputs
        if self._most and table is not None and table.names:
            outputs = _small(table[table.names[0]][:MAX_ROWS_REMEMBERED])
            self.remember(
                Remembered(
                    prediction.model,
                    prediction.version,
                    [prediction.id],
                    [prediction.timestamp_ns],
                    [len(outputs)],
                    outputs,
                )
            )

    def remember_records(self, predictions: Predictions) -> None:
        """`remember_record` for each of many."""
        table, rows = predictions.outputs, predictions.rows
        if self._most == 0 or table is None or not table.names:
            return
        outputs = table[table.names[0]]
        if (rows > MAX_ROWS_REMEMBERED).any():
            within = np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
            outputs, rows = _chosen(outputs, within < MAX_ROWS_REMEMBERED), np.minimum(rows, MAX_ROWS_REMEMBERED)
        self.remember(
            Remembered(
                predictions.model,
                predictions.version,
                predictions.ids,
                predictions.timestamps_ns,
                np.cumsum(rows),
                _small(outputs),
            )
        )

    def match_record(self, label: Feedback) -> Labelled | None:
        """`match` for a record."""
        return self.match(label.prediction_id, row=label.row, actual=label.actual, received_ns=label.received_ns)

    def _forget(self, oldest: Remembered) -> None:
        self._count -= len(oldest.ids)
        self._rows -= len(oldest.outputs)
        if self._not_indexed and self._not_indexed[0] is oldest:
            self._not_indexed.popleft()
            return
        for prediction_id in oldest.ids:
            if self._by_id.get(prediction_id, (None,))[0] is oldest:  # else it was remembered again
                del self._by_id[prediction_id]


def _small(outputs: Column) -> Column:
    """A column of its own that holds numbers and short texts alone, so that nothing else is kept alive."""
    if isinstance(outputs, np.ndarray) and outputs.dtype.kind in "fiub":
        return outputs.copy()
    return [scalar(value) for value in (outputs.tolist() if isinstance(outputs, np.ndarray) else outputs)]


def _chosen(outputs: Column, chosen: NDArray[np.bool_]) -> Column:
    return outputs[chosen] if isinstance(outputs, np.ndarray) else list(compress(outputs, chosen))
