"""A template repeated, one line for each record, and filled column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.pieces import FLOAT_BYTES, Drop, Text
from driftmeter.otlp.request import Buffer
from driftmeter.otlp.template import NumberColumn, Template
from driftmeter.otlp.texts import Flags, Indices, Octets, Texts
from driftmeter.otlp.varints import VARINT_DTYPES, varints

Array: TypeAlias = "NDArray[Any]"

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), "<u2")
_HEX_PARTS = (("<u8", 0, 0), ("<u4", 8, 9), ("<u4", 12, 14), ("<u4", 16, 19), ("<u8", 20, 24), ("<u4", 28, 32))
"""Of the 32 digits of a UUID: a stretch's type, where it is, and where it goes among the hyphens."""

MAX_SPARE_BYTES = 4 << 20
MAX_SPARES = 2
_spares: list[Octets] = []
"""Memory for the next sheet: new pages for each would cost more than all that is done in them."""


def _borrowed(size: int) -> Octets:
    """At least so many bytes that nobody else has until they are given back."""
    try:
        spare = _spares.pop()
    except IndexError:
        spare = np.empty(0, np.uint8)
    return spare if len(spare) >= size else np.empty(size, np.uint8)


class Sheet:
    """The bytes of some records while they are written.

    Args:
        template: of each record.
        records: how many.

    """

    def __init__(self, template: Template, records: int) -> None:
        self._template = template
        self._records = records
        self._line = len(template.blank)
        self._terms: dict[int, Indices] = {}
        self._variable: tuple[Text | Drop, ...] = (*template.texts, *template.drops)
        self._content: bytearray | Octets
        if self._variable:
            size = records * self._line
            self._scratch = _borrowed(2 * size)
            self._content = self._scratch[:size]
            self._content.reshape(records, self._line)[:] = np.frombuffer(template.blank, np.uint8)
            self._kept = self._scratch[size : 2 * size].view(bool).reshape(records, self._line)
            self._kept[:] = True
        else:
            self._content = bytearray(template.blank) * records

    def write(self, values: Array, offset: int, dtype: str, stride: int = 0) -> None:
        """One column: a value in each line, or some of them `stride` bytes apart."""
        if values.dtype.names:  # the longest varints: two plain copies are faster than one of pairs
            self.write(values["f0"], offset, "<u8", stride)
            self.write(values["f1"], offset + 8, "<u2", stride)
        elif values.size:
            strides = (self._line, stride)[: values.ndim]
            np.ndarray(values.shape, dtype, self._content, offset, strides)[...] = values

    def write_heads(self, fields: NDArray[np.void]) -> None:
        """What stands in front of every payload."""
        for head in self._template.heads:
            self.write(fields[head.name], head.offset, head.dtype)
        for hole in self._template.ids:
            digits = _HEX.take(fields["id"]).view("u1")
            for dtype, start, target in _HEX_PARTS:
                part = digits[:, start : start + int(dtype[2:])].view(dtype)[:, 0]
                self.write(part, hole.offset + target, dtype)

    def write_texts(self, texts: Texts, bounds: Sequence[int]) -> None:
        """Each at the beginning of its place, which is as long as the longest."""
        if not self._template.texts:
            return
        octets, own = texts.padded(bounds)
        for hole in self._template.texts:
            self.write(octets[hole.text], hole.offset, "u1", 1)
            self._kept[:, hole.offset : hole.offset + hole.bound] = own[hole.text]
            self._terms[hole.term] = texts.lengths[:, hole.text]

    def drop(self, columns: Sequence[NumberColumn], missing: dict[str, Flags]) -> None:
        """Take out the values that are missing."""
        for hole in self._template.drops:
            column = columns[hole.column]
            if column.field not in missing:
                self._terms[hole.term] = np.full(self._records, hole.bound)
                continue
            there = ~missing[column.field][..., column.place]
            if column.is_list:  # whose items' sizes stand in front of them
                self.write(there * np.uint8(FLOAT_BYTES), hole.offset - 1, "u1", hole.stride)
            else:
                there = there[:, None]
            strides = (self._line, hole.stride, 1)
            np.ndarray((*there.shape, FLOAT_BYTES), bool, self._kept, hole.offset, strides)[...] = there[..., None]
            self._terms[hole.term] = FLOAT_BYTES * there.sum(axis=1)

    def finish(self) -> tuple[Buffer, Indices]:
        """The records, and the size of each; nothing can be written any more."""
        for size in self._template.sizes:
            total = self._sum(size.const, size.terms)
            self.write(varints(total.astype(np.uint64), size.width), size.offset, VARINT_DTYPES[size.width])
        if isinstance(self._content, bytearray):
            return self._content, np.full(self._records, self._line)
        records = self._content.reshape(self._records, self._line)[self._kept]
        if self._scratch.nbytes <= MAX_SPARE_BYTES and len(_spares) < MAX_SPARES:
            _spares.append(self._scratch)
        variable = sum(hole.bound for hole in self._variable)
        return records.data, self._sum(self._line - variable, list(self._terms))

    def _sum(self, const: int, terms: Sequence[int]) -> Indices:
        total = np.full(self._records, const)
        for term in terms:
            total += self._terms[term]
        return total
