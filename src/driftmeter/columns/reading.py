"""Reading whatever a model takes or returns as `Columns`.

None of pandas, polars, Arrow or torch is imported: a value is recognised by what it offers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns.caller import NO_VECTORS, column_length, is_flat, is_one_row
from driftmeter.columns.foreign import foreign_array
from driftmeter.columns.frames import in_one_piece
from driftmeter.columns.table import Column, Columns, came_as


def read_inputs(given: object, names: Sequence[str] | None = None, vectors: Mapping[str, int] = NO_VECTORS) -> Columns:
    """Read a model's input; a flat list or one-dimensional array is one row of features.

    Args:
        given: mapping (name to value or values), list of rows, array of shape (rows, columns), data frame, Arrow table.
        names: names for data that has none of its own.
        vectors: columns of which each row is a vector, and of what length: where a mapping holds one such vector, flat,
            it is one row.

    Raises:
        TypeError: when `given` is nothing that has columns.
        ValueError: when rows or columns do not fit together.

    >>> read_inputs([{"age": 31, "city": "Oslo"}, {"age": 64}])["city"]
    ['Oslo', None]

    """
    return _read(given, names, vectors, flat_is_row=True)


def read_outputs(given: object, names: Sequence[str] | None = None, vectors: Mapping[str, int] = NO_VECTORS) -> Columns:
    """Read a model's output; a flat list or one-dimensional array is one value per row, a scalar is one row.

    Args:
        given: as for `read_inputs`.
        names: likewise.
        vectors: likewise.

    Raises:
        TypeError: when `given` is nothing that has columns.
        ValueError: when rows or columns do not fit together.

    >>> read_outputs([0.2, 0.9]).rows
    2

    """
    return _read(given, names, vectors, flat_is_row=False)


def _read(given: object, names: Sequence[str] | None, vectors: Mapping[str, int], *, flat_is_row: bool) -> Columns:
    if isinstance(given, Columns):
        return given
    if isinstance(given, np.ndarray):
        return _from_array(given, names, flat_is_row=flat_is_row)
    if isinstance(given, Mapping):
        return _one_row(given, vectors) if vectors and is_one_row(given, vectors) else _from_mapping(given)
    if isinstance(given, list | tuple):
        return _from_list(given, names, flat_is_row=flat_is_row)
    if isinstance(given, str | bytes | int | float | bool | np.generic) or given is None:
        return Columns(names, 1, arrays=[[given]])
    return _from_foreign(given, names, flat_is_row=flat_is_row)


def _from_foreign(given: object, names: Sequence[str] | None, *, flat_is_row: bool) -> Columns:
    column_names = getattr(given, "column_names", None)
    if column_names is not None and hasattr(given, "num_rows"):  # Arrow table or record batch
        arrow = [foreign_array(given.column(i)) for i in range(len(column_names))]  # type: ignore[attr-defined]
        return Columns([str(name) for name in column_names], given.num_rows, arrays=arrow)
    frame_names = getattr(given, "columns", None)
    if frame_names is not None and hasattr(given, "__getitem__"):  # pandas or polars frame
        return _from_frame(given, [str(label) for label in frame_names])
    if hasattr(given, "detach"):  # torch tensor
        given = given.detach().cpu()
    to_numpy = getattr(given, "to_numpy", None) or getattr(given, "numpy", None)
    if to_numpy is not None:  # series, tensor, Arrow array
        array = np.asarray(to_numpy())
        if isinstance(label := getattr(given, "name", None), str):  # a named series is one column, also as an input
            return _from_array(array, [label], flat_is_row=False)
        return _from_array(array, names, flat_is_row=flat_is_row)
    if hasattr(given, "__array__"):
        return _from_array(np.asarray(given), names, flat_is_row=flat_is_row)
    raise TypeError(f"{type(given).__module__}.{type(given).__qualname__} has no columns that driftmeter can read")


def _from_frame(frame: Any, names: list[str]) -> Columns:
    """A pandas or polars frame: a small one in one piece, since making a series of each column takes 15 µs apiece."""
    rows = len(frame)
    if (whole := in_one_piece(frame, rows, len(names))) is not None:
        return _from_array(whole, names, flat_is_row=False)
    if hasattr(type(frame), "get_columns"):  # polars
        return Columns(names, rows, arrays=[foreign_array(series) for series in frame.get_columns()])
    # Not by name, which two columns of a pandas frame may share.
    return Columns(names, rows, arrays=[foreign_array(series) for _, series in frame.items()])


def _from_array(array: NDArray[np.generic], names: Sequence[str] | None, *, flat_is_row: bool) -> Columns:
    array = _unmasked(array)
    if array.dtype.names is not None:
        fields = cast("Mapping[str, NDArray[np.generic]]", array.ravel())  # numpy's types do not know fields
        return Columns(array.dtype.names, array.size, arrays=[_sequence(fields[name]) for name in array.dtype.names])
    if array.ndim == 0:
        array = array.reshape(1, 1)
    elif array.ndim == 1:
        array = array.reshape(1, -1) if flat_is_row else array.reshape(-1, 1)
    elif array.ndim > 2:
        raise TypeError(
            f"an array of shape {array.shape} has no columns; driftmeter records one- and two-dimensional arrays"
        )
    if array.dtype.kind in "fiub":
        matrix = array.astype(np.float64, copy=False)
        return Columns(names, array.shape[0], matrix=matrix, came_as=came_as(array.dtype))
    return Columns(names, array.shape[0], arrays=[array[:, i] for i in range(array.shape[1])])


def _from_mapping(given: Mapping[object, object]) -> Columns:
    names, values = [str(name) for name in given], list(given.values())
    arrays = [_sequence(value) for value in values]
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        if None not in map(column_length, values):
            raise ValueError(f"columns of different lengths: {sorted(lengths)[:4]}")
        # One row, of which some values are sequences: an embedding, a history.
        return Columns(names, 1, arrays=[[value] for value in values])
    return Columns(names, lengths.pop() if lengths else 0, arrays=arrays)


def _one_row(given: Mapping[object, object], vectors: Mapping[str, int]) -> Columns:
    """A mapping that is one row, with a flat vector in it; other columns may be lists of one value, or the value."""
    arrays: list[Column] = []
    for name, value in given.items():
        if str(name) in vectors and is_flat(value):
            arrays.append([value if isinstance(value, list | tuple) else np.asarray(value)])
        else:
            arrays.append(_sequence(value) if column_length(value) == 1 else [value])
    return Columns([str(name) for name in given], 1, arrays=arrays)


def _unmasked(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """A plain array, in which what was masked is missing."""
    if type(array) is np.ndarray or not isinstance(array, np.ma.MaskedArray) or array.dtype.names is not None:
        return array
    number = array.dtype.kind in "fiu"
    whole: NDArray[Any] = np.array(array.data, np.float64 if number else object)
    whole[np.ma.getmaskarray(array)] = np.nan if number else None
    return whole


def _sequence(value: object) -> Column:
    if isinstance(value, np.ndarray):
        value = _unmasked(value)
        return value if value.ndim == 1 else value.reshape(1) if value.ndim == 0 else list(value)
    if isinstance(value, list | tuple):
        return value
    if hasattr(value, "to_numpy") and hasattr(value, "__len__"):  # a single time of pandas' has the one, too
        return foreign_array(value)
    return np.array([value]) if type(value) is float else [value]


def _from_list(given: Sequence[object], names: Sequence[str] | None, *, flat_is_row: bool) -> Columns:
    if not given:
        return Columns(names, 0, arrays=[[] for _ in names or ()])
    first = given[0]
    if isinstance(first, Mapping):
        rows = [row if isinstance(row, Mapping) else {} for row in given]
        keys = list(dict.fromkeys(chain.from_iterable(rows)))
        return Columns([str(key) for key in keys], len(rows), arrays=[[row.get(key) for row in rows] for key in keys])
    if isinstance(first, list | tuple | np.ndarray):
        records = cast("Sequence[Sequence[object]]", given)
        if len({len(row) for row in records}) > 1:
            raise ValueError("rows of different lengths")
        return Columns(names, len(records), arrays=[list(column) for column in zip(*records, strict=True)])
    if flat_is_row:
        return Columns(names, 1, arrays=[[value] for value in given])
    return Columns(names, len(given), arrays=[list(given)])
