"""Vectors in a training file: lists as Parquet holds them, JSON lists in a CSV, or one column per entry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count, takewhile
from typing import NamedTuple

import numpy as np
import pyarrow as pa


class VectorColumn(NamedTuple):
    """Where a column of vectors stands in a file."""

    name: str
    parts: tuple[str, ...]
    """The columns of its entries; () where it is a column itself."""

    @property
    def read(self) -> tuple[str, ...]:
        """Names of the file's columns that it takes."""
        return self.parts or (self.name,)


def find_vector(name: str, known: Sequence[str]) -> VectorColumn:
    """A column of that name, or those called `name_0`, `name_1`, and so on.

    Raises:
        ValueError: neither is there.

    >>> find_vector("e", ["id", "e_0", "e_1"]).parts
    ('e_0', 'e_1')

    """
    if name in known:
        return VectorColumn(name, ())
    parts = tuple(takewhile(set(known).__contains__, (f"{name}_{place}" for place in count())))
    if not parts:
        raise ValueError(
            f"there is no column {name!r} of vectors, nor {name}_0, {name}_1, ...; there are {', '.join(known)}"
        )
    return VectorColumn(name, parts)


def as_vectors(rows: pa.RecordBatch, column: VectorColumn) -> pa.RecordBatch:
    """Put lists in place of the JSON, or of the columns of the entries.

    Raises:
        ValueError: what is neither a list of numbers, nor empty.

    """
    if column.parts:
        vectors = _side_by_side([rows.column(part) for part in column.parts], column)
        rest = [name for name in rows.schema.names if name not in set(column.parts)]
        return pa.RecordBatch.from_arrays([*map(rows.column, rest), vectors], [*rest, column.name])
    given = rows.column(column.name)
    if _holds_lists(given.type):
        return rows
    place = rows.schema.get_field_index(column.name)
    return rows.set_column(place, column.name, _read(given.to_pylist(), column.name))


def _holds_lists(kind: pa.DataType) -> bool:
    return any(holds(kind) for holds in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _side_by_side(entries: Sequence[pa.Array], column: VectorColumn) -> pa.Array:
    try:
        numbers = [entry.cast(pa.float64()).to_numpy(zero_copy_only=False) for entry in entries]
    except pa.ArrowInvalid as fault:
        raise ValueError(f"the columns {column.parts[0]} to {column.parts[-1]} are not all numbers: {fault}") from fault
    return pa.FixedSizeListArray.from_arrays(pa.array(np.column_stack(numbers).ravel()), len(entries))


def _read(cells: Sequence[object], name: str) -> pa.Array:
    return pa.array([None if cell is None else _vector(cell, name) for cell in cells], pa.list_(pa.float64()))


def _vector(cell: object, name: str) -> list[float]:
    try:
        vector = json.loads(cell) if isinstance(cell, str) else cell
        if not isinstance(vector, list):
            raise ValueError("no list")  # noqa: TRY004, TRY301  # told with the cell below
        return [float("nan") if entry is None else float(entry) for entry in vector]
    except (ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise ValueError(
            f"column {name!r} has {str(cell)[:60]!r} where a vector is expected; write a JSON list of numbers such as"
            " [0.5, -1.25]"
        ) from fault
