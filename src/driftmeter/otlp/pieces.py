"""Protobuf messages with holes: their bytes are laid out once, and filled for many records at a time.

What differs in length between records is a text, for which there is as much room as the longest needs, or a number
that may be dropped: bytes that are taken out in the end. The sizes of the messages around them are holes, too: varints
of one fixed width, longer than need be, which protobuf allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from driftmeter.otlp.wire import KEY_FIELD, VALUE_FIELD, sized, varint


class Head(NamedTuple):
    """A field of the payload's head, copied as it lies."""

    offset: int
    name: str
    dtype: str


class Hexadecimal(NamedTuple):
    """The 36 characters of a UUID."""

    offset: int


class Number(NamedTuple):
    """The values of one column, or, `stride` bytes apart, those of a list or of `columns` neighbours."""

    offset: int
    stride: int
    column: int
    dtype: str
    columns: int = 1


class Size(NamedTuple):
    """The size of a message: `const` bytes and those of the variable lengths of these terms."""

    offset: int
    width: int
    const: int
    terms: tuple[int, ...]


class Text(NamedTuple):
    """Room for a text of up to `bound` bytes."""

    offset: int
    term: int
    bound: int
    text: int


class Drop(NamedTuple):
    """The nine bytes of each float64 of a column, which a missing value goes without."""

    offset: int
    stride: int
    times: int
    column: int
    term: int

    @property
    def bound(self) -> int:
        """How many bytes there are to drop."""
        return FLOAT_BYTES * self.times


Hole: TypeAlias = Head | Hexadecimal | Number | Size | Text | Drop
FLOAT_BYTES = 9
"""Of an `AnyValue` with a float64: tag and value."""
WIDTHS = (1, 2, 4, 8, 10)
"""Of varints: those that NumPy writes as one or two numbers."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes, and the holes in them."""

    blank: bytes
    holes: tuple[Hole, ...] = ()


def join(pieces: Iterable[Piece]) -> Piece:
    """Pieces one after the other."""
    blank = bytearray()
    holes: list[Hole] = []
    for piece in pieces:
        holes += [hole._replace(offset=hole.offset + len(blank)) for hole in piece.holes]
        blank += piece.blank
    return Piece(bytes(blank), tuple(holes))


def message(tag: bytes, *pieces: Piece) -> Piece:
    """An embedded message, its size in front."""
    inner = join(pieces)
    variable = [hole for hole in inner.holes if isinstance(hole, Text | Drop)]
    if not variable:
        return join([Piece(tag + varint(len(inner.blank))), inner])
    const = len(inner.blank) - sum(hole.bound for hole in variable)
    width = width_of(len(inner.blank))
    size = Size(len(tag), width, const, tuple(hole.term for hole in variable))
    return join([Piece(tag + bytes(width), (size,)), inner])


def entry(tag: bytes, key: str, value: Piece) -> Piece:
    """A `KeyValue` message."""
    return message(tag, Piece(KEY_FIELD + sized(key.encode())), message(VALUE_FIELD, value))


def width_of(number: int) -> int:
    """How many bytes a varint of up to this size is given.

    >>> [width_of(number) for number in (127, 128, 2**14, 2**28, 2**56)]
    [1, 2, 4, 8, 10]

    """
    return next(width for width in WIDTHS if number < 1 << 7 * width)
