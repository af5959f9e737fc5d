"""Scalars of the standard library, NumPy, pandas and torch as Python's own, by the methods of the class we know.

A subclass may override anything, so nothing of an instance's own class is called: `str.__str__(given)`, not
`str(given)`; `issubclass(type(given), str)`, not `isinstance`, which asks the stranger what it is.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import sys
import uuid
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np

MAX_BYTES: Final = 4096
MAX_DECIMAL_BYTES: Final = 1024

UNKNOWN: Final = object()
"""Stands for what is none of those."""

NUMPY_NUMBERS: Final = {id(kind) for char in "bhilqBHILQefd?" if (kind := np.dtype(char).type)}
"""By identity: a class may say that it is equal to another."""

# Of a class, past whatever its metaclass says.
_module = cast("Callable[[type], object]", type.__dict__["__module__"].__get__)
_name = cast("Callable[[type], str]", type.__dict__["__qualname__"].__get__)

_ZONES = frozenset({"datetime", "zoneinfo", "dateutil", "pytz"})
_SECONDS = {"W": 604_800.0, "D": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_PARTS = {"ms": 1e3, "us": 1e6, "ns": 1e9, "ps": 1e12, "fs": 1e15, "as": 1e18}


def builtin_of(kind: type, given: object) -> object:  # noqa: C901  # a ladder of types reads best as one
    """A scalar as None, bool, int, float, str or bytes, neither bounded nor checked; UNKNOWN for anything else.

    Durations are seconds, dates and times ISO 8601, Decimals and UUIDs their text, members of enums their value,
    pandas' missing values None.

    Args:
        kind: `type(given)`.
        given: the scalar.

    >>> import datetime as dt, decimal
    >>> [builtin_of(type(given), given) for given in (dt.timedelta(minutes=1), decimal.Decimal("1.10"), np.int8(3))]
    [60.0, '1.10', 3]

    """
    if issubclass(kind, enum.Enum):
        return object.__getattribute__(given, "_value_")
    if issubclass(kind, np.generic):
        return _of_numpy(kind, cast("np.generic", given))
    if issubclass(kind, int):
        return int.__int__(cast("int", given))
    if issubclass(kind, float):
        return float.__float__(cast("float", given))
    if issubclass(kind, str):
        return str.__str__(cast("str", given))
    if issubclass(kind, bytes):
        return bytes.__getitem__(cast("bytes", given), slice(MAX_BYTES + 1))
    if issubclass(kind, bytearray):
        return bytes(bytearray.__getitem__(cast("bytearray", given), slice(MAX_BYTES + 1)))
    if kind is memoryview:
        return _of_memory(cast("memoryview", given))
    if library_of(kind) in {"pandas", "torch"}:
        return _of_library(kind, given)
    if issubclass(kind, dt.date | dt.time | dt.timedelta):
        return _of_time(kind, given)
    if issubclass(kind, decimal.Decimal):
        return _of_decimal(cast("decimal.Decimal", given))
    return str(given) if kind is uuid.UUID else UNKNOWN


def name_of(kind: type) -> str:
    """The name of a class, as long as it may be."""
    return str.__str__(_name(kind))


def library_of(kind: type) -> str:
    """The package that a class says it is from."""
    module = _module(kind)
    return module.partition(".")[0] if type(module) is str else ""


def _of_numpy(kind: type, given: np.generic) -> object:
    if kind is np.datetime64:
        return None if np.isnat(given) else str(given)
    if kind is np.timedelta64:
        return None if np.isnat(given) else _seconds(cast("np.timedelta64", given))
    if kind is np.longdouble:
        return float(cast("np.longdouble", given))
    if issubclass(kind, np.datetime64 | np.timedelta64):
        return UNKNOWN
    item: object = np.generic.item(given)
    return UNKNOWN if issubclass(type(item), np.generic) else item


def _seconds(given: np.timedelta64) -> object:
    unit, steps = np.datetime_data(given.dtype)
    count = int(given.astype(np.int64)) * steps
    if unit in _SECONDS:
        return count * _SECONDS[unit]
    return count / _PARTS[unit] if unit in _PARTS else str(given)  # a month has no number of seconds


def _of_memory(given: memoryview) -> object:
    if given.ndim != 1:
        return UNKNOWN
    return given[: MAX_BYTES + 1].tobytes()[: MAX_BYTES + 1]


def _of_time(kind: type, given: object) -> object:
    if issubclass(kind, dt.timedelta):
        return dt.timedelta.total_seconds(cast("dt.timedelta", given))
    if issubclass(kind, dt.datetime):
        moment = cast("dt.datetime", given)
        known = _own(dt.datetime, moment, "year month day hour minute second microsecond tzinfo fold")
        return dt.datetime(**known).isoformat() if _is_known_zone(known["tzinfo"]) else UNKNOWN  # noqa: DTZ001  # in it
    if issubclass(kind, dt.time):
        known = _own(dt.time, given, "hour minute second microsecond tzinfo fold")
        return dt.time(**known).isoformat() if _is_known_zone(known["tzinfo"]) else UNKNOWN
    return dt.date(**_own(dt.date, given, "year month day")).isoformat()


def _own(kind: type, given: object, names: str) -> dict[str, Any]:
    """The class's own fields, whatever a subclass calls so."""
    return {name: getattr(kind, name).__get__(given) for name in names.split()}


def _is_known_zone(zone: object) -> bool:
    """Whether a time zone may be asked for its offset: it is foreign code otherwise."""
    return zone is None or library_of(type(zone)) in _ZONES


def _of_decimal(given: decimal.Decimal) -> object:
    if decimal.Decimal.is_nan(given):
        return None
    if decimal.Decimal.is_infinite(given):
        return -math.inf if decimal.Decimal.is_signed(given) else math.inf
    # Millions of digits would take long to write.
    small = decimal.Decimal.__sizeof__(given) <= MAX_DECIMAL_BYTES
    return decimal.Decimal.__str__(given) if small else UNKNOWN


def _of_library(kind: type, given: object) -> object:
    """Of pandas and torch, which others have imported if at all: classes that are the libraries' own."""
    name = name_of(kind)
    if name in {"NAType", "NaTType"}:
        return None
    library: Any = sys.modules.get(library_of(kind))
    if kind is not getattr(library, name.rpartition(".")[2], None):
        return UNKNOWN
    value: Any = given
    if name == "Timestamp":
        return value.isoformat() if _is_known_zone(value.tzinfo) else UNKNOWN
    if name == "Timedelta":
        return value.total_seconds()
    if name in {"Period", "Interval"}:
        return str(value)
    # What lies on another device would have to be waited for.
    if name == "Tensor" and not value.ndim and value.device.type == "cpu":
        return value.detach().item()
    return UNKNOWN
