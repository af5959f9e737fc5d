"""Rows as JSON has them, mappings or lists, laid together where they are given: a copy in fewer objects."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from operator import is_
from typing import Any

import numpy as np

from driftmeter.columns.table import SINGLE, SNAPSHOT_BYTES, Columns, Floats


def read_rows(given: list[Any]) -> Columns | Floats | dict[object, object] | None:
    """A table of mappings of the same names to floats, a matrix of lists of so many; None for any other rows.

    A single mapping of plain values is given back by itself, as it is a row as well.

    >>> read_rows([{"a": 1.0, "b": 2.0}, {"b": 4.0, "a": 3.0}])
    Columns(2 columns, 2 rows)
    >>> read_rows([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [3., 4.]])

    """
    first = given[0]
    width = len(first)
    if not width or 8 * width * len(given) > SNAPSHOT_BYTES:
        return None
    if type(first) is dict:
        if len(given) == 1 and all(type(key) is str for key in first) and {*map(type, first.values())} <= SINGLE:
            return first.copy()
        if not _are_floats(first.values()) or not all(
            type(row) is dict and row.keys() == first.keys() for row in given
        ):
            return None
        names = list(map(str, first))
        matrix = _matrix([row[key] for row in given for key in first], width)
        return None if matrix is None else Columns(names, len(given), matrix=matrix)
    if not all(type(row) is list and len(row) == width for row in given):
        return None
    return _matrix([*chain.from_iterable(given)], width)


def _matrix(values: list[object], width: int) -> Floats | None:
    return np.array(values, np.float64).reshape(-1, width) if _are_floats(values) else None


def _are_floats(values: Iterable[object]) -> bool:
    return all(map(is_, map(type, values), repeat(float)))
