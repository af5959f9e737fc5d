"""Arrays as lists: NumPy's own, and what shares their memory."""

from __future__ import annotations

import sys
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.plain.builtin import library_of, name_of

Array: TypeAlias = "NDArray[np.generic]"
INT64_MAX = 2**63 - 1


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
