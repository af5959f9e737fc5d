"""In which form a column is stored: as it is, as a pseudonym, as a range, or not at all."""

from __future__ import annotations

import bisect
import decimal
import itertools
import json
import math
from collections.abc import Sequence
from typing import Final, Protocol

from opentelemetry.util.types import AnyValue

from driftmeter.capture.keys import Key

OTHER: Final = "other"
"""What a bucket makes of that which is no number."""

_EXACT = decimal.Context(prec=40, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


class Rule(Protocol):
    """What becomes of a column's values before they are stored."""

    def apply(self, value: AnyValue) -> AnyValue:
        """The value as it may be stored; a list, such as a batch's column, item by item. Missing stays missing."""
        ...


class _Keep:
    """As it is."""

    def apply(self, value: AnyValue) -> AnyValue:
        return value

    def __repr__(self) -> str:
        return "KEEP"


class _Drop:
    """Not at all; a caller that asks all the same stores nothing."""

    def apply(self, _value: AnyValue) -> AnyValue:
        return None

    def __repr__(self) -> str:
        return "DROP"


KEEP: Final = _Keep()
DROP: Final = _Drop()


class Hash:
    """As a pseudonym: HMAC-SHA-256 of the value's text under a secret key, cut to 128 bits.

    A plain hash of few possible values, such as a postcode, is undone by trying them all; without the key this cannot
    be. Equal values have equal pseudonyms, so what is stored can still be joined and counted; 7, 7.0 and "7" are equal.

    >>> rule = Hash(Key(b"a secret of 16 bytes or more"))
    >>> rule.apply(7) == rule.apply(7.0) == rule.apply("7"), rule.apply([None, 7])[0]
    (True, None)

    """

    __slots__ = ("_key",)

    def __init__(self, key: Key) -> None:
        self._key = key

    def apply(self, value: AnyValue) -> AnyValue:
        """Its pseudonym."""
        if value is None:
            return None
        if isinstance(value, list | tuple):
            return [self.apply(item) for item in value]
        return self._key.pseudonym(_text(value))

    def __repr__(self) -> str:
        return "Hash(hidden)"


class Bucket:
    """As the range it lies in: half-open, as text, so that nobody takes it for an exact number.

    Args:
        width: of ranges that begin at its multiples; or None.
        edges: of ranges of any width, rising; what is below the first or not below the last has a range of its own.

    >>> Bucket(width=10).apply([34, -1, None]), Bucket(edges=[18, 65]).apply([17.5, 18, 65])
    (['[30, 40)', '[-10, 0)', None], ['<18', '[18, 65)', '>=65'])

    """

    __slots__ = ("_edges", "_labels", "_width")

    def __init__(self, *, width: float | None = None, edges: Sequence[float] = ()) -> None:
        """Settle the ranges.

        Raises:
            ValueError: for a width that is not positive, edges that do not rise, neither or both.

        """
        if (width is None) == (not edges):
            raise ValueError("give a bucket a width, or edges")
        if width is not None and not (math.isfinite(width) and width > 0):
            raise ValueError(f"a bucket's width is a positive number, not {width!r}")
        if not all(map(math.isfinite, edges)) or any(low >= high for low, high in itertools.pairwise(edges)):
            raise ValueError(f"a bucket's edges are numbers that rise, not {list(edges)!r}")
        self._width = None if width is None else decimal.Decimal(repr(width))
        self._edges = tuple(edges)
        texts = list(map(_number, edges))
        between = [f"[{low}, {high})" for low, high in itertools.pairwise(texts)]
        self._labels = (f"<{texts[0]}", *between, f">={texts[-1]}") if texts else ()

    def apply(self, value: AnyValue) -> AnyValue:
        """Its range; `other` for what is no finite number."""
        if value is None:
            return None
        if isinstance(value, list | tuple):
            return [self.apply(item) for item in value]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return OTHER
        if self._width is None:
            return self._labels[bisect.bisect_right(self._edges, value)]
        # In decimal, or 0.3 would lie in [0.2, 0.3) of width 0.1.
        index = _EXACT.divide(decimal.Decimal(repr(value)), self._width).to_integral_value(decimal.ROUND_FLOOR)
        low = _EXACT.multiply(index, self._width)
        return f"[{_number(low)}, {_number(_EXACT.add(low, self._width))})"

    def __repr__(self) -> str:
        return f"Bucket(width={self._width})" if self._width is not None else f"Bucket(edges={list(self._edges)})"


def _text(value: AnyValue) -> str:
    """One text for values that are equal, however they came: an array makes floats of whole numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_hex, ensure_ascii=False)


def _hex(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else type(value).__name__


def _number(value: decimal.Decimal | float) -> str:
    return repr(float(value) + 0.0).removesuffix(".0")
