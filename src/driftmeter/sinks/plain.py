"""Turning any value into one that OpenTelemetry can carry, before it is handed over.

One value that the encoder refuses costs a whole batch of records, so nothing foreign goes through: no `__str__` or
`__repr__` of unknown objects is called, and depth, size and length are bounded.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import itertools
import math
import uuid
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from opentelemetry.util.types import AnyValue

MAX_STRING_CHARACTERS = 4096
MAX_DEPTH = 6
MAX_ITEMS = 10_000
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


class Plain:
    """Reads one record's values; `altered` tells whether any could not be kept as it was.

    NaN becomes None (missing), ±inf a word, integers beyond 64 bits their digits, unknown objects their type's name.

    >>> plain = Plain()
    >>> plain.value({"a": np.float32(1.5), "b": float("inf"), "c": 2**70, "d": [None, b"x"]})
    {'a': 1.5, 'b': 'Infinity', 'c': '1180591620717411303424', 'd': [None, b'x']}
    >>> plain.altered
    True

    """

    __slots__ = ("_allows", "_items_left", "altered")

    def __init__(self, allows: Callable[[str], bool] = lambda _key: True) -> None:
        """Args: allows: whether what stands under this key in a map may be recorded."""
        self._allows = allows
        self.altered = False
        self._items_left = MAX_ITEMS

    def value(self, given: object, depth: int = 0) -> AnyValue:
        """`given` as strings, numbers, booleans, bytes, None, lists and maps with string keys."""
        kind = type(given)
        if kind is float:
            return self._float(given)  # type: ignore[arg-type]
        if kind is str:
            return self.text(given)  # type: ignore[arg-type]
        if given is None or kind is bool:
            return given  # type: ignore[return-value]
        if kind is int:
            return self._int(given)  # type: ignore[arg-type]
        if isinstance(given, Mapping):
            return self._map(given, depth)
        if isinstance(given, np.ndarray):
            return self._array(given, depth)
        if isinstance(given, list | tuple):
            return self._list(given, depth)
        return self._scalar(given, depth)

    def key(self, given: object) -> str:
        """A key of a map, or the name of a column."""
        return self.text(str.__str__(given)) if isinstance(given, str) else str(self.value(given, MAX_DEPTH))

    def text(self, given: str) -> str:
        """A string that can be encoded as UTF-8 and is of bounded length."""
        if len(given) > MAX_STRING_CHARACTERS:
            self.altered = True
            given = given[:MAX_STRING_CHARACTERS]
        if given.isascii():
            return given
        try:
            given.encode()
        except UnicodeEncodeError:
            self.altered = True
            return given.encode(errors="replace").decode()
        return given

    def _float(self, given: float) -> AnyValue:
        if math.isfinite(given):
            return given
        if math.isnan(given):
            return None
        self.altered = True
        return "Infinity" if given > 0 else "-Infinity"

    def _int(self, given: int) -> AnyValue:
        if INT64_MIN <= given <= INT64_MAX:
            return given
        self.altered = True
        # Decimal digits of a huge integer take quadratic time, and Python refuses beyond 4300.
        return str(given) if given.bit_length() < 512 else f"int of {given.bit_length()} bits"

    def _scalar(self, given: object, depth: int) -> AnyValue:
        if type(given).__name__ in {"NAType", "NaTType"}:  # pandas' missing values; NaT is a datetime, too
            return None
        if isinstance(given, enum.Enum):
            return self.value(given.value, depth + 1) if depth < MAX_DEPTH else self._unknown(given)
        if isinstance(given, np.generic):
            return self._numpy(given, depth)
        if isinstance(given, bool | int):
            return self._int(int(given))
        if isinstance(given, float):
            return self._float(float(given))
        if isinstance(given, str):
            return self.text(str.__str__(given))
        if isinstance(given, bytes):
            self.altered = self.altered or len(given) > MAX_STRING_CHARACTERS
            return bytes(given[:MAX_STRING_CHARACTERS])
        if isinstance(given, dt.date | dt.time):
            return given.isoformat()
        if type(given) in {decimal.Decimal, uuid.UUID}:
            return self.text(str(given))
        return self._unknown(given)

    def _numpy(self, given: np.generic, depth: int) -> AnyValue:
        if isinstance(given, np.datetime64 | np.timedelta64):  # whose items are bare numbers, if of nanoseconds
            return None if np.isnat(given) else str(given)
        item = given.item()
        return self._unknown(given) if isinstance(item, np.generic) else self.value(item, depth)

    def _unknown(self, given: object) -> str:
        self.altered = True
        return f"<{type(given).__qualname__}>"

    def _array(self, given: NDArray[np.generic], depth: int) -> AnyValue:
        if depth >= MAX_DEPTH:
            return self._unknown(given)
        if not given.ndim:
            return self.value(given[()], depth + 1)
        kept = given[: self._room_for(len(given))]
        items = list(kept) if kept.dtype.kind in "mM" or kept.ndim > 1 else kept.tolist()
        return [self.value(item, depth + 1) for item in items]

    def _list(self, given: Sequence[object], depth: int) -> AnyValue:
        if depth >= MAX_DEPTH:
            return self._unknown(given)
        kept = self._room_for(len(given))
        return [self.value(item, depth + 1) for item in given[:kept]]

    def _map(self, given: Mapping[object, object], depth: int) -> AnyValue:
        if depth >= MAX_DEPTH:
            return self._unknown(given)
        kept = self._room_for(len(given))
        items = ((self.key(key), item) for key, item in itertools.islice(given.items(), kept))
        return {key: self.value(item, depth + 1) for key, item in items if self._allows(key)}

    def _room_for(self, items: int) -> int:
        """Depth alone bounds nothing: a list that holds itself twice has 2^depth leaves."""
        kept = min(items, self._items_left)
        self._items_left -= kept
        self.altered = self.altered or kept < items
        return kept
