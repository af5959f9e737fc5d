"""Values of a column told apart by the words of memory that they are: many at once, in a few array operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = "list[NDArray[np.unsignedinteger]]"
"""Of n values, one array of shape (n,) per word of a value."""

LONGEST_TEXT: Final = 32
"""Characters of fixed-width text, or bytes of other text, up to which words are compared and no objects looked up."""

_SLOT_BITS: Final = 13
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_BYTES: Final = 8
_FIRST_BYTES: Final = np.array([(1 << 8 * n) - 1 for n in range(_BYTES + 1)], np.uint64)
_NONE: Final = np.zeros(0, np.intp)
_BEYOND: Final = b"\0" * (LONGEST_TEXT + _BYTES)


def words_of_array(values: NDArray[np.generic]) -> Words:
    """The words of fixed-width values: numbers, or text of NumPy's."""
    width = next(width for width in (8, 4, 2, 1) if values.dtype.itemsize % width == 0)
    words = np.ascontiguousarray(values).view(f"u{width}").reshape(values.size, -1)
    return list(words.T)


def words_of_text(values: Sequence[object]) -> Words | None:
    """The words of text in UTF-8, filled up with zeros; None where a value is no text, is long, or has a zero itself.

    >>> [word.tolist() for word in words_of_text(["a", "", "ab"])]
    [[97, 0, 25185]]
    >>> words_of_text(["a", None])
    """
    try:
        text = "\0".join(values)  # type: ignore[arg-type]  # it says itself what is no text
    except TypeError:
        return None
    content = text.encode("utf-8", "surrogatepass") + _BEYOND
    size = len(content) - len(_BEYOND) + 1  # with the zero after the last
    read = np.frombuffer(content, np.uint8, size)
    if size - np.count_nonzero(read) != len(values):
        return None
    if size % len(values) == 0 and not read[(width := size // len(values)) - 1 :: width].any():
        return _of_one_length(content, len(values), width)
    ends = np.flatnonzero(read == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    if (longest := int(lengths.max())) > LONGEST_TEXT:
        return None
    at_each_byte = np.ndarray((len(content) - _BYTES + 1,), "<u8", content, strides=(1,))
    words: Words = []
    for first in range(0, max(longest, 1), _BYTES):
        word = np.take(at_each_byte, starts + first if first else starts)
        word &= np.take(_FIRST_BYTES, lengths - first if first else lengths, mode="clip")
        words.append(word)
    return words


def _of_one_length(content: bytes, rows: int, width: int) -> Words | None:
    if width - 1 > LONGEST_TEXT:
        return None
    firsts = range(0, max(width - 1, 1), _BYTES)
    words = (np.ndarray((rows,), "<u8", content, offset=first, strides=(width,)) for first in firsts)
    return [word & _FIRST_BYTES[min(width - 1 - first, _BYTES)] for word, first in zip(words, firsts, strict=True)]


class Numbered(NamedTuple):
    """Of n values, their numbers, shape (n,); and which of them were not told, being crowded out by others."""

    codes: NDArray[np.intp]
    untold: NDArray[np.intp]


class KnownWords:
    """The values met so far, each in the slot of its hash; all with one number of words.

    A value whose slot is taken by another one is not told by its words: a collision costs a look at the value itself,
    never an error.

    Args:
        distinct: gets the values; the number of a value is its place there.
        only: the type of the values that are told by their words; None for all types.

    >>> distinct: list[object] = []
    >>> known = KnownWords(distinct)
    >>> parts = np.array([7, 9, 7], np.uint64), np.array([9, 5], np.uint64)
    >>> [known.numbers(part, [part]).codes.tolist() for part in parts]
    [[0, 1, 0], [1, 2]]
    >>> distinct
    [7, 9, 5]
    """

    def __init__(self, distinct: list[object], only: type | None = None) -> None:
        self._distinct, self._only = distinct, only
        self._words: list[NDArray[np.uint64]] = []
        self._numbers = np.full(1 << _SLOT_BITS, -1)

    def numbers(self, values: Sequence[object] | NDArray[np.generic], words: Words) -> Numbered | None:
        """The numbers of some values; None where these have more words than those before."""
        if not self._words:
            self._words = [np.zeros(self._numbers.size, np.uint64) for _ in words]
            self._words[0][0] = 1  # nothing is known: zeros have slot 0, and 1 has another one
        if len(words) > len(self._words):
            return None
        hashes = _hashed(words)
        hashes >>= np.uint64(64 - _SLOT_BITS)
        slots, untold = hashes.view(np.int64), _NONE
        if not self._alike(slots, words).all():
            self._meet(values, words, slots)
            untold = np.flatnonzero(~self._alike(slots, words))
        return Numbered(np.take(self._numbers, slots, mode="clip"), untold)

    def _alike(self, slots: NDArray[np.int64], words: Words) -> NDArray[np.bool_]:
        alike: NDArray[np.bool_] = np.take(self._words[0], slots, mode="clip") == words[0]
        for known, word in zip(self._words[1:], words[1:], strict=False):
            alike &= np.take(known, slots, mode="clip") == word
        for known in self._words[len(words) :]:
            alike &= np.take(known, slots, mode="clip") == 0
        return alike

    def _meet(self, values: Sequence[object] | NDArray[np.generic], words: Words, slots: NDArray[np.int64]) -> None:
        """Put new values into slots that are free; of several for one slot, the first."""
        free = np.flatnonzero(np.take(self._numbers, slots, mode="clip") < 0)
        standing = np.full(self._numbers.size, slots.size)
        standing[slots[free][::-1]] = free[::-1]
        rows = np.sort(standing[standing < slots.size])
        met = chosen(values, rows)
        if self._only is not None:
            rows = rows[[type(value) is self._only for value in met]]
            met = [value for value in met if type(value) is self._only]
        for known, word in zip(self._words, words, strict=False):
            known[slots[rows]] = word[rows]
        self._numbers[slots[rows]] = np.arange(len(self._distinct), len(self._distinct) + rows.size)
        self._distinct += met


def chosen(values: Sequence[object] | NDArray[np.generic], rows: NDArray[np.intp]) -> list[object]:
    """Some of the values, as Python's objects."""
    return values[rows].tolist() if isinstance(values, np.ndarray) else [values[row] for row in rows.tolist()]


def _hashed(words: Words) -> NDArray[np.uint64]:
    """Multiplicative hashing (Knuth, "The Art of Computer Programming", volume 3, section 6.4), its high bits mixed."""
    factors = np.cumprod(np.full(len(words), _GOLDEN))
    hashes: NDArray[np.uint64] = words[0] * factors[0]
    for word, factor in zip(words[1:], factors[1:], strict=True):
        hashes += word * factor
    return hashes
