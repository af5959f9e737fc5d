"""The rows of one layout as records, hundreds in one pass: a template repeated, each column written into it at once.

Rows with values that no number can stand for, ±inf and integers beyond 64 bits, go the exact way, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from driftmeter.otlp.exact import record_of
from driftmeter.otlp.layout import Layout
from driftmeter.otlp.reading import Block, read
from driftmeter.otlp.request import Buffer, framed
from driftmeter.otlp.sheet import Array, Sheet
from driftmeter.otlp.template import Look, number_columns, template_of
from driftmeter.otlp.texts import Flags, Indices
from driftmeter.otlp.varints import varints, widths_of
from driftmeter.otlp.wire import INT64_MAX

_TRACE, _SPAN, _DURATION, _DROPS, _EXACT = 1, 2, 4, 8, 16
_LOOKS = 32


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
            if look & _EXACT and len(chosen):
                parts.append(_exactly(layout, block, chosen, payloads))
            elif len(chosen):
                parts += batch.parts(chosen, look)
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

    def parts(self, chosen: Indices, look: int) -> list[Part]:
        """Payloads that look alike."""
        texts = self._block.texts
        if not texts.content:
            return [self._part(chosen, look)]
        lengths = texts.lengths[chosen]
        return [self._part(chosen[group], look) for group in texts._replace(lengths=lengths).alike()]

    def _part(self, chosen: Indices, look: int) -> Part:
        block = self._block.some(chosen)
        values, missing = self._values, self._missing
        if block is not self._block:
            values = {name: array[chosen] for name, array in values.items()}
            missing = {name: array[chosen] for name, array in missing.items()}
        widths = self._widths(values)
        bounds = tuple(map(_bound, block.texts.lengths.max(axis=0).tolist()))
        template = template_of(
            self._layout,
            Look(
                rows=block.rows,
                trace=bool(look & _TRACE),
                span=bool(look & _SPAN),
                duration=bool(look & _DURATION),
                drops=bool(look & _DROPS),
                widths=widths,
                bounds=bounds,
            ),
        )
        sheet = Sheet(template, len(chosen))
        sheet.write_heads(block.fields)
        arrays = self._arrays(values, widths)
        for hole in template.numbers:
            array, place = arrays[hole.column]
            column = array[..., place] if hole.columns == 1 else array[:, place : place + hole.columns]
            sheet.write(column, hole.offset, hole.dtype, hole.stride)
        sheet.write_texts(block.texts, bounds)
        sheet.drop(self._columns, missing)
        buffer, sizes = sheet.finish()
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
    """Longest texts of about the same size share a template: 8, 12, 16, 24, 32 and so on."""
    power = 8
    while power < length:
        power *= 2
    return power if power == 8 or length > power // 4 * 3 else power // 4 * 3
