"""Turning any value into one that OpenTelemetry can carry, before anything is stored or handed over.

One value that the encoder refuses costs a whole batch of records, and one that runs foreign code may raise into a
prediction or never return. So nothing foreign is called, and depth, items, strings and the whole record are bounded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

import numpy as np
from opentelemetry.util.types import AnyValue

from driftmeter.plain.arrays import INT64_MAX, INT64_MIN, Array, array_of, as_it_is, as_they_are
from driftmeter.plain.builtin import NUMPY_NUMBERS, UNKNOWN, builtin_of, name_of

MAX_STRING_CHARACTERS: Final = 4096
MAX_NAME_CHARACTERS: Final = 256
MAX_DEPTH: Final = 6
MAX_ITEMS: Final = 10_000
MAX_VALUES_BYTES: Final = 240 * 1024
"""What one record's values may take when encoded; the journal's limit of 256 KiB leaves the rest for its identity."""

NODE_BYTES: Final = 16
"""What a value takes beside its text, or a key: tags, lengths and the number itself, in protobuf, at most."""


class Plain:
    r"""Reads one record's values; `altered` tells whether any could not be kept as it was.

    NaN becomes None (missing), ±inf a word, integers beyond 64 bits their digits, a set a sorted list, unknown objects
    their type's name. Lone surrogates, which UTF-8 does not have, become escapes such as `\ud800`, so that different
    texts stay different; control characters are kept, they are escaped where text is drawn.

    >>> counted = []
    >>> plain = Plain(count=counted.append)
    >>> plain.value({"a": np.float32(1.5), "b": float("inf"), "c": 2**70, "d": [None, b"x"], "e": object()})
    {'a': 1.5, 'b': 'Infinity', 'c': '1180591620717411303424', 'd': [None, b'x'], 'e': '<object>'}
    >>> plain.altered, counted
    (True, ['out_of_range', 'out_of_range', 'unknown_type'])

    """

    __slots__ = ("_allows", "_bytes_left", "_count", "_items_left", "_longest", "altered")

    def __init__(
        self,
        allows: Callable[[str], bool] = lambda _key: True,
        count: Callable[[str], None] = lambda _reason: None,
        *,
        longest: int = MAX_STRING_CHARACTERS,
    ) -> None:
        """Begin a record.

        Args:
            allows: whether what stands under this key in a map may be recorded.
            count: told the reason of each value that is not kept as it was.
            longest: how many characters of a string are kept; the record's limit counts all the same.

        """
        self._allows = allows
        self._count = count
        self._longest = longest
        self.altered = False
        self._items_left = MAX_ITEMS
        self._bytes_left = MAX_VALUES_BYTES

    def fits(self, key: str) -> bool:
        """Whether the record has room for another value under this key: one that is cut would be another's."""
        return _size(key[: self._longest]) + 2 * NODE_BYTES <= self._bytes_left

    def mark(self, reason: str) -> None:
        """Note that a value is not kept as it was."""
        self.altered = True
        self._count(reason)

    def value(self, given: object, depth: int = 0) -> AnyValue:
        """`given` as strings, numbers, booleans, bytes, None, lists and maps with string keys."""
        if self._bytes_left < NODE_BYTES:
            self.mark("too_large")
            return None
        self._bytes_left -= NODE_BYTES
        kind = type(given)
        if kind is float:
            return self._float(given)  # type: ignore[arg-type]
        if kind is str:
            return self._string(given)  # type: ignore[arg-type]
        if given is None or kind is bool:
            return given  # type: ignore[return-value]
        if kind is int:
            return self._int(given)  # type: ignore[arg-type]
        try:
            return self._other(kind, given, depth)
        except Exception:  # noqa: BLE001  # such as a map that another thread changes meanwhile
            return self._named(kind, "unreadable")

    def key(self, given: object) -> str:
        """A key of a map, or the name of a column."""
        self._bytes_left -= NODE_BYTES
        if type(given) is str:
            return self._string(given)
        if issubclass(type(given), str):
            return self._string(str.__str__(cast("str", given)))
        return str(self.value(given, MAX_DEPTH))

    def text(self, given: str, most: int | None = None) -> str:
        """A name or a text beside the values; one of up to 256 characters has room even in a record that is full."""
        given = self._encodable(
            given if type(given) is str else str.__str__(given), self._longest if most is None else most
        )
        size = _size(given)
        if len(given) > MAX_NAME_CHARACTERS and size > self._bytes_left:
            given = self._cut(given, max(self._bytes_left, MAX_NAME_CHARACTERS))
        self._bytes_left -= _size(given) + NODE_BYTES
        return given

    def _string(self, given: str) -> str:
        if len(given) <= MAX_NAME_CHARACTERS and given.isascii() and len(given) <= self._bytes_left:
            self._bytes_left -= len(given)
            return given
        given = self._encodable(given, self._longest)
        if (size := _size(given)) > self._bytes_left:
            given = self._cut(given, self._bytes_left)
            size = _size(given)
        self._bytes_left -= size
        return given

    def _encodable(self, given: str, most: int) -> str:
        if len(given) > most:
            self.mark("too_long")
            given = given[:most]
        if given.isascii():
            return given
        try:
            given.encode()
        except UnicodeEncodeError:
            self.mark("not_utf8")
            return given.encode(errors="backslashreplace").decode()[:most]
        return given

    def _cut(self, given: str, size: int) -> str:
        self.mark("too_large")
        return given.encode()[: max(0, size)].decode(errors="ignore")

    def _float(self, given: float) -> AnyValue:
        if math.isfinite(given):
            return given
        if math.isnan(given):
            return None
        self.mark("out_of_range")
        return "Infinity" if given > 0 else "-Infinity"

    def _int(self, given: int) -> AnyValue:
        if INT64_MIN <= given <= INT64_MAX:
            return given
        self.mark("out_of_range")
        # Decimal digits of a huge integer take quadratic time, and Python refuses beyond 4300.
        return self._string(str(given) if given.bit_length() < 512 else f"int of {given.bit_length()} bits")

    def _other(self, kind: type, given: object, depth: int) -> AnyValue:
        if id(kind) in NUMPY_NUMBERS:
            return self._again(np.generic.item(cast("np.generic", given)), depth)
        if issubclass(kind, dict):
            return self._map(cast("dict[object, object]", given), depth)
        if issubclass(kind, list):
            kept = self._room_for(list.__len__(cast("list[object]", given)))
            return self._list(list.__getitem__(cast("list[object]", given), slice(kept)), depth, kind)
        if issubclass(kind, tuple):
            kept = self._room_for(tuple.__len__(cast("tuple[object, ...]", given)))
            return self._list(tuple.__getitem__(cast("tuple[object, ...]", given), slice(kept)), depth, kind)
        if issubclass(kind, set | frozenset):
            return self._set(given, depth, kind)
        if (array := array_of(kind, given)) is not None:
            return self._array(array, depth, kind)
        found = builtin_of(kind, given)
        if type(found) is bytes:
            return self._bytes(found)
        if found is UNKNOWN or depth >= MAX_DEPTH + 2:  # an enum's value may be a member of another
            return self._named(kind, "unknown_type")
        return self._again(found, depth)

    def _again(self, found: object, depth: int) -> AnyValue:
        """The same value as one of Python's own."""
        self._bytes_left += NODE_BYTES
        return self.value(found, depth + 1)

    def _bytes(self, given: bytes) -> bytes:
        room = min(MAX_STRING_CHARACTERS, self._bytes_left)
        if len(given) > room:
            self.mark("too_long" if room == MAX_STRING_CHARACTERS else "too_large")
        self._bytes_left -= min(len(given), room)
        return given[:room]

    def _named(self, kind: type, reason: str) -> str:
        self.mark(reason)
        return self._string(f"<{name_of(kind)[:MAX_NAME_CHARACTERS]}>")

    def _array(self, given: Array, depth: int, kind: type) -> AnyValue:
        if not given.ndim:
            return self.value(np.ndarray.__getitem__(given, ()), depth + 1)
        if depth >= MAX_DEPTH:
            return self._named(kind, "too_deep")
        kept = given[: self._room_for(len(given))]
        if as_it_is(kept):
            self._bytes_left -= NODE_BYTES * len(kept)
            return cast("list[AnyValue]", kept.tolist())
        return self._list(list(kept) if kept.dtype.kind in "mM" or kept.ndim > 1 else kept.tolist(), depth, kind)

    def _list(self, kept: Sequence[object], depth: int, kind: type) -> AnyValue:
        if depth >= MAX_DEPTH:
            return self._named(kind, "too_deep")
        if as_they_are(kept):
            self._bytes_left -= NODE_BYTES * len(kept)
            return list(cast("Sequence[AnyValue]", kept))
        found: list[AnyValue] = []
        for item in kept:
            if self._bytes_left < NODE_BYTES:
                self.mark("too_large")
                break
            found.append(self.value(item, depth + 1))
        return found

    def _set(self, given: Any, depth: int, kind: type) -> AnyValue:
        base: Any = set if issubclass(kind, set) else frozenset
        kept = self._room_for(base.__len__(given))
        found = self._list(list(itertools.islice(base.__iter__(given), kept)), depth, kind)
        # In one order, whatever the hashes of this process.
        return sorted(found, key=lambda item: (type(item).__name__, repr(item))) if type(found) is list else found

    def _map(self, given: dict[object, object], depth: int) -> AnyValue:
        if depth >= MAX_DEPTH:
            return self._named(type(given), "too_deep")
        kept = list(itertools.islice(dict.items(given), self._room_for(dict.__len__(given))))
        return self._pairs(kept, depth)

    def _pairs(self, kept: Iterable[tuple[object, object]], depth: int) -> dict[str, AnyValue]:
        found: dict[str, AnyValue] = {}
        for given, item in kept:
            if self._bytes_left < 2 * NODE_BYTES or (type(given) is str and not self.fits(given)):
                self.mark("too_large")
                break
            key = self.key(given)
            if not self._allows(key):
                continue
            if key in found:
                self.mark("same_key")
            found[key] = self.value(item, depth + 1)
        return found

    def _room_for(self, items: int) -> int:
        """Depth alone bounds nothing: a list that holds itself twice has 2^depth leaves."""
        kept = min(items, self._items_left, max(0, self._bytes_left // NODE_BYTES))
        self._items_left -= kept
        if kept < items:
            self.mark("too_many")
        return kept


def _size(given: str) -> int:
    return len(given) if given.isascii() else len(given.encode(errors="backslashreplace"))
