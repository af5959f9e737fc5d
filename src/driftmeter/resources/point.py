"""What a reading gives: values with attributes, under the name of their metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias

_NONE: Mapping[str, str] = MappingProxyType({})


class Point(NamedTuple):
    """One value of one metric."""

    value: float
    attributes: Mapping[str, str] = _NONE


Points: TypeAlias = Mapping[str, tuple[Point, ...]]
"""The points by name of their metric; a metric without a value now is absent."""

Reading: TypeAlias = Callable[[], Points]


class Reader(Protocol):
    """One group of readings, with what it remembers from its last cycle."""

    readings: Mapping[str, Reading]
    """What can fail alone, by a name for counting its failures."""
