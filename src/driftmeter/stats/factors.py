"""A column of labels as numbers: each distinct value once, and for each row which of them it holds.

Rows that hold the very same object, or the same short text, are told by addresses or by the words of that text in a few
array operations; text that lies in objects is joined for it, in a quarter of the time that looking each up takes. All
others are looked up one by one, in one loop of C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.words import LONGEST_TEXT, KnownWords, Words, chosen, words_of_array, words_of_text

Codes: TypeAlias = "NDArray[np.intp]"
Column: TypeAlias = "Sequence[object] | NDArray[np.generic]"
Part: TypeAlias = "tuple[Column, Words | None]"
"""Some rows, and the words that tell their values from each other, where there are such."""

PROBE: Final = 256
"""So many rows tell whether a column's rows share their objects; in columns of less than four times as many, each is
looked up by itself."""

CHUNK: Final = 16_384
"""Rows that are taken at once, while what they hold is in the cache."""

_CODE: Final = np.dtype("<u4")


class Factors(NamedTuple):
    """A column of n rows: row i holds `distinct[codes[i]]`.

    Equal values of different types, such as 1 and True, are listed apart; a value may be listed twice.
    """

    codes: Codes
    distinct: Sequence[object]


class Tally(NamedTuple):
    """How many rows hold each distinct value, shape (len(distinct),); those are listed as in `Factors`."""

    counts: Codes
    distinct: Sequence[object]


def factorise(values: Iterable[object]) -> Factors:
    """Number the distinct values of a column: an array of any kind, or any values at all.

    >>> codes, distinct = factorise(["red", "blue", "red", None])
    >>> codes.tolist(), distinct
    ([0, 1, 0, 2], ['red', 'blue', None])
    >>> factorise([1, True, 1.0]).distinct
    [1, True, 1.0]
    """
    distinct: list[object] = []
    codes = list(_numbered(values, distinct))
    return Factors(codes[0] if len(codes) == 1 else np.concatenate(codes), distinct)


def tally(values: Iterable[object]) -> Tally:
    """Count the distinct values of a column, as `factorise` has them.

    >>> counts, distinct = tally(["red", "blue", "red"])
    >>> counts.tolist(), distinct
    ([2, 1], ['red', 'blue'])
    """
    distinct: list[object] = []
    counts = np.zeros(0, np.intp)
    for codes in _numbered(values, distinct):
        found = np.bincount(codes, minlength=len(distinct))
        found[: counts.size] += counts
        counts = found
    return Tally(counts, distinct)


def _numbered(values: Iterable[object], distinct: list[object]) -> Iterator[Codes]:
    """The numbers of the rows, part by part; a value is in `distinct` before its number comes."""
    column = values if isinstance(values, np.ndarray | Sequence) else list(values)
    read = _reading(column)
    if read is None:
        yield _apart(_listed(column), distinct)
        return
    # What joined text tells is what a value holds: a class of its own may write it otherwise.
    known = KnownWords(distinct, only=str if read is _read_text else None)
    for first in range(0, len(column), CHUNK):
        part, words = read(column[first : first + CHUNK])
        told = known.numbers(part, words) if words is not None else None
        if told is None:
            yield _apart(_listed(part), distinct)
            continue
        if told.untold.size:
            told.codes[told.untold] = _apart(chosen(part, told.untold), distinct)
        yield told.codes


def _apart(values: Sequence[object], distinct: list[object]) -> Codes:
    """The numbers of values that are looked up by themselves."""
    codes, found = _by_value(values)
    codes += len(distinct)
    distinct += found
    return codes


def _reading(column: Column) -> Callable[[Column], Part] | None:
    """How parts of a column are read; None where it is short, or what it holds has no words of a fixed width."""
    if len(column) < 4 * PROBE:
        return None
    if not isinstance(column, np.ndarray) or column.dtype.kind == "O":
        shared = len(set(map(id, column[:PROBE]))) < 0.9 * PROBE
        return _read_objects if shared else _read_text
    short = column.ndim == 1 and 0 < column.dtype.itemsize <= 4 * LONGEST_TEXT
    return _read_array if short and column.dtype.kind in "fiubU" and column.dtype.isnative else None


def _read_array(part: Column) -> Part:
    return part, words_of_array(cast("NDArray[np.generic]", part))


def _read_objects(part: Column) -> Part:
    objects = np.ascontiguousarray(part) if isinstance(part, np.ndarray) else np.fromiter(part, object, len(part))
    return objects, [np.frombuffer(objects.data, np.uintp)]


def _read_text(part: Column) -> Part:
    listed = _listed(part)
    return listed, words_of_text(listed)


def _listed(column: Column) -> Sequence[object]:
    if not isinstance(column, np.ndarray):
        return column
    listed: list[object] = column.tolist() if column.dtype.kind in "fiubUO" else list(column)
    return listed


def _by_value(values: Sequence[object]) -> Factors:
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


def _looked_up(values: Sequence[object], numbers: _Numbers) -> Factors:
    chunks = (values[first : first + CHUNK] for first in range(0, len(values), CHUNK))
    found = b"".join(b"".join(map(numbers.__getitem__, chunk)) for chunk in chunks)
    return Factors(np.frombuffer(found, _CODE).astype(np.intp), list(numbers))
