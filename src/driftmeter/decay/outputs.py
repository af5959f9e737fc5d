"""Predicted values as columns: numbers in eight bytes each, and objects only for what is none."""

from __future__ import annotations

import struct
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column

MAX_TEXT_CHARACTERS = 256
MAX_BITS = 512

EXACT: Final = frozenset({Decimal, Fraction})

Scalar: TypeAlias = float | int | bool | str | None


class Kind(IntEnum):
    """How a value is kept."""

    OBJECT = 0
    FLOAT = 1
    INTEGER = 2
    BOOLEAN = 3


ARRAYS = {
    np.dtype(code): kind
    for kind, codes in {Kind.FLOAT: "efd", Kind.INTEGER: "bhilqBHI", Kind.BOOLEAN: "?"}.items()
    for code in codes
}
"""What fits into eight bytes without loss."""

TYPES: dict[type, Kind] = {float: Kind.FLOAT, bool: Kind.BOOLEAN}
EIGHT_BYTES = {Kind.FLOAT: np.float64, Kind.INTEGER: np.int64, Kind.BOOLEAN: np.int64}


class Encoded(NamedTuple):
    """Values of one kind; `bits` of numbers, `objects` of others."""

    kind: Kind
    bits: NDArray[np.int64] | int
    objects: NDArray[np.object_] | None


def scalar(value: object) -> Scalar:
    """A predicted or true value as a plain number or short text; None for what is neither, and no evidence.

    >>> scalar(np.float32(1.5)), scalar(Decimal("2.50")), scalar("AA"), scalar([1])
    (1.5, 2.5, 'AA', None)

    """
    if isinstance(value, np.generic | np.ndarray) and value.size == 1:
        value = value.item()
    if type(value) in EXACT:  # as a database gives its numbers
        return _float(cast("Decimal | Fraction", value))
    if isinstance(value, str):
        return str.__str__(value)[:MAX_TEXT_CHARACTERS]
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return None
    return value if isinstance(value, bool | int | float) else None


def _float(value: Decimal | Fraction) -> float | None:
    try:
        return float(value)
    except (OverflowError, ValueError):  # a fraction beyond all floats, a signalling NaN
        return None


def encoded(column: Column) -> Encoded:
    """The values of a column, each as `scalar` says.

    >>> encoded(np.array([1, 2], np.uint8))
    Encoded(kind=<Kind.INTEGER: 2>, bits=array([1, 2]), objects=None)

    """
    if isinstance(column, np.ndarray):
        if column.ndim == 1 and (kind := ARRAYS.get(column.dtype)):
            return Encoded(kind, column.astype(EIGHT_BYTES[kind]).view(np.int64), None)
        column = column.tolist()
    values = [scalar(value) for value in column]
    types = {type(value) for value in values}
    if len(types) == 1 and (kind := TYPES.get(types.pop())):
        return Encoded(kind, np.array(values, EIGHT_BYTES[kind]).view(np.int64), None)
    objects = np.empty(len(values), object)
    shared: dict[str, str] = {}  # classes come again and again
    objects[:] = [shared.setdefault(value, value) if isinstance(value, str) else value for value in values]
    return Encoded(Kind.OBJECT, 0, objects)


def decoded(kind: int, bits: int, value: object) -> object:
    """One value as it came."""
    if kind == Kind.OBJECT:
        return value
    if kind == Kind.FLOAT:
        number: float = struct.unpack("=d", struct.pack("=q", bits))[0]
        return number
    return bool(bits) if kind == Kind.BOOLEAN else bits
