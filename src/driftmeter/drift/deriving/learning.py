"""Which columns of a reference's data are vectors or text, and what is learnt of them in the first pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from driftmeter.columns import Column
from driftmeter.drift.deriving.derivation import Derivation, is_missing
from driftmeter.drift.deriving.learning_texts import TextLearner, is_text
from driftmeter.drift.deriving.learning_vectors import HeldOut, VectorLearner, dimension_of
from driftmeter.drift.values import as_objects

DERIVED_KINDS: Final = ("text", "vector")

LOOKED_AT: Final = 1000
"""Rows, from a column's first text on, that tell whether it holds free text: the same ones however it is cut."""


class Learner(Protocol):
    """Sees a column once."""

    def scan(self, column: Column) -> Mapping[str, Column]:
        """Take in a chunk; the derived columns that are known already, for their own scan."""

    def fitted(self) -> tuple[Derivation, Derivation, dict[str, Column]]:
        """What live rows are derived by, what the reference's own are, and a sample of columns for their scan."""


class Learning:
    """Sorts the columns of the first pass by what they begin with.

    A column is one of vectors where its first value is a sequence of numbers; and text where that is a text and among
    the 1,000 rows from there on are at least 100, more than half of them different and more than 20 characters long in
    the mean.

    Args:
        kinds: what the user says that columns are.

    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._learners: dict[str, Learner | None] = {}
        self._held: dict[str, Sequence[object]] = {}
        """Rows of columns that begin with a text, until there are enough to tell."""
        self.derivations: tuple[Derivation, ...] = ()
        """By which live rows are derived; those of `fit`."""
        self.own: tuple[Derivation, ...] = ()
        """By which the rows of the second pass are derived."""
        self.partial: frozenset[str] = frozenset()
        """Derived columns of which not every row of the second pass is counted."""

    @classmethod
    def like(cls, derivations: tuple[Derivation, ...]) -> Learning:
        """Nothing to learn: the derivations of another reference, for rows that it has not seen."""
        learning = cls({})
        learning.derivations = learning.own = derivations
        return learning

    def scan(self, name: str, column: Column) -> Mapping[str, Column]:
        """Take in a chunk of a column; what of it, and of chunks before, is to be scanned."""
        if name in self._learners or not (has_value(column) or name in self._held or self._kinds.get(name) == "text"):
            return self._scan(name, column)
        if name not in self._kinds:
            held = self._held.pop(name, None)
            column = column if held is None else [*held, *as_objects(column)]
            start = _start(column)
            if isinstance(column[start], str) and len(column) - start < LOOKED_AT:
                self._held[name] = as_objects(column)
                return {}
        self._learners[name] = self._learner(name, column)
        return self._scan(name, column)

    def fit(self) -> dict[str, Column]:
        """Settle the derivations; columns that could not be scanned before.

        Raises:
            ValueError: a column that is to be of vectors and has none.

        """
        late: dict[str, Column] = {}
        for name, column in self._held.items():
            self._learners[name] = self._learner(name, column)
            late.update(self._scan(name, column))
        for name, kind in self._kinds.items():
            if kind == "vector" and self._learners.get(name) is None:
                raise ValueError(f"column {name!r} is to be of vectors but has none; leave its kind open")
        fitted = [learner.fitted() for learner in self._learners.values() if learner is not None]
        self.derivations, self.own = tuple(each[0] for each in fitted), tuple(each[1] for each in fitted)
        self.partial = frozenset(name for each in self.own if isinstance(each, HeldOut) for name in each.names[1:])
        return late | {name: column for each in fitted for name, column in each[2].items()}

    def _scan(self, name: str, column: Column) -> Mapping[str, Column]:
        learner = self._learners.get(name)
        if learner is not None:
            return learner.scan(column)
        return {} if self._kinds.get(name) == "vector" else {name: column}

    def _learner(self, name: str, column: Column) -> Learner | None:
        kind = self._kinds.get(name)
        if kind == "text" or (kind is None and _begins_as_text(column)):
            return TextLearner(name)
        if kind in {None, "vector"}:
            dimension = dimension_of(column)
            if dimension is not None:
                return VectorLearner(name, dimension)
            if kind == "vector":
                raise ValueError(
                    f"column {name!r} is to be of vectors, but its first value is no sequence of numbers;"
                    " leave its kind open"
                )
        return None


def has_value(column: Column) -> bool:
    """Whether any value of a column is not missing."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiub":
        return column.size > 0 and (column.ndim > 1 or column.dtype.kind != "f" or not np.isnan(column).all())
    return not all(map(is_missing, column))


def _start(column: Column) -> int:
    """Where the first value of a column stands that has one."""
    return next(place for place, value in enumerate(column) if not is_missing(value))


def _begins_as_text(column: Column) -> bool:
    start = _start(column)
    return isinstance(column[start], str) and is_text(column[start : start + LOOKED_AT])
