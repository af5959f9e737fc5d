"""The rows of one layout as records, hundreds in one pass: a template repeated, each column written into it at once.

Rows with values that no number can stand for, ±inf and integers beyond 64 bits, go the exact way, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, groupby, pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.exact import record_of
from driftmeter.otlp.layout import Layout
from driftmeter.otlp.pieces import FLOAT_BYTES
from driftmeter.otlp.reading import Block, Indices, read
from driftmeter.otlp.request import Buffer, framed
from driftmeter.otlp.template import Look, NumberColumn, Template, number_columns, template_of
from driftmeter.otlp.varints import VARINT_DTYPES, varints, widths_of
from driftmeter.otlp.wire import INT64_MAX

Array: TypeAlias = "NDArray[Any]"
Flags: TypeAlias = "NDArray[np.bool_]"
_TRACE, _SPAN, _DURATION, _DROPS, _EXACT = 1, 2, 4, 8, 16
_LOOKS = 32

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), "<u2")
_HEX_PARTS = (("<u8", 0, 0), ("<u4", 8, 9), ("<u4", 12, 14), ("<u4", 16, 19), ("<u8", 20, 24), ("<u4", 28, 32))
"""Of the 32 digits of a UUID: a stretch's type, where it is, and where it goes among the hyphens."""


class Part(NamedTuple):
    """Some of the records, each as the field of `ScopeLogs` that it will be."""

    indices: Indices
    """Which of the payloads."""
    buffer: Buffer
    sizes: Indices


def part_of(indices: Indices, records: Sequence[bytes]) -> Part:
    """Records that were framed one by one."""
    return Part(indices, b"".join(records), np.fromiter(map(len, records), np.int64, len(records)))


def encode_rows(layout: Layout, payloads: Sequence[bytes]) -> tuple[list[Part], list[int]]:
    """Payloads as records, in parts, and which of them could not be read."""
    blocks, unread = read(layout, payloads)
    parts: list[Part] = []
    for block in blocks:
        batch = _Batch(layout, block)
        looks = batch.looks()
        for look in range(_LOOKS) if (looks != looks[0]).any() else (int(looks[0]),):
            chosen = np.flatnonzero(looks == look)
            if len(chosen):
                parts.append(_exactly(layout, block, chosen, payloads) if look & _EXACT else batch.part(chosen, look))
    return parts, unread


def _exactly(layout: Layout, block: Block, chosen: Indices, payloads: Sequence[bytes]) -> Part:
    indices = block.indices[chosen]
    return part_of(indices, [framed(record_of(layout, payloads[index])) for index in indices.tolist()])


class _Batch:
    """The payloads of a block, their numbers ready to be written."""

    def __init__(self, layout: Layout, block: Block) -> None:
        self._layout = layout
        self._block = block
        self._columns = number_columns(layout, lists=block.rows != 1)
        names = dict.fromkeys((column.field, column.kind) for column in self._columns)
        self._values = {name: _values(_squeezed(block.fields[name], block.rows), kind) for name, kind in names}
        self._missing: dict[str, Flags] = {}

    def looks(self) -> Indices:
        """Per payload, as bits: what it has, and whether it needs the exact way."""
        fields = self._block.fields
        looks: Indices = np.multiply((fields["trace0"] | fields["trace1"]) != 0, _TRACE, dtype=np.int64)
        looks += np.multiply(fields["span"] != 0, _SPAN)
        looks += np.multiply(~np.isnan(fields["duration"]), _DURATION)
        for name, values in self._values.items():
            axes = tuple(range(1, values.ndim))
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                self._missing[name] = missing = np.isnan(values)
                looks[missing.any(axis=axes)] |= _DROPS
                looks[np.isinf(values).any(axis=axes)] = _EXACT
            elif fields[name].dtype == np.uint64:
                looks[(values > np.uint64(INT64_MAX)).any(axis=axes)] = _EXACT
        return np.minimum(looks, _EXACT)

    def part(self, chosen: Indices, look: int) -> Part:
        block = self._block.some(chosen)
        values, missing = self._values, self._missing
        if block is not self._block:
            values = {name: array[chosen] for name, array in values.items()}
            missing = {name: array[chosen] for name, array in missing.items()}
        widths = self._widths(values)
        lengths = [np.fromiter(map(len, texts), np.int64, len(texts)) for texts in block.texts]
        template = template_of(
            self._layout,
            Look(
                rows=block.rows,
                trace=bool(look & _TRACE),
                span=bool(look & _SPAN),
                duration=bool(look & _DURATION),
                drops=bool(look & _DROPS),
                widths=widths,
                bounds=tuple(_bound(int(length.max())) for length in lengths),
            ),
        )
        sheet = _Sheet(template, len(chosen))
        sheet.write_heads(block.fields)
        arrays = self._arrays(values, widths)
        for hole in template.numbers:
            array, place = arrays[hole.column]
            column = array[..., place] if hole.columns == 1 else array[:, place : place + hole.columns]
            sheet.write(column, hole.offset, hole.dtype, hole.stride)
        terms = {hole.term: lengths[hole.text] for hole in template.texts}
        terms |= sheet.drop(self._columns, missing)
        sheet.write_sizes(terms)
        buffer, sizes = sheet.finish(block.texts, lengths)
        return Part(block.indices, buffer, sizes)

    def _widths(self, values: dict[str, Array]) -> tuple[int, ...]:
        """Per number, how many bytes it takes in each of the records."""
        needed: dict[str, list[int]] = {}
        for name, array in values.items():
            if array.dtype == np.uint64:
                needed[name] = widths_of(array.max(axis=tuple(range(array.ndim - 1)), initial=0)).tolist()
        fixed = {"f": 8, "b": 1}
        return tuple(fixed.get(kind) or needed[field][place] for field, place, kind, _ in self._columns)

    def _arrays(self, values: dict[str, Array], widths: Sequence[int]) -> list[tuple[Array, int]]:
        """Per number, an array to be written and which of its columns; neighbours of one width share theirs."""
        arrays: list[tuple[Array, int]] = []
        pairs = zip(self._columns, widths, strict=True)
        for (field, kind, width), found in groupby(pairs, lambda pair: (pair[0].field, pair[0].kind, pair[1])):
            places = [column.place for column, _width in found]
            array = values[field]
            if kind == "i":
                array = varints(array[..., places[0] : places[-1] + 1], width)
                places = [place - places[0] for place in places]
            arrays += [(array, place) for place in places]
        return arrays


class _Sheet:
    """The template repeated, one line for each record."""

    def __init__(self, template: Template, records: int) -> None:
        self._template = template
        self._records = records
        self._line = len(template.blank)
        self._content = bytearray(template.blank) * records
        self._kept: Flags | None = None

    def write(self, values: Array, offset: int, dtype: str, stride: int = 0) -> None:
        """One column: a value in each line, or a list of them `stride` bytes apart."""
        strides = (self._line, stride)[: values.ndim]
        if values.dtype.names:  # the longest varints: two plain copies are faster than one of pairs
            self.write(values["f0"], offset, "<u8", stride)
            self.write(values["f1"], offset + 8, "<u2", stride)
        elif values.size:
            np.ndarray(values.shape, dtype, self._content, offset, strides)[...] = values

    def write_heads(self, fields: NDArray[np.void]) -> None:
        for head in self._template.heads:
            self.write(fields[head.name], head.offset, head.dtype)
        for hole in self._template.ids:
            digits = _HEX.take(fields["id"]).view("u1")
            for dtype, start, target in _HEX_PARTS:
                part = digits[:, start : start + int(dtype[2:])].view(dtype)[:, 0]
                self.write(part, hole.offset + target, dtype)

    def write_sizes(self, terms: dict[int, Indices]) -> None:
        for size in self._template.sizes:
            total = sum((terms[term] for term in size.terms), start=np.full(self._records, size.const))
            self.write(varints(total.astype(np.uint64), size.width), size.offset, VARINT_DTYPES[size.width])

    def drop(self, columns: Sequence[NumberColumn], missing: dict[str, Flags]) -> dict[int, Indices]:
        """Take out the values that are missing; how many bytes of each column remain."""
        terms: dict[int, Indices] = {}
        if not self._template.drops:
            return terms
        self._kept = kept = np.ones((self._records, self._line), bool)
        for hole in self._template.drops:
            column = columns[hole.column]
            there = np.ones(1, bool)
            if column.field in missing:
                there = ~missing[column.field][..., column.place]
            there = np.broadcast_to(there if column.is_list else there[:, None], (self._records, hole.times))
            if column.is_list:  # whose items' sizes stand in front of them
                self.write(there * np.uint8(FLOAT_BYTES), hole.offset - 1, "u1", hole.stride)
            strides = (self._line, hole.stride, 1)
            np.ndarray((*there.shape, FLOAT_BYTES), bool, kept, hole.offset, strides)[...] = there[..., None]
            terms[hole.term] = FLOAT_BYTES * there.sum(axis=1)
        return terms

    def finish(self, texts: list[list[bytes]], lengths: list[Indices]) -> tuple[Buffer, Indices]:
        """The records, and the size of each."""
        sizes: Indices = np.full(self._records, self._line) if self._kept is None else self._kept.sum(axis=1)
        if not self._template.texts:
            return (self._content if self._kept is None else self._matrix()[self._kept].tobytes()), sizes
        pieces: list[list[bytes]] = []
        ends = iter(self._template.texts)
        for start, stop in self._template.segments:
            pieces.append(self._segment(start, stop))
            if (hole := next(ends, None)) is not None:
                pieces.append(texts[hole.text])
        sizes = sum((lengths[hole.text] for hole in self._template.texts), start=sizes)
        return b"".join(chain.from_iterable(zip(*pieces, strict=True))), sizes

    def _matrix(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._content, np.uint8).reshape(self._records, self._line)

    def _segment(self, start: int, stop: int) -> list[bytes]:
        if start == stop:
            return [b""] * self._records
        part = self._matrix()[:, start:stop]
        if self._kept is None:
            whole: list[bytes] = np.ascontiguousarray(part).view(f"V{stop - start}")[:, 0].tolist()
            return whole
        kept = self._kept[:, start:stop]
        content = part[kept].tobytes()
        return [content[one:other] for one, other in pairwise([0, *accumulate(kept.sum(axis=1).tolist())])]


def _values(given: Array, kind: str) -> Array:
    """Numbers to be written: float64, uint64 (the complement of negative ones), or truth as 0 and 1."""
    if kind == "f":
        with np.errstate(invalid="ignore"):  # a signalling NaN
            return np.ascontiguousarray(given, np.float64)
    if kind == "i":
        return given.astype(np.uint64 if given.dtype.kind == "u" else np.int64).view(np.uint64)
    truth: Flags = given.view(np.uint8) != 0
    return truth.view(np.uint8)


def _squeezed(given: Array, rows: int) -> Array:
    return given[:, 0] if rows == 1 and given.ndim == 3 else given


def _bound(length: int) -> int:
    """Longest texts of about the same size share a template."""
    bound = 31
    while bound < length:
        bound = bound * 4 + 3
    return bound
