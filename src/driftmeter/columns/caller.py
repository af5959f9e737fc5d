"""What is asked of a model input on the caller's thread: size, weight, a safe copy.

Every microsecond here is the user's.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, cast

import numpy as np

from driftmeter.columns.rows import read_rows
from driftmeter.columns.table import SNAPSHOT_BYTES

NUMBERS: Final = frozenset(np.dtype(code) for code in "?bhilqBHILQefd")
"""Kinds of numbers, of which an array is known by its bytes."""

NO_VECTORS: Final[Mapping[str, int]] = MappingProxyType({})
_TEXTS: Final = (str, bytes)
_ROWS: Final = (dict, list)
_NUMBERS: Final = ("float", "int", "uint", "bfloat", "double", "half")


def rows_of(given: object, vectors: Mapping[str, int] = NO_VECTORS) -> int:
    """How many rows a model input has, without reading it: cheap enough for the caller's thread.

    Args:
        given: as for `read_inputs`.
        vectors: likewise.

    """
    if type(given) is np.ndarray:
        return given.shape[0] if given.ndim > 1 else 1
    if type(given) is dict:
        return 1 if vectors and is_one_row(given, vectors) else _rows_of_mapping(given)
    shape = getattr(given, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if len(shape) > 1 else 1
    if isinstance(given, Mapping):
        return 1 if vectors and is_one_row(given, vectors) else _rows_of_mapping(given)
    if isinstance(given, list | tuple):
        return len(given) if given and isinstance(given[0], Mapping | list | tuple | np.ndarray) else 1
    rows = getattr(given, "num_rows", None)
    return rows if isinstance(rows, int) else 1


def snapshot(given: object) -> object:
    """What the caller cannot change behind our back, as far as that is cheap.

    Small arrays and lists are copied, mappings shallowly, and rows of floats laid together; frames are immutable
    (Arrow, polars) or handed on as pandas' own lazy copy; large arrays are kept by reference, and so are large frames
    before pandas 3, which had no such copy.
    """
    # The very type first: asking a class for its subclasses costs as much as copying a row.
    if type(given) is np.ndarray or isinstance(given, np.ndarray):
        return given.copy() if given.nbytes <= SNAPSHOT_BYTES else given
    if given is None or type(given) is float:
        return given
    if isinstance(given, dict | list):
        rows = read_rows(given) if type(given) is list and given and type(given[0]) in _ROWS else None
        return given.copy() if rows is None else rows
    if type(given).__module__.partition(".")[0] == "pandas":
        deep = not _copies_lazily() and 8 * getattr(given, "size", 0) <= SNAPSHOT_BYTES
        return cast("Callable[..., object]", given.copy)(deep=deep)  # type: ignore[attr-defined]  # pandas is not imported
    return given


@cache
def _copies_lazily() -> bool:
    """Whether a shallow copy of pandas' is made a deep one when somebody writes, as since version 3."""
    return int(sys.modules["pandas"].__version__.partition(".")[0]) >= 3


def _rows_of_mapping(given: Mapping[object, object]) -> int:
    length: int | None = None
    for value in given.values():
        if (length := column_length(value)) is None:
            return 1
    return 1 if length is None else length


def column_length(value: object) -> int | None:
    """How many rows a value of a mapping holds; None for one that is a row's own, such as a number."""
    if type(value) is float or isinstance(value, str):
        return None
    if isinstance(value, list | tuple):
        return len(value)
    shape = getattr(value, "shape", None)
    return int(shape[0]) if isinstance(shape, tuple) and shape else None


def is_one_row(given: Mapping[object, object], vectors: Mapping[str, int]) -> bool:
    """Whether a column of which each row is a vector comes as one flat vector: then that is the row.

    One of another length is as well, unless there is another column of as many rows: then these are single numbers.

    >>> is_one_row({"e": [0.5, 2.0]}, {"e": 2}), is_one_row({"e": [[0.5, 2.0], [1.0, 3.0]]}, {"e": 2})
    (True, False)
    >>> is_one_row({"e": [0.5, 2.0, 1.0]}, {"e": 2}), is_one_row({"e": [0.5, 2.0, 1.0], "x": [7, 8, 9]}, {"e": 2})
    (True, False)

    """
    flat = {name for name in vectors if is_flat(given.get(name))}
    if not flat:
        return False
    if any(column_length(given[name]) == vectors[name] and not _begins_missing(given[name]) for name in flat):
        return True
    lengths = {column_length(value) for name, value in given.items() if name not in flat}
    return any(column_length(given[name]) not in lengths for name in flat)


def is_flat(value: object) -> bool:
    """Whether a value is a vector of numbers, and no column of vectors."""
    if not column_length(value):
        return False
    if isinstance(value, list | tuple):
        return isinstance(value[0], float | int | np.number)
    if len(getattr(value, "shape", ())) != 1:
        return False
    kind = str(getattr(value, "dtype", "")).rpartition(".")[2]  # "float64", "torch.float32", polars' "Float64"
    return kind.lower().startswith(_NUMBERS)


def _begins_missing(value: object) -> bool:
    """Whether a vector may as well be a column of which no row has one."""
    return isinstance(value, list | tuple | np.ndarray) and bool(value[0] != value[0])  # NaN


def weight_of(given: object) -> int:
    """Roughly how many bytes `given` keeps alive, for the buffer's limit: one level deep, and of lists the first."""
    if given is None or type(given) is float:
        return 0
    if type(given) is np.ndarray or isinstance(given, np.ndarray):
        return given.nbytes
    if isinstance(given, str | bytes):
        return len(given)
    if isinstance(given, dict):
        weight = 64 * len(given)
        for value in given.values():
            if type(value) is not float:
                weight += _leaf(value)
        return weight
    if isinstance(given, list | tuple):
        return 32 * len(given) + sum(_leaf(value) for value in given)
    shape = getattr(given, "shape", None)
    if isinstance(shape, tuple):
        return max(0, int(16 * math.prod(shape)))
    nbytes = getattr(given, "nbytes", None)
    return max(0, int(nbytes)) if isinstance(nbytes, int) else 64


def _leaf(value: object) -> int:
    if type(value) is float or type(value) is int:
        return 0
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        return 64 * len(value) + sum([len(x) for x in value.values() if type(x) is not float and isinstance(x, _TEXTS)])
    if isinstance(value, list | tuple):
        return len(value) * (64 + (len(value[0]) if value and isinstance(value[0], str | bytes) else 0))
    return 0
