"""The values of many packed rows as columns: for whoever counts them, without one Python object per record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.decoding import Undecodable
from driftmeter.otlp.layout import Layout
from driftmeter.otlp.packing import shape_of
from driftmeter.otlp.reading import Block, read
from driftmeter.otlp.texts import Texts

Array: TypeAlias = "NDArray[Any]"
Column: TypeAlias = "Array | list[str] | None"


class Gathered(NamedTuple):
    """What some payloads of one layout hold, in their order."""

    time_ns: NDArray[np.uint64]
    observed_ns: NDArray[np.uint64]
    span_ids: NDArray[np.uint64]
    trace_ids: NDArray[np.uint8]
    """Records x 16 bytes, zeros for none."""
    trace_flags: NDArray[np.uint8]
    duration_s: NDArray[np.float64]
    """NaN where nothing was timed."""
    rows: NDArray[np.int64]
    """How many of each array's rows belong to each record."""
    ids: NDArray[np.uint8] | list[str]
    """Records x 16 bytes of UUIDs, or text."""
    tables: tuple[Array | list[Column], ...]
    """Per table: records x columns of float64 if all its codes are `d`; the arrays of all records one below the other;
    otherwise its columns: an array of numbers, a list of texts, or None for a column of None."""


def columns_of(layout: Layout, payloads: Sequence[bytes]) -> Gathered:
    """The payloads' values, read at once.

    Raises:
        Undecodable: one of them is no payload of this layout.

    >>> from driftmeter.otlp import Origin, Table, packer
    >>> layout = Layout(origin=Origin(), event_name="e", tables=(Table("in", ("a", "b"), codes="dd"),))
    >>> payload = packer(layout)(1, 1, 0, 0, 0, 0.5, 1, bytes(16), (1.5, 2.5))
    >>> columns_of(layout, [payload, payload]).tables
    (array([[1.5, 2.5],
           [1.5, 2.5]]),)

    """
    blocks, unread = read(layout, payloads)
    if unread:
        raise Undecodable(f"{len(unread)} of {len(payloads)} payloads are not of this layout")
    if not blocks:
        empty = np.zeros(0, shape_of(layout).dtype(0))
        blocks = [Block(np.arange(0), 0, empty, Texts(b"", empty["lengths"].astype(np.int64)))]
    return _Gathering(layout, blocks).all()


class _Gathering:
    def __init__(self, layout: Layout, blocks: Sequence[Block]) -> None:
        self._layout = layout
        self._shape = shape_of(layout)
        self._blocks = blocks
        self._texts = [block.texts.columns() for block in blocks]
        self._order = np.concatenate([block.indices for block in blocks]).argsort()

    def all(self) -> Gathered:
        trace_ids = np.stack([self._field("trace0"), self._field("trace1")], axis=1).view(np.uint8)
        tables: list[Array | list[Column]] = []
        first = 0
        for index, table in enumerate(self._layout.tables):
            tables.append(self._array(f"table{index}") if table.dtype else self._coded(table.codes, first))
            first += len(table.codes)
        return Gathered(
            time_ns=self._field("time"),
            observed_ns=self._field("observed"),
            span_ids=self._field("span"),
            trace_ids=trace_ids,
            trace_flags=self._field("flags"),
            duration_s=self._field("duration"),
            rows=self._field("rows").astype(np.int64),
            ids=self._text(0) if self._shape.id_is_text else self._field("id"),
            tables=tuple(tables),
        )

    def _field(self, name: str) -> Array:
        if len(self._blocks) == 1:
            return np.ascontiguousarray(self._blocks[0].fields[name])
        return np.concatenate([block.fields[name] for block in self._blocks])[self._order]

    def _array(self, name: str) -> Array:
        if len(self._blocks) == 1:
            table = np.ascontiguousarray(self._blocks[0].fields[name])
            return table.reshape(table.shape[0] * table.shape[1], table.shape[2])
        records = [record for block in self._blocks for record in block.fields[name]]
        return np.concatenate([records[place] for place in self._order.tolist()])

    def _coded(self, codes: str, first: int) -> Array | list[Column]:
        places = range(first, first + len(codes))
        names = {self._shape.run_of[place][0] for place in places if place in self._shape.run_of}
        runs = {name: self._field(name) for name in names}
        if codes and set(codes) == {"d"}:
            name, start = self._shape.run_of[first]
            return runs[name][:, start : start + len(codes)]
        columns: list[Column] = []
        for place in places:
            if place in self._shape.run_of:
                name, index = self._shape.run_of[place]
                column = runs[name][:, index]
                columns.append(column != 0 if codes[place - first] == "?" else column)
            elif codes[place - first] == "s":
                columns.append(self._text(self._shape.texts.index(place) + self._shape.id_is_text))
            else:
                columns.append(None)
        return columns

    def _text(self, text: int) -> list[str]:
        found = [content for columns in self._texts for content in columns[text]]
        return found if len(self._blocks) == 1 else [found[place] for place in self._order.tolist()]
