"""A column of labels as numbers: each distinct value once, and for each row which of them it holds.

Rows that hold the very same object, or the same short fixed-width text, are told by their addresses or words in a few
array operations. All others are looked up one by one, in one loop of C.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = "NDArray[np.intp]"

PROBE: Final = 256
"""So many rows tell whether a column's rows share their objects; in columns of less than four times as many, each is
looked up by itself."""

LONGEST_TEXT: Final = 32
"""Characters of fixed-width text up to which comparing words is cheaper than making objects."""

_CHUNK: Final = 8192  # objects are visited so many at a time, while they are in the cache
_SLOT_BITS: Final = 13
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_CODE: Final = np.dtype("<u4")


class Factors(NamedTuple):
    """A column of n rows: row i holds `distinct[codes[i]]`.

    Equal values of different types, such as 1 and True, are listed apart; a value may be listed twice.
    """

    codes: Codes
    distinct: Sequence[object]


def factorise(values: Iterable[object]) -> Factors:
    """Number the distinct values of a column: an array of any kind, or any values at all.

    >>> codes, distinct = factorise(["red", "blue", "red", None])
    >>> codes.tolist(), distinct
    ([0, 1, 0, 2], ['red', 'blue', None])
    >>> factorise([1, True, 1.0]).distinct
    [1, True, 1.0]
    """
    if not isinstance(values, np.ndarray):
        return _by_value(values if isinstance(values, Sequence) else list(values))
    if values.ndim == 1 and values.size >= 4 * PROBE:
        if values.dtype.kind == "O" and values.flags.c_contiguous:
            addresses = np.frombuffer(values.data, np.uintp)
            shared = len(set(addresses[:PROBE].tolist())) < 0.9 * PROBE
            return _by_words(values, [addresses]) if shared else _by_value(values)
        if values.dtype.kind in "fiubU" and values.dtype.isnative and 0 < values.dtype.itemsize <= 4 * LONGEST_TEXT:
            return _by_words(values, _words(values))
    return _by_value(values.tolist() if values.dtype.kind in "fiubUO" else list(values))


def _words(values: NDArray[np.generic]) -> list[NDArray[np.unsignedinteger]]:
    """The memory of fixed-width values as whole numbers: one array of shape (n,) per word of a value."""
    width = next(width for width in (8, 4, 2, 1) if values.dtype.itemsize % width == 0)
    words = np.ascontiguousarray(values).view(f"u{width}").reshape(values.size, -1)
    return list(words.T)


def _by_words(values: NDArray[np.generic], words: list[NDArray[np.unsignedinteger]]) -> Factors:
    """Rows with equal words hold equal values.

    Each row falls into a slot by a hash; one row of each slot stands for it, and every row is compared with the one
    that stands for its own. So a collision costs a look at the values themselves, never an error.
    """
    slots = _hashed(words) >> np.uint64(64 - _SLOT_BITS)
    slots = slots.view(np.int64)
    standing = np.full(1 << _SLOT_BITS, -1)
    standing[slots] = np.arange(slots.size)
    first = np.take(standing, slots, mode="clip")
    alike = words[0][first] == words[0]
    for word in words[1:]:
        alike &= word[first] == word
    used = np.flatnonzero(standing >= 0)
    distinct: list[object] = values[standing[used]].tolist()
    standing[used] = np.arange(used.size)
    codes = np.take(standing, slots, mode="clip")
    if not alike.all():
        others = np.flatnonzero(~alike)
        rest = _by_value(values[others].tolist())
        codes[others] = rest.codes + len(distinct)
        distinct += rest.distinct
    return Factors(codes, distinct)


def _hashed(words: list[NDArray[np.unsignedinteger]]) -> NDArray[np.uint64]:
    """Multiplicative hashing (Knuth, "The Art of Computer Programming", volume 3, section 6.4), its high bits mixed."""
    factors = np.cumprod(np.full(len(words), _GOLDEN))
    hashes: NDArray[np.uint64] = words[0] * factors[0]
    for word, factor in zip(words[1:], factors[1:], strict=True):
        hashes += word * factor
    return hashes


def _by_value(values: Sequence[object] | NDArray[np.generic]) -> Factors:
    try:
        return _looked_up(values, _TextNumbers())
    except Exception:  # noqa: BLE001  # not text, or not to be hashed; a value's own methods may raise anything
        return _by_type(list(values))


def _by_type(values: Sequence[object]) -> Factors:
    """1, True and 1.0 share a place in a dict, so what is not all text is told apart by type too."""
    try:
        if len(set(map(type, values)) - {type(None)}) <= 1:
            return _looked_up(values, _Numbers())
        codes, pairs = _looked_up(list(zip(map(type, values), values, strict=True)), _Numbers())
    except Exception:  # noqa: BLE001  # likewise
        return Factors(np.arange(len(values)), values)
    return Factors(codes, [value for _, value in cast("Sequence[tuple[type, object]]", pairs)])


class _Numbers(dict[object, bytes]):
    """The number of each value met so far, as bytes that can be joined to an array."""

    def __missing__(self, value: object) -> bytes:
        number = self[value] = len(self).to_bytes(_CODE.itemsize, "little")
        return number


class _TextNumbers(_Numbers):
    """Refuses what a value of another type may equal."""

    def __missing__(self, value: object) -> bytes:
        if type(value) is not str and value is not None:
            raise TypeError(f"{type(value).__name__} is not text")
        return super().__missing__(value)


def _looked_up(values: Sequence[object] | NDArray[np.generic], numbers: _Numbers) -> Factors:
    chunks = (values[first : first + _CHUNK] for first in range(0, len(values), _CHUNK))
    listed = (chunk.tolist() if isinstance(chunk, np.ndarray) else chunk for chunk in chunks)
    found = b"".join(b"".join(map(numbers.__getitem__, chunk)) for chunk in listed)
    return Factors(np.frombuffer(found, _CODE).astype(np.intp), list(numbers))
