"""The record of a layout with holes where its values go: worked out once for all rows that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import NamedTuple, TypeVar

from driftmeter.otlp.layout import Layout, Table
from driftmeter.otlp.log_record import ATTRIBUTE
from driftmeter.otlp.packing import shape_of
from driftmeter.otlp.pieces import Drop, Head, Hexadecimal, Hole, Number, Piece, Size, Text, entry, message
from driftmeter.otlp.request import RECORD_FIELD
from driftmeter.otlp.varints import VARINT_DTYPES
from driftmeter.otlp.wire import BOOL, DOUBLE, INT, ITEM, MAP, STRING, any_value, entry_field, sized, varint

_Hole = TypeVar("_Hole", bound=Hole)
_LIST = b"\x2a"
_NO_UUID = b"00000000-0000-0000-0000-000000000000"
MAX_KEPT_VALUES = 4096
"""Templates of longer lists are built each time: there are as many as there are lengths, and each is large."""


class Look(NamedTuple):
    """What decides where the values of a row go."""

    rows: int
    trace: bool
    span: bool
    duration: bool
    drops: bool
    """Whether a float64 may be missing."""
    widths: tuple[int, ...]
    """Of each number of the layout: 8 for float64, 1 for bool, else the bytes of its varint."""
    bounds: tuple[int, ...]
    """Of each text: no shorter than the longest."""


class NumberColumn(NamedTuple):
    """Where a column of numbers comes from: the field of the payloads, the place in it, and its kind: f, i or b."""

    field: str
    place: int
    kind: str
    is_list: bool


@dataclass(frozen=True, eq=False)
class Template:
    """One record: all that is the same, and the holes."""

    blank: bytes
    heads: tuple[Head, ...]
    ids: tuple[Hexadecimal, ...]
    numbers: tuple[Number, ...]
    sizes: tuple[Size, ...]
    texts: tuple[Text, ...]
    drops: tuple[Drop, ...]


def template_of(layout: Layout, look: Look) -> Template:
    """The template of rows that look so."""
    values = look.rows * len(look.widths)
    return _kept(layout, look) if values <= MAX_KEPT_VALUES else _build(layout, look)


@lru_cache(256)
def number_columns(layout: Layout, *, lists: bool) -> tuple[NumberColumn, ...]:
    """All columns of numbers in order; `lists` says whether arrays hold other than one row."""
    shape = shape_of(layout)
    columns: list[NumberColumn] = []
    first = 0
    for index, table in enumerate(layout.tables):
        if table.dtype:
            kind = {"f": "f", "b": "b"}.get(table.dtype[1], "i")
            columns += [NumberColumn(f"table{index}", place, kind, lists) for place in range(len(table.names))]
        for place, code in enumerate(table.codes, first):
            if place in shape.run_of:
                columns.append(NumberColumn(*shape.run_of[place], {"d": "f", "q": "i", "?": "b"}[code], is_list=False))
        first += len(table.codes)
    return tuple(columns)


@lru_cache(128)
def _kept(layout: Layout, look: Look) -> Template:
    return _build(layout, look)


def _build(layout: Layout, look: Look) -> Template:
    whole = message(RECORD_FIELD, *_Record(layout, look).pieces())

    def of(kind: type[_Hole]) -> tuple[_Hole, ...]:
        return tuple(hole for hole in whole.holes if isinstance(hole, kind))

    columns = number_columns(layout, lists=look.rows != 1)
    numbers = tuple(_neighbours_together(of(Number), columns))
    return Template(whole.blank, of(Head), of(Hexadecimal), numbers, of(Size), of(Text), of(Drop))


def _neighbours_together(numbers: Iterable[Number], columns: Sequence[NumberColumn]) -> Iterator[Number]:
    """Columns side by side, as many bytes apart, are written at once."""
    last: Number | None = None
    for number in numbers:
        if last is not None:
            apart = number.offset - last.offset - last.stride * (last.columns - 1)
            alike = number.dtype == last.dtype and columns[number.column].field == columns[last.column].field
            fits = last.columns == 1 or apart == last.stride
            if alike and fits and not columns[number.column].is_list:
                last = last._replace(stride=apart, columns=last.columns + 1)
                continue
            yield last
        last = number
    if last is not None:
        yield last


class _Record:
    """The fields of one `LogRecord`."""

    def __init__(self, layout: Layout, look: Look) -> None:
        self._layout = layout
        self._look = look
        self._terms = count()
        self._texts = count()
        self._columns = count()
        self._numbers = number_columns(layout, lists=look.rows != 1)
        # Payloads hold a text id before all other texts, records behind the tables.
        self._id_text = next(self._texts) if layout.id_kind == "text" else None

    def pieces(self) -> Iterator[Piece]:
        layout, look = self._layout, self._look
        yield _head(b"\x09", "time", "<u8")
        yield _head(b"\x59", "observed", "<u8")
        yield _head(b"\x45", "flags", "<u4")
        if look.trace:
            yield Piece(b"\x4a\x10" + bytes(16), (Head(2, "trace0", "<u8"), Head(10, "trace1", "<u8")))
        if look.span:
            yield _head(b"\x52\x08", "span", ">u8")
        yield Piece(_constant(layout))
        for table in layout.tables:
            columns = list(self._values(table))
            if table.attribute is None:
                yield from (entry(ATTRIBUTE, name, value) for name, value in columns)
            else:
                members = [entry(ITEM, name, value) for name, value in columns]
                yield entry(ATTRIBUTE, table.attribute, message(MAP, *members))
        if layout.id_attribute is not None:
            yield entry(ATTRIBUTE, layout.id_attribute, self._id())
        if layout.duration_attribute is not None and look.duration:
            yield entry(ATTRIBUTE, layout.duration_attribute, _head(DOUBLE, "duration", "<f8"))
        if layout.rows_attribute is not None:
            yield entry(ATTRIBUTE, layout.rows_attribute, Piece(any_value(look.rows)))

    def _id(self) -> Piece:
        if self._id_text is not None:
            return self._text(self._id_text)
        return Piece(STRING + sized(_NO_UUID), (Hexadecimal(2),))

    def _values(self, table: Table) -> Iterator[tuple[str, Piece]]:
        for name, code in zip(table.names, table.codes or "#" * len(table.names), strict=True):
            if code == "s":
                yield name, self._text(next(self._texts))
            elif code == "n":
                yield name, Piece(b"")
            else:
                yield name, self._number(next(self._columns))

    def _text(self, text: int) -> Piece:
        bound = self._look.bounds[text]
        return message(STRING, Piece(bytes(bound), (Text(0, next(self._terms), bound, text),)))

    def _number(self, index: int) -> Piece:
        column, width = self._numbers[index], self._look.widths[index]
        tag, dtype = {"f": (DOUBLE, "<f8"), "i": (INT, VARINT_DTYPES[width]), "b": (BOOL, "u1")}[column.kind]
        value = tag + bytes(width)
        drops = column.kind == "f" and self._look.drops
        if not column.is_list:
            holes: tuple[Hole, ...] = (Number(len(tag), 0, index, dtype),)
            return Piece(value, (*holes, Drop(0, 0, 1, index, next(self._terms))) if drops else holes)
        rows, item = self._look.rows, ITEM + sized(value)
        holes = (Number(3, len(item), index, dtype),)
        if drops:
            holes += (Drop(2, len(item), rows, index, next(self._terms)),)
        return message(_LIST, Piece(item * rows, holes))


def _head(tag: bytes, name: str, dtype: str) -> Piece:
    return Piece(tag + bytes(int(dtype[2:])), (Head(len(tag), name, dtype),))


def _constant(layout: Layout) -> bytes:
    parts = [b"\x2a" + sized(any_value(layout.body))]
    if layout.severity_number:
        parts.append(b"\x10" + varint(layout.severity_number))
    if layout.severity_text:
        parts.append(b"\x1a" + sized(layout.severity_text.encode()))
    if layout.event_name:
        parts.append(b"\x62" + sized(layout.event_name.encode()))
    parts += [entry_field(ATTRIBUTE, *pair) for pair in layout.attributes]
    return b"".join(parts)
