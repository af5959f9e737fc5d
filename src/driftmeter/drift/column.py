"""One column of a reference: how often each of its bins was filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from driftmeter.drift.bin_names import BEYOND, OTHER, TAILS, label_names, range_names
from driftmeter.drift.moments import Moments

Kind: TypeAlias = Literal["numeric", "integer", "boolean", "category"]
Role: TypeAlias = Literal["input", "output"]
Asked: TypeAlias = Kind | Literal["text", "vector"]
"""What a column of the data may be said to be; text and vectors are watched through columns derived from them."""
KINDS: tuple[str, ...] = get_args(Kind)
ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class ColumnReference:
    """How often each bin of one column was filled in the reference.

    Attributes:
        name: of the column.
        role: "input" or "output".
        kind: "numeric", "integer", "boolean" or "category".
        n: number of rows, missing ones included.
        edges: rising edges of the half-open bins [a, b) of a numeric column; () for categories.
        labels: categories with a bin of their own; () for numeric columns.
        counts: rows per bin, in the order of `bins`; they add up to `n`.
        fine: rows per fine cell between the first and the last edge; () for categories.
        moments: mean, spread and range of the finite values; None for categories.
        veiled: whether `bins` number the labels instead of telling them.

    """

    name: str
    role: Role
    kind: Kind
    n: int
    edges: tuple[float, ...]
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    fine: tuple[int, ...] = ()
    moments: Moments | None = None
    veiled: bool = False

    @property
    def numeric(self) -> bool:
        """True for every kind but "category"."""
        return self.kind != "category"

    @property
    def open_ended(self) -> bool:
        """Whether the reference saw more labels than it names: then a label without a bin is `other`, not `unseen`."""
        return self.kind == "category" and self.counts[len(self.labels)] > 0

    @property
    def bins(self) -> tuple[str, ...]:
        """The bins' names, unique within the column, as they stand in the metric attribute `ml.bin`."""
        if self.kind == "category":
            labels = [f"category {n + 1}" for n in range(len(self.labels))] if self.veiled else self.labels
            return (*label_names(labels), OTHER, *TAILS)
        if self.kind == "boolean":
            return ("false", "true", *TAILS)
        return (*range_names(self.edges, integral=self.kind == "integer"), *TAILS)

    @property
    def fillable(self) -> tuple[bool, ...]:
        """Of each bin, whether a row may fall into it: a label lies neither below nor above a range."""
        return tuple(self.numeric or name not in BEYOND for name in self.bins)

    @property
    def shares(self) -> dict[str, float]:
        """Share of the reference's rows in each bin."""
        total = max(1, sum(self.counts))
        return {name: count / total for name, count in zip(self.bins, self.counts, strict=True)}

    def merge(self, other: ColumnReference) -> ColumnReference:
        """The counts of both.

        Raises:
            ValueError: when the two do not count the same bins.

        """
        mine = (self.role, self.kind, self.edges, self.labels, len(self.fine))
        if mine != (other.role, other.kind, other.edges, other.labels, len(other.fine)):
            raise ValueError(
                f"column {self.name!r} has other bins in the two references, so their counts do not add up;"
                " build the second with from_data(..., like=first)"
            )
        moments = self.moments.merge(other.moments) if self.moments and other.moments else self.moments
        return ColumnReference(
            self.name, self.role, self.kind, self.n + other.n, self.edges, self.labels,
            _added(self.counts, other.counts), _added(self.fine, other.fine), moments,
        )  # fmt: skip


def _added(mine: tuple[int, ...], others: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(mine, others, strict=True))
