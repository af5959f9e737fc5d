"""A frozen table of columns; laying tables below each other, and reading a column as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import NoneType
from typing import Final, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
CameAs: TypeAlias = Literal["f", "i", "b"]
Column: TypeAlias = "NDArray[np.generic] | Sequence[object]"

SINGLE: Final = frozenset({str, int, float, bool, NoneType})
"""Types of which each value is a row's own."""
SNAPSHOT_BYTES: Final = 64 * 1024
"""What is small enough to be copied when a call begins, or ends, since the caller may reuse it."""
MAX_COLUMNS = 10_000
"""More names than this in one call is a mistake or an attack: telemetry must not grow with request data."""


class Columns:
    """A frozen table: ordered names, one sequence per name, all of the same length.

    Args:
        names: column names, or None where the data has no names of its own (an array); see `named`.
        rows: number of rows.
        matrix: float64 array of shape (rows, columns), where all columns are numeric and already lie together.
        arrays: one sequence per column, where they do not.
        came_as: what the numbers of the matrix were before: "f" floats, "i" whole numbers, "b" truth values.

    >>> table = Columns(["age", "city"], 2, arrays=[[31, 64], ["Oslo", "Rome"]])
    >>> table.names, table.rows, list(table["city"])
    (('age', 'city'), 2, ['Oslo', 'Rome'])

    """

    __slots__ = ("_arrays", "_index", "_names", "came_as", "matrix", "rows")

    def __init__(
        self,
        names: Sequence[str] | None,
        rows: int,
        *,
        matrix: Floats | None = None,
        arrays: Sequence[Column] | None = None,
        came_as: CameAs = "f",
    ) -> None:
        self._names = tuple(names) if names is not None else None
        self.rows = rows
        self.matrix = matrix
        self.came_as: CameAs = came_as
        self._arrays = arrays
        self._index: dict[str, int] | None = None
        if self.width > MAX_COLUMNS:
            raise ValueError(f"{self.width} columns in one call; at most {MAX_COLUMNS} are recorded")
        if self._names is not None and len(self._names) != self.width:
            raise ValueError(f"{self.width} columns but {len(self._names)} names: {list(self._names)[:8]}")

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.matrix.shape[1] if self.matrix is not None else len(self._arrays or ())

    @property
    def nbytes(self) -> int:
        """What it takes in memory, but for the texts in it."""
        return 16 * self.rows * self.width if self.matrix is None else self.matrix.nbytes

    @property
    def positional(self) -> bool:
        """True when the data came without names, so that `names` are only numbers."""
        return self._names is None

    @property
    def names(self) -> tuple[str, ...]:
        """Column names; "0", "1", … where the data had none."""
        return self._names if self._names is not None else tuple(map(str, range(self.width)))

    def named(self, names: Sequence[str]) -> Columns:
        """The same columns under these names.

        Raises:
            ValueError: when there are more or fewer names than columns.

        """
        return Columns(names, self.rows, matrix=self.matrix, arrays=self._arrays, came_as=self.came_as)

    def as_it_came(self, name: str) -> Column:
        """A column of a matrix of whole numbers or truth values as such: a label is no quantity, True is not 1.

        >>> Columns(None, 2, matrix=np.array([[0.0], [1.0]]), came_as="i").as_it_came("0")
        array([0, 1])

        """
        column = self[name]
        if self.matrix is None or self.came_as == "f":
            return column
        return cast("Floats", column).astype(np.int64 if self.came_as == "i" else np.bool_)

    def only(self, names: frozenset[str]) -> Columns:
        """The columns among `names`, in their present order."""
        keep = [name for name in self.names if name in names]
        if len(keep) == self.width:
            return self
        return Columns(keep, self.rows, arrays=[self[name] for name in keep])

    def copied(self) -> Columns:
        """The same values in memory of their own, where they were a view into more."""
        names = None if self.positional else self.names
        if self.matrix is not None:
            return Columns(names, self.rows, matrix=self.matrix.copy(), came_as=self.came_as)
        arrays = [
            column.copy() if isinstance(column, np.ndarray) else column for column in map(self.__getitem__, self.names)
        ]
        return Columns(names, self.rows, arrays=arrays)

    def __contains__(self, name: object) -> bool:
        return name in self._positions()

    def __getitem__(self, name: str) -> Column:
        position = self._positions()[name]
        if self.matrix is not None:
            return self.matrix[:, position]
        assert self._arrays is not None
        return self._arrays[position]

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"Columns({self.width} columns, {self.rows} rows)"

    def _positions(self) -> dict[str, int]:
        if self._index is None:
            self._index = {name: position for position, name in enumerate(self.names)}
        return self._index


def came_as(dtype: np.dtype[np.generic]) -> CameAs:
    """What numbers of a type are that become floats; whole ones that no int64 holds count as floats.

    >>> came_as(np.dtype(bool)), came_as(np.dtype("u1")), came_as(np.dtype("u8"))
    ('b', 'i', 'f')

    """
    if dtype.kind == "b":
        return "b"
    return "i" if np.can_cast(dtype, np.int64) else "f"


def stack(tables: Sequence[Columns]) -> Columns:
    """Lay tables with the same names below each other.

    >>> stack([Columns(["a"], 1, arrays=[[1.0]]), Columns(["a"], 1, arrays=[["x"]])])["a"]
    [1.0, 'x']

    """
    if len(tables) == 1:
        return tables[0]
    first, rows = tables[0], sum(table.rows for table in tables)
    names = None if first.positional else first.names
    matrices = [table.matrix for table in tables if table.matrix is not None]
    if len(matrices) == len(tables):
        kinds = {table.came_as for table in tables}
        return Columns(names, rows, matrix=np.concatenate(matrices), came_as=kinds.pop() if len(kinds) == 1 else "f")
    arrays: list[Column] = []
    for name in first.names:
        parts = [table[name] for table in tables]
        arrays.append(_join(parts))
    return Columns(names, rows, arrays=arrays)


def _join(parts: Sequence[Column]) -> Column:
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if len(arrays) == len(parts) and len({array.dtype.kind for array in arrays}) == 1:
        return np.concatenate(arrays)
    return [value for part in parts for value in (part.tolist() if isinstance(part, np.ndarray) else part)]


def as_floats(values: Column) -> tuple[Floats, int]:
    """Read a column as float64, shape (rows - unreadable,), and count what is no number.

    None and NaN become NaN (missing); integers too large for a float become ±inf; text, objects and dates are
    unreadable and left out of the array.

    >>> as_floats([1, None, "x", 10**400])
    (array([ 1., nan, inf]), 1)

    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.astype(np.float64, copy=False), 0
    floats = [_as_float(value) for value in values]
    readable = [value for value in floats if value is not None]
    return np.array(readable, dtype=np.float64), len(floats) - len(readable)


def _as_float(value: object) -> float | None:
    if type(value) is float:
        return value
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return math.nan
    if isinstance(value, str | bytes | complex | np.complexfloating | np.datetime64 | np.timedelta64 | np.ndarray):
        return None
    try:
        return float(cast("float", value))
    except OverflowError:
        if not isinstance(value, int):
            return None
        return math.inf if int.__gt__(value, 0) else -math.inf
    except Exception:  # noqa: BLE001  # a stranger's __float__ may raise anything, and its neighbours are to be read
        return None
