"""A small frame of pandas or polars read at once: to copy it, or make a series of each column, would take longer.

Neither is imported: a frame is recognised by what it offers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns.table import SINGLE, Columns, came_as

SMALL_FRAME_ROWS: Final = 64
"""Of a longer one only floats are taken together: to gather objects takes long, and its whole numbers stay so."""
SMALL_FRAME_BYTES: Final = 64 * 1024
WHOLE_UP_TO: Final = 2.0**53
"""Larger whole numbers are not all floats."""


def read_small(frame: Any) -> Columns | dict[str, object] | None:
    """The plain values of a single row by name, or all that a frame holds; None for one that is better read later.

    Args:
        frame: of pandas or polars; later changes to it do not reach what is given back.

    """
    rows, width = frame.shape
    if not rows or not width or 8 * rows * width > SMALL_FRAME_BYTES:
        return None
    labels = frame.columns
    names = [*map(str, labels if type(labels) is list else labels.tolist())]  # a list, at a third of a loop's time
    whole = in_one_piece(frame, rows, width)
    if whole is not None and whole.dtype.kind in "fiu":
        return Columns(names, rows, matrix=np.array(whole, np.float64, order="C"), came_as=came_as(whole.dtype))
    objects = whole if whole is not None and whole.dtype.kind == "O" else None
    if rows == 1 and len({*names}) == width:
        is_polars = hasattr(type(frame), "row")  # of the class, since pandas gives a column of that name
        values = frame.row(0) if is_polars else () if objects is None else objects[0].tolist()
        if values and {*map(type, values)} <= SINGLE:
            return dict(zip(names, values, strict=True))
    return None if objects is None else Columns(names, rows, arrays=[*objects.copy().T])


def in_one_piece(frame: Any, rows: int, width: int) -> NDArray[np.generic] | None:
    """A small frame as one array; None where values would not stay what they are in a column by itself."""
    if rows > SMALL_FRAME_ROWS and (8 * rows * width > SMALL_FRAME_BYTES or not _is_of_floats(frame)):
        return None
    is_polars = hasattr(type(frame), "get_columns")
    if is_polars and not all(kind.is_integer() or kind.is_float() for kind in {*frame.dtypes}):
        return None  # it makes numbers of dates and truth values that stand beside numbers, or refuses
    whole = np.asarray(frame.to_numpy())
    if whole.dtype.kind == "b":
        return None  # truth values that are labels would become 0 and 1
    if whole.dtype.kind in "fiu" and whole.dtype.itemsize >= 8 and (np.abs(whole) >= WHOLE_UP_TO).any():
        return None  # numbers that are labels would lose their last digits
    return whole


def _is_of_floats(frame: Any) -> bool:
    kinds = {*frame.dtypes}
    return all(
        kind.is_float() if hasattr(kind, "is_float") else isinstance(kind, np.dtype) and kind.kind == "f"
        for kind in kinds
    )
