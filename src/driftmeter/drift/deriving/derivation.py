"""What stands in for a column of vectors or text: a few numbers per row, under names of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Columns, Floats

UNREAD: Final = "unread"
"""Stands in a derived column for a value of another type or length: text where numbers are is counted as unseen."""

_FLOATS: Final = frozenset({float, np.float64, np.float32, np.float16})
_NOTHING: Final = frozenset({"NAType", "NaTType"})


class Derivation(Protocol):
    """How one column becomes others."""

    @property
    def name(self) -> str:
        """Of the column."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the derived columns, each the column's name, a point and a word."""

    def derive(self, column: Column) -> list[Column]:
        """The derived columns, in the order of `names`; never raises for what a value is."""

    def to_dict(self) -> dict[str, object]:
        """The stored form."""


def expand(table: Columns, derivations: Sequence[Derivation]) -> Columns:
    """The table with derived columns in place of those that they are derived from."""
    present = {each.name: each for each in derivations if each.name in table}
    if not present:
        return table
    names: list[str] = []
    arrays: list[Column] = []
    for name in table.names:
        derivation = present.get(name)
        names += derivation.names if derivation is not None else [name]
        arrays += derivation.derive(table[name]) if derivation is not None else [table[name]]
    return Columns(names, table.rows, arrays=arrays)


def sources(names: Sequence[str], derivations: Sequence[Derivation]) -> tuple[str, ...]:
    """The names of columns as they arrive, each once, for the names of columns as they are counted."""
    source_of: Mapping[str, str] = {derived: each.name for each in derivations for derived in each.names}
    return tuple(dict.fromkeys(source_of.get(name, name) for name in names))


def counted(names: Iterable[str], derivations: Sequence[Derivation]) -> tuple[str, ...]:
    """The names of columns as they are counted, for the names of columns as they arrive.

    Raises:
        ValueError: a derived column that is called like another one.

    """
    derived = {each.name: each.names for each in derivations}
    found = tuple(part for name in names for part in derived.get(name, (name,)))
    if len(set(found)) < len(found):
        twice = sorted({name for name in found if found.count(name) > 1})
        raise ValueError(f"columns {twice[:8]} of the data are called as derived columns are; call them otherwise")
    return found


class Skipped:
    """In place of a value: a row of the reference that is not to be counted."""


SKIPPED: Final = Skipped()


def with_skipped(values: Column, skipped: NDArray[np.bool_]) -> Column:
    """A derived column, with marks in place of rows that are not to be counted."""
    return [SKIPPED if skip else value for skip, value in zip(skipped.tolist(), values, strict=True)]


def with_unread(values: Floats, unread: NDArray[np.bool_]) -> Column:
    """A derived column: numbers, NaN where there is none, and a mark where the value could not be read."""
    if not unread.any():
        return values
    marked: list[object] = values.tolist()
    for row in np.flatnonzero(unread).tolist():
        marked[row] = UNREAD
    return marked


def is_missing(value: object) -> bool:
    """None, NaN, and what pandas puts in their place."""
    return value is None or (type(value) in _FLOATS and value != value) or type(value).__name__ in _NOTHING  # noqa: PLR0124  # NaN
