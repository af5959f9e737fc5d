"""Packed calls read in one piece: what the sinks get is one table, and each call by itself only if somebody asks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from driftmeter import semconv
from driftmeter.columns import Column, Columns
from driftmeter.otlp import Layout, columns_of
from driftmeter.record import Prediction, Predictions, TraceLink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftmeter.otlp import Gathered
    from driftmeter.sinks.packed.shape import Part

PREFIXES = {"slices": semconv.SLICE_PREFIX, "tags": semconv.TAG_PREFIX}


def read_together(alike: Prediction, layout: Layout, parts: Sequence[Part], payloads: Sequence[bytes]) -> Predictions:
    """Payloads of one layout as one table."""
    calls = Calls(alike, parts, columns_of(layout, payloads))
    return Predictions(
        alike=alike,
        rows=calls.rows,
        timestamps_ns=calls.timestamps_ns,
        timings=calls.timings,
        ids=calls.ids,
        inputs=calls.tables.get("inputs"),
        outputs=calls.tables.get("outputs"),
        calls=calls,
    )


class Calls(Sequence[Prediction]):
    """The calls one by one, each made when it is asked for."""

    def __init__(self, alike: Prediction, parts: Sequence[Part], found: Gathered) -> None:
        self._alike = alike
        self.rows = found.rows
        self._ends = np.cumsum(found.rows)
        self.timestamps_ns: NDArray[np.int64] = found.time_ns.astype(np.int64)
        self.ids = found.ids if isinstance(found.ids, list) else _uuids(found.ids)
        self.timings = list(zip(_durations_s(found), _traces(found), strict=True))
        self.tables: dict[str, Columns] = {}
        """Inputs, outputs and scores: the rows of all calls."""
        self._is_array: dict[str, bool] = {}
        self._texts: dict[str, dict[str, list[str]]] = {}
        for part, table in zip(parts, found.tables, strict=True):
            if part.name in PREFIXES:
                self._texts[part.name] = dict(zip(part.form.names or (), cast("list[list[str]]", table), strict=True))
            else:
                self.tables[part.name] = _columns(part.form.names, table, len(found.rows))
                self._is_array[part.name] = bool(part.form.dtype)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Prediction]: ...
    def __getitem__(self, place: int | slice) -> Prediction | Sequence[Prediction]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        time_ns, rows = int(self.timestamps_ns[place]), int(self.rows[place])
        duration_s, trace = self.timings[place]
        given: dict[str, Any] = {name: self._part(name, place, rows) for name in self.tables}
        given |= {name: {key: column[place] for key, column in texts.items()} for name, texts in self._texts.items()}
        return replace(
            self._alike,
            id=self.ids[place],
            started_ns=time_ns,
            timestamp_ns=time_ns,
            duration_s=duration_s,
            batch_size=rows,
            trace=trace,
            **given,
        )

    def _part(self, name: str, place: int, rows: int) -> Columns:
        table = self.tables[name]
        end = int(self._ends[place]) if self._is_array[name] else place + 1
        start = end - rows if self._is_array[name] else place
        names = None if table.positional else table.names
        if table.matrix is not None:
            return Columns(names, end - start, matrix=table.matrix[start:end])
        return Columns(names, end - start, arrays=[table[each][start:end] for each in table.names])


def _columns(names: Sequence[str] | None, table: Any, calls: int) -> Columns:
    if isinstance(table, np.ndarray):
        return Columns(names, len(table), matrix=table.astype(np.float64, copy=False))
    arrays: list[Column] = [[None] * calls if column is None else column for column in table]
    return Columns(names, calls, arrays=arrays)


def _uuids(ids: NDArray[np.uint8]) -> list[str]:
    """UUIDs as RFC 9562 writes them."""
    digits = ids.tobytes().hex()
    each = (digits[start : start + 32] for start in range(0, len(digits), 32))
    return [f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}" for one in each]


def _durations_s(found: Gathered) -> Iterable[float | None]:
    return [None if math.isnan(duration_s) else duration_s for duration_s in found.duration_s.tolist()]


def _traces(found: Gathered) -> Iterable[TraceLink | None]:
    if not found.trace_ids.any():
        return [None] * len(found.rows)
    content = found.trace_ids.tobytes()
    ids = (int.from_bytes(content[start : start + 16], "big") for start in range(0, len(content), 16))
    rest = zip(ids, found.span_ids.tolist(), found.trace_flags.tolist(), strict=True)
    return [TraceLink(*one) if one[0] else None for one in rest]
