"""Joining labels to the predictions they are about, late and out of order, within bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column
from driftmeter.decay.finding import Finder
from driftmeter.decay.outputs import decoded, encoded, scalar
from driftmeter.decay.ring import Ring
from driftmeter.record import Feedback, Prediction, Predictions, Uuids, uuid_octets

MAX_ROWS_REMEMBERED = 10_000
"""Of a larger batch, rows beyond this are not remembered: labels for them are orphans."""

ROWS_PER_PREDICTION = 10
"""How many rows are remembered in all, per prediction that may be: large batches push out the older ones sooner."""

HASH_BITS = (1 << 64) - 1


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


@dataclass(frozen=True, slots=True)
class Source:
    """Whose predictions they are; one object for many of them."""

    model: str
    version: str | None


class Labelled(NamedTuple):
    """One predicted value beside the true one."""

    model: str
    version: str | None
    predicted: object
    actual: object
    delay_s: float
    row: int
    """The number of the row among all that were ever remembered: the same when its label comes again."""


class LabelJoin:
    """Remembers predictions until they are too many; the oldest are forgotten first.

    One of a single row takes less than a hundred bytes, whatever company it came in.

    Args:
        most: how many predictions are remembered, of ten rows each on average, or the rows of one of the largest.
            0 remembers none.

    >>> join = LabelJoin(most=1000)
    >>> join.remember(Remembered("air-time", "2015Q1", ["flight-7"], [0], [1], [120.0]))
    >>> join.match("flight-7", row=0, actual=123.0, received_ns=3_600_000_000_000).delay_s
    3600.0
    >>> join.match("flight-8", row=0, actual=90.0, received_ns=0) is None
    True

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._predictions = Ring(most, high="u8", low="u8", text="O", timestamp_ns="i8", first_row="i8", source="O")
        self._rows = Ring(max(ROWS_PER_PREDICTION * most, MAX_ROWS_REMEMBERED), kind="u1", bits="i8", value="O")
        self._finder = Finder(self._predictions, "low")
        self._source = Source("", None)

    def __len__(self) -> int:
        return self._predictions.next - self._predictions.oldest

    def remember(self, predictions: Remembered) -> None:
        """Keep what labels will be compared with; what was remembered under the same id is found no more."""
        if not self._most or not predictions.ids:
            return
        kept, rows, keys = self._predictions, self._rows, _keys(predictions.ids)
        ends = np.asarray(predictions.ends)
        if (most := len(predictions.outputs)) != ends[-1]:
            ends = np.minimum(ends, most)
        first_rows = np.empty(len(ends), np.int64)
        first_rows[0] = rows.next
        np.add(ends[:-1], rows.next, out=first_rows[1:])
        outputs = encoded(predictions.outputs[: int(ends[-1])])
        kept.append(
            len(ends),
            high=keys.high,
            low=keys.low,
            text=keys.text,
            timestamp_ns=np.asarray(predictions.timestamps_ns),
            first_row=first_rows,
            source=self._source_of(predictions),
        )
        rows.append(int(ends[-1]), kind=int(outputs.kind), bits=outputs.bits, value=outputs.objects)
        while (first_row := kept.at("first_row", kept.oldest)) < rows.oldest and len(self) > 1:
            kept.oldest += 1
        rows.oldest = first_row

    def match(self, prediction_id: str, *, row: int, actual: object, received_ns: int) -> Labelled | None:
        """The prediction beside its label; None when the prediction is not known here (any more)."""
        place = self._place(prediction_id)
        if place is None:
            return None
        first_row, end_row = self._first_row(place), self._first_row(place + 1)
        if not 0 <= row < end_row - first_row:
            return None
        source = self._predictions.at("source", place)
        predicted = self._output(first_row + row)
        # A replay's clock may run behind the label's: a delay is never negative.
        delay_s = max(0.0, (received_ns - self._predictions.at("timestamp_ns", place)) / 1e9)
        return Labelled(source.model, source.version, predicted, scalar(actual), delay_s, first_row + row)

    def remember_record(self, prediction: Prediction) -> None:
        """`remember` for a record: its first output column is what labels speak of."""
        table = prediction.outputs
        if table is not None and table.names:
            outputs = table.as_it_came(table.names[0])[:MAX_ROWS_REMEMBERED]
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
        outputs = table.as_it_came(table.names[0])
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
                outputs,
            )
        )

    def match_record(self, label: Feedback) -> Labelled | None:
        """`match` for a record."""
        return self.match(label.prediction_id, row=label.row, actual=label.actual, received_ns=label.received_ns)

    def _source_of(self, predictions: Remembered) -> Source:
        """The same object as for those before, as long as they are of the same model."""
        if (self._source.model, self._source.version) != (predictions.model, predictions.version):
            self._source = Source(predictions.model, predictions.version)
        return self._source

    def _place(self, prediction_id: str) -> int | None:
        high, low, text = _key(prediction_id)
        for place in self._finder.find(low):
            if self._predictions.at("high", place) == high and self._predictions.at("text", place) == text:
                return place
        return None

    def _first_row(self, place: int) -> int:
        kept = self._predictions
        number: int = self._rows.next if place == kept.next else kept.at("first_row", place)
        return number

    def _output(self, row: int) -> object:
        return decoded(self._rows.at("kind", row), self._rows.at("bits", row), self._rows.at("value", row))


class _Keys(NamedTuple):
    """Ids as two numbers each, the second as good as random; what is no UUID has its text besides."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    text: NDArray[np.object_] | None


def _keys(ids: Sequence[str]) -> _Keys:
    if isinstance(ids, Uuids):
        both = np.ascontiguousarray(ids.octets).view(np.uint64)
        return _Keys(both[:, 0], both[:, 1], None)
    high, low, texts = zip(*map(_key, ids), strict=True)
    text = np.empty(len(ids), object)
    text[:] = texts
    return _Keys(np.array(high, np.uint64), np.array(low, np.uint64), text)


def _key(text: str) -> tuple[int, int, str | None]:
    octets = uuid_octets(text)
    if octets is None:
        return 0, hash(text) & HASH_BITS, text
    return int.from_bytes(octets[:8], sys.byteorder), int.from_bytes(octets[8:], sys.byteorder), None


def _chosen(outputs: Column, chosen: NDArray[np.bool_]) -> Column:
    return outputs[chosen] if isinstance(outputs, np.ndarray) else list(compress(outputs, chosen))
