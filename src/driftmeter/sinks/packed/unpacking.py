"""Packed calls read in one piece: what the sinks get is one table, and each call by itself only if somebody asks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from driftmeter import semconv
from driftmeter.columns import Column, Columns
from driftmeter.otlp import Layout, columns_of
from driftmeter.record import SAMPLED, Prediction, Predictions, Timings, TraceLink, Uuids

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftmeter.otlp import Gathered
    from driftmeter.sinks.packed.forms import Form, Part

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
        self.ids: Sequence[str] = found.ids if isinstance(found.ids, list) else Uuids(found.ids)
        self.timings = Timings(found.duration_s, (found.trace_flags & SAMPLED).view(np.bool_), Traces(found))
        self.tables: dict[str, Columns] = {}
        """Inputs, outputs and scores: the rows of all calls."""
        self._is_array: dict[str, bool] = {}
        self._texts: dict[str, dict[str, list[str]]] = {}
        for part, table in zip(parts, found.tables, strict=True):
            if part.name in PREFIXES:
                self._texts[part.name] = dict(zip(part.form.names or (), cast("list[list[str]]", table), strict=True))
            else:
                self.tables[part.name] = _columns(part.form, table, len(found.rows))
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
        duration_s = float(self.timings.durations_s[place])
        given: dict[str, Any] = {name: self._part(name, place, rows) for name in self.tables}
        given |= {name: {key: column[place] for key, column in texts.items()} for name, texts in self._texts.items()}
        return replace(
            self._alike,
            id=self.ids[place],
            started_ns=time_ns,
            timestamp_ns=time_ns,
            duration_s=None if math.isnan(duration_s) else duration_s,
            batch_size=rows,
            trace=self.timings.traces[place],
            **given,
        )

    def _part(self, name: str, place: int, rows: int) -> Columns:
        table = self.tables[name]
        end = int(self._ends[place]) if self._is_array[name] else place + 1
        start = end - rows if self._is_array[name] else place
        names = None if table.positional else table.names
        if table.matrix is not None:
            return Columns(names, end - start, matrix=table.matrix[start:end], came_as=table.came_as)
        return Columns(names, end - start, arrays=[table[each][start:end] for each in table.names])


def _columns(form: Form, table: Any, calls: int) -> Columns:
    if isinstance(table, np.ndarray):
        matrix = table.astype(np.float64, copy=False)
        return Columns(form.names, len(table), matrix=matrix, came_as=form.came_as)
    arrays: list[Column] = [[None] * calls if column is None else column for column in table]
    return Columns(form.names, calls, arrays=arrays)


class Traces(Sequence[TraceLink | None]):
    """Where in a trace each record stands."""

    def __init__(self, found: Gathered) -> None:
        self._trace_ids, self._span_ids, self._flags = found.trace_ids, found.span_ids, found.trace_flags

    def __len__(self) -> int:
        return len(self._trace_ids)

    def __getitem__(self, place: int) -> TraceLink | None:  # type: ignore[override]  # no slices
        trace_id = int.from_bytes(self._trace_ids[place].tobytes(), "big")
        return TraceLink(trace_id, int(self._span_ids[place]), int(self._flags[place])) if trace_id else None
