"""Which columns of a reference's data are vectors or text, and what is learnt of them in the first pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from driftmeter.columns import Column
from driftmeter.drift.deriving.derivation import Derivation, is_missing
from driftmeter.drift.deriving.learning_texts import TextLearner, is_text
from driftmeter.drift.deriving.learning_vectors import HeldOut, VectorLearner, dimension_of
from driftmeter.drift.values import as_numbers

DERIVED_KINDS: Final = ("text", "vector")


class Learner(Protocol):
    """Sees a column once."""

    def scan(self, column: Column) -> Mapping[str, Column]:
        """Take in a chunk; the derived columns that are known already, for their own scan."""

    def fitted(self) -> tuple[Derivation, Derivation, dict[str, Column]]:
        """What live rows are derived by, what the reference's own are, and a sample of columns for their scan."""


class Learning:
    """Sorts the columns of the first pass; the first chunk with a value of a column decides.

    A column is one of vectors where that value is a sequence of numbers, and text where of at least 100 texts more
    than half are different and the mean length is more than 20 characters.

    Args:
        kinds: what the user says that columns are.

    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._learners: dict[str, Learner | None] = {}
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
        """Take in a chunk of a column; what of it is to be scanned."""
        if name not in self._learners and (has_value(column) or self._kinds.get(name) == "text"):
            self._learners[name] = self._learner(name, column)
        learner = self._learners.get(name)
        if learner is not None:
            return learner.scan(column)
        return {} if self._kinds.get(name) == "vector" else {name: column}

    def fit(self) -> dict[str, Column]:
        """Settle the derivations; columns that could not be scanned before.

        Raises:
            ValueError: a column that is to be of vectors and has none.

        """
        for name, kind in self._kinds.items():
            if kind == "vector" and self._learners.get(name) is None:
                raise ValueError(f"column {name!r} is to be of vectors but has none; leave its kind open")
        fitted = [learner.fitted() for learner in self._learners.values() if learner is not None]
        self.derivations, self.own = tuple(each[0] for each in fitted), tuple(each[1] for each in fitted)
        self.partial = frozenset(name for each in self.own if isinstance(each, HeldOut) for name in each.names[1:])
        return {name: column for each in fitted for name, column in each[2].items()}

    def _learner(self, name: str, column: Column) -> Learner | None:
        kind = self._kinds.get(name)
        if kind == "text" or (kind is None and as_numbers(column) is None and is_text(column)):
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
    return as_numbers(column) is not None or not all(map(is_missing, column))
