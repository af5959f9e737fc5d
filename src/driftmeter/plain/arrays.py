"""Arrays as lists: NumPy's own, and what shares their memory; and which lists, too, need no look at each item."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from itertools import repeat
from operator import is_
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.plain.builtin import library_of, name_of

Array: TypeAlias = "NDArray[np.generic]"
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def array_of(kind: type, given: object) -> Array | None:
    """An array whose methods are NumPy's own; None for what is none.

    Tensors of torch that lie in main memory and series of pandas are read where they are; a subclass is seen as its
    base, but for masked arrays, whose mask hides values: of these only NumPy's own is read.
    """
    if kind is np.ndarray:
        return cast("Array", given)
    if issubclass(kind, np.ndarray):
        masked: Any = getattr(sys.modules.get("numpy.ma"), "MaskedArray", None)
        if masked is not None and issubclass(kind, masked):
            return cast("Array", given) if kind is masked else None
        return np.ndarray.view(cast("Array", given), np.ndarray)
    top = library_of(kind)
    if top not in {"pandas", "torch"} or kind is not getattr(sys.modules.get(top), name_of(kind), None):
        return None
    value: Any = given
    if name_of(kind) == "Series":
        return np.asarray(value.to_numpy())
    if name_of(kind) == "Tensor" and value.ndim and value.device.type == "cpu":
        return np.asarray(value.detach().numpy())
    return None


def as_it_is(array: Array) -> bool:
    """Whether `tolist` of a flat array gives plain values that need no further look."""
    kind, width = array.dtype.kind, array.dtype.itemsize
    if type(array) is not np.ndarray or array.ndim != 1:
        return False
    if kind == "f" and width <= 8:
        return bool(np.isfinite(array).all())
    if kind == "u" and width == 8:
        return bool((array <= np.uint64(INT64_MAX)).all())
    return kind in "biu"


def as_they_are(items: Sequence[object]) -> bool:
    """Whether the items of a list are plain values that need no further look: numbers of one of Python's own types.

    >>> as_they_are([0.5, 1.5]), as_they_are([0.5, float("nan")]), as_they_are([0.5, 1])
    (True, False, False)

    """
    kind = type(items[0]) if items else None
    # By identity: to compare or hash a foreign type runs its metaclass's code.
    if not (kind is float or kind is int or kind is bool) or not all(map(is_, map(type, items), repeat(kind))):
        return False
    if kind is float:
        return all(map(math.isfinite, cast("Sequence[float]", items)))
    if kind is int:
        numbers = cast("Sequence[int]", items)
        return min(numbers) >= INT64_MIN and max(numbers) <= INT64_MAX
    return True
