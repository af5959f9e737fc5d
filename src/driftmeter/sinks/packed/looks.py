"""What a value looks like from outside: enough to know how to pack it, cheap enough to ask on the caller's thread.

Two values that look alike are packed by the same recipe. What has no look here is read and recorded the long way.
"""

from __future__ import annotations

from types import NoneType
from typing import Final, TypeAlias

import numpy as np

from driftmeter.columns import Columns

Look: TypeAlias = object
"""Anything that can be hashed."""

CODES: Final[dict[type, str]] = {
    float: "d",
    int: "q",
    bool: "?",
    str: "s",
    NoneType: "n",
    **dict.fromkeys((np.float64, np.float32, np.float16), "d"),
    **dict.fromkeys((np.int64, np.int32, np.int16, np.int8, np.uint64, np.uint32, np.uint16, np.uint8), "q"),
    np.bool_: "?",
}
"""How single values of a type are packed; a subclass may be anything, so only the very types."""

LOOKLESS: Final = object()
MAX_LIST: Final = 64


def look_of_array(dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> Look:
    """The look of an array among a model's inputs: however many rows it has, but a flat one is one row.

    >>> look_of_array(np.dtype(float), (1, 20)) == look_of_array(np.dtype(float), (7, 20))
    True

    """
    return (dtype, shape[-1], len(shape)) if 0 < len(shape) <= 2 else LOOKLESS


def look_of_inputs(given: object) -> Look:
    """The look of a model's inputs: a flat list or array is one row.

    >>> look_of_inputs({"age": 31, "city": "Oslo"}) == look_of_inputs({"age": 64, "city": "Rome"})
    True

    """
    return look_of_array(given.dtype, given.shape) if type(given) is np.ndarray else look_of(given)


def look_of(given: object) -> Look:
    """The look of a model's outputs: a flat list or array is one value per row.

    >>> look_of(1.5) == look_of(2.5), look_of(1.5) == look_of(2)
    (True, False)

    """
    kind = type(given)
    if kind in CODES:
        return kind
    if kind is dict:
        return (*given, *map(type, given.values()))  # type: ignore[misc, attr-defined]  # a mapping
    if kind is np.ndarray:
        shape = given.shape  # type: ignore[attr-defined]  # an array
        return (given.dtype, *(shape[1:] or (1,))) if 0 < len(shape) <= 2 else LOOKLESS  # type: ignore[attr-defined]
    if kind is Columns:
        return (given.came_as, given.names) if given.matrix is not None else LOOKLESS  # type: ignore[attr-defined]  # columns
    if kind is list and len(given) <= MAX_LIST:  # type: ignore[arg-type]  # a list
        return (list, *map(type, given))  # type: ignore[call-overload]
    return LOOKLESS
