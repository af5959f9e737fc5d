"""A small frame of pandas or polars read at once: to make a series of each column would take longer.

Neither is imported: a frame is recognised by what it offers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns.table import SINGLE, SNAPSHOT_BYTES, Columns, came_as

SMALL_FRAME_ROWS: Final = 64
"""Of a longer one only floats are taken together: to gather objects takes long."""
WHOLE_UP_TO: Final = 2.0**53
"""Larger whole numbers are not all floats."""


def laid_open(given: object) -> object:
    """What a small frame holds: its plain values by name where it has one row, else its columns. All else as it is."""
    if type(given).__name__ != "DataFrame" or type(given).__module__.partition(".")[0] not in {"pandas", "polars"}:
        return given
    frame: Any = given
    rows, width = frame.shape
    if not rows or not width or 8 * rows * width > SNAPSHOT_BYTES:
        return given
    labels = frame.columns
    names = [*map(str, labels if type(labels) is list else labels.tolist())]  # a list, at a third of a loop's time
    whole = in_one_piece(frame, rows, width)
    if whole is not None and whole.dtype.kind in "fiu":
        return Columns(names, rows, matrix=np.array(whole, np.float64, order="C"), came_as=came_as(whole.dtype))
    objects = whole if whole is not None and whole.dtype.kind == "O" else None
    if rows == 1 and len({*names}) == width:
        values = frame.row(0) if _is_polars(frame) else () if objects is None else objects[0].tolist()
        if values and {*map(type, values)} <= SINGLE:
            return dict(zip(names, values, strict=True))
    return given if objects is None else Columns(names, rows, arrays=[*objects.copy().T])


def in_one_piece(frame: Any, rows: int, width: int) -> NDArray[np.generic] | None:
    """A small frame as one array; None where values would not stay what they are in a column by itself."""
    if rows > SMALL_FRAME_ROWS and (8 * rows * width > SNAPSHOT_BYTES or not _is_of_floats(frame)):
        return None
    if _is_polars(frame):  # it makes numbers of dates and truth values that stand beside numbers, or refuses
        kinds = {*frame.dtypes}
        if not (all(kind.is_float() for kind in kinds) or all(kind.is_integer() for kind in kinds)):
            return None
    whole = np.asarray(frame.to_numpy())
    if not _has_changed(whole, frame):
        return whole
    return None if _is_polars(frame) else np.asarray(frame.to_numpy(dtype=object))


def _has_changed(whole: NDArray[np.generic], frame: Any) -> bool:
    """Whether labels would be others: truth values as numbers, whole ones as floats or without their last digits."""
    if whole.dtype.kind == "f":  # to ask a frame for its types takes longer than to look whether there can be others
        return bool((whole == np.floor(whole)).all(axis=0).any()) and not _is_of_floats(frame)
    return whole.dtype.kind == "b" or (whole.dtype.kind in "iu" and bool((np.abs(whole) >= WHOLE_UP_TO).any()))


def _is_polars(frame: Any) -> bool:
    return hasattr(type(frame), "get_columns")  # of the class, since pandas gives a column of that name


def _is_of_floats(frame: Any) -> bool:
    return all(
        kind.is_float() if hasattr(kind, "is_float") else isinstance(kind, np.dtype) and kind.kind == "f"
        for kind in {*frame.dtypes}
    )
