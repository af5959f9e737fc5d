"""One column of a pandas, polars or Arrow table as an array.

None of those is imported: a column is recognised by what it offers. Where text lies outside Python, each label is made
an object once, not once per row; those who count labels know such columns by it.
"""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns.table import Column

LABELLED_ROWS: Final = 256
"""Shorter columns are read row by row: asking what their labels are would cost more."""

_TEXT: Final = ("string,", "large_string,")


def foreign_array(series: object) -> Column:
    """The column's values; text that is missing is None or NaN. Arrow copies where it holds nulls.

    >>> class Series:
    ...     def to_numpy(self):
    ...         return np.array([1.5, 2.5])
    >>> foreign_array(Series())
    array([1.5, 2.5])
    """
    if hasattr(series, "__len__") and len(series) >= LABELLED_ROWS:
        labelled = _labelled(series)
        if labelled is not None:
            return labelled
    column: Any = series
    if hasattr(type(series), "dictionary_encode"):  # Arrow; of the class, since pandas looks for a row of that name
        return cast("Column", _decoded(column).to_numpy(zero_copy_only=False))
    return cast("Column", column.to_numpy())


def _decoded(column: Any) -> Any:
    """The values of an Arrow dictionary, of which `to_numpy` takes nulls for its last one; all else as it is."""
    return column.cast(column.type.value_type) if hasattr(column.type, "index_type") else column


def _labelled(series: Any) -> Column | None:
    """The column, if it is text that lies outside Python."""
    if hasattr(type(series), "dictionary_encode"):
        return _of_arrow(series)
    dtype = getattr(series, "dtype", None)
    if getattr(dtype, "storage", "") == "pyarrow":  # pandas' text
        return _of_arrow(series.array.__arrow_array__())
    if hasattr(series, "cat") and hasattr(series.cat, "codes"):  # pandas' categories
        return _shared(series.cat.categories.tolist(), series.cat.codes.to_numpy())
    if type(series).__module__.startswith("polars") and str(dtype).startswith(("String", "Categorical", "Enum")):
        try:
            return _of_arrow(series.to_arrow())
        except ImportError:  # polars needs pyarrow for it
            return None
    return None


def _of_arrow(column: Any) -> Column | None:
    if not f"{column.type},".removeprefix("dictionary<values=").startswith(_TEXT):
        return None
    parts: list[NDArray[np.object_]] = []
    for chunk in getattr(column, "chunks", [column]):
        encoded = chunk if hasattr(chunk, "indices") else chunk.dictionary_encode()
        codes = encoded.indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)
        part = _shared(encoded.dictionary.to_pylist(), codes)
        if part is None:
            return None
        parts.append(part)
    return np.concatenate(parts)


def _shared(labels: list[object], codes: NDArray[np.integer]) -> NDArray[np.object_] | None:
    """Labels by their codes, -1 being missing; None where they are not text."""
    if not all(type(label) is str or label is None for label in labels):
        return None
    objects = np.empty(len(labels) + 1, object)
    objects[:-1] = labels
    column: NDArray[np.object_] = objects[codes]
    return column
