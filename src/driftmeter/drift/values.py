"""Reading a column's values in bulk: as numbers that stay in their rows, or as plain objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column, Floats, as_floats

_NUMBERS = frozenset({float, int, bool, np.float64, np.float32, np.int64, np.int32, np.bool_})
_NUMBERS_OR_NONE = _NUMBERS | {type(None)}


def as_numbers(values: Column) -> NDArray[np.generic] | None:
    """The column as an array of numbers or booleans, where it is one without a look at each value; else None.

    >>> as_numbers([1, 2.5]), as_numbers([1, None]), as_numbers(["1"])
    (array([1. , 2.5]), None, None)

    """
    if isinstance(values, np.ndarray):
        return values if values.dtype.kind in "fiub" else None
    # Only known types: numpy would make of one long text among the values an array of that width.
    if not _NUMBERS.issuperset(map(type, values)):
        return None
    array = np.asarray(values)
    return array if array.dtype.kind in "fiub" else None


def as_aligned_floats(values: Column) -> tuple[Floats, NDArray[np.bool_] | None]:
    """Every row as a float64, NaN where there is no number, and which rows hold something that is no number.

    None in place of the rows when there are none: None and NaN themselves are only missing.

    >>> as_aligned_floats([1, None, "x"])
    (array([ 1., nan, nan]), array([False, False,  True]))

    """
    fast = as_numbers(values)
    if fast is not None:
        return fast.astype(np.float64, copy=False), None
    objects = as_objects(values)
    if _NUMBERS_OR_NONE.issuperset(map(type, objects)):
        try:
            return np.array(objects, dtype=np.float64), None
        except OverflowError:  # an integer beyond 1e308, which as_floats takes for infinite
            pass
    floats, unreadable = as_floats(objects)
    if not unreadable:
        return floats, None
    aligned, unread = np.full(len(objects), np.nan), np.ones(len(objects), np.bool_)
    if unreadable < len(objects):
        for row, value in enumerate(objects):
            number, failed = as_floats([value])
            if not failed:
                aligned[row], unread[row] = number[0], False
    return aligned, unread


def as_objects(values: Column) -> Sequence[object]:
    """The column as a sequence of Python objects; arrays of numbers or text give plain numbers and text."""
    if not isinstance(values, np.ndarray):
        return values
    return cast("list[object]", values.tolist()) if values.dtype.kind in "fiubUO" else list(values)
