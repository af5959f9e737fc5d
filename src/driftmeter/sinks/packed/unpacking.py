"""Packed calls read in one piece: what the sinks get is one table, and each call by itself only if somebody asks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from driftmeter import semconv
from driftmeter.otlp import Layout, Packed, unpack
from driftmeter.record import Prediction, Predictions, TraceLink

if TYPE_CHECKING:
    from driftmeter.sinks.packed.shape import Part

PREFIXES = {"slices": semconv.SLICE_PREFIX, "tags": semconv.TAG_PREFIX}


def read_together(alike: Prediction, layout: Layout, parts: Sequence[Part], payloads: Sequence[bytes]) -> Predictions:
    """Payloads of one layout as one table."""
    unpacked = [unpack(layout, payload) for payload in payloads]
    calls = Calls(alike, parts, unpacked)
    tables = {
        part.name: part.form.columns([one.tables[place] for one in unpacked])
        for place, part in enumerate(parts)
        if part.name not in PREFIXES
    }
    return Predictions(
        alike=alike,
        rows=np.array([one.rows for one in unpacked], np.int64),
        timestamps_ns=np.array([one.time_ns for one in unpacked], np.int64),
        timings=[(_duration_s(one), _trace(one)) for one in unpacked],
        ids=[one.id for one in unpacked],
        inputs=tables.get("inputs"),
        outputs=tables.get("outputs"),
        calls=calls,
    )


class Calls(Sequence[Prediction]):
    """The calls one by one, each made when it is asked for."""

    def __init__(self, alike: Prediction, parts: Sequence[Part], unpacked: Sequence[Packed]) -> None:
        self._alike = alike
        self._parts = parts
        self._unpacked = unpacked

    def __len__(self) -> int:
        return len(self._unpacked)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Prediction]: ...
    def __getitem__(self, place: int | slice) -> Prediction | Sequence[Prediction]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        one = self._unpacked[place]
        given: dict[str, Any] = {}
        for part, values in zip(self._parts, one.tables, strict=True):
            given[part.name] = (
                dict(zip(part.form.names or (), values, strict=True))
                if part.name in PREFIXES
                else part.form.columns([values])
            )
        return replace(
            self._alike,
            id=one.id,
            started_ns=one.time_ns,
            timestamp_ns=one.time_ns,
            duration_s=_duration_s(one),
            batch_size=one.rows,
            trace=_trace(one),
            **given,
        )


def _duration_s(one: Packed) -> float | None:
    return None if math.isnan(one.duration_s) else one.duration_s


def _trace(one: Packed) -> TraceLink | None:
    return TraceLink(one.trace_id, one.span_id, one.trace_flags) if one.trace_id else None
