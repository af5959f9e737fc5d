"""Which labels a column has, counted while nobody knows yet whether it is one of categories at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column
from driftmeter.drift.values import as_objects
from driftmeter.stats.categories import label_text

MAX_SCANNED_LABELS: Final = 10_000
MAX_LABEL_LENGTH: Final = 200
"""A longer text is free text, not a category."""

_KIND_OF: Final = {float: "f", int: "i", bool: "b"}


class LabelScan:
    """Counts labels chunk by chunk, the same ones however the column is cut.

    The first 10,000 texts are kept. Numbers are, as long as there are no more than that: beyond, none of them is
    common, so that a column of measurements costs nothing once that is known.

    Args:
        category: whether numbers are labels like all others.

    >>> scan = LabelScan()
    >>> scan.add([1, "Oslo", None])
    >>> scan.add(np.array([1.0, 2.0]))
    >>> scan.ranked(2)
    ('1', '2')

    """

    def __init__(self, *, category: bool = False) -> None:
        self._category = category
        self._texts: Counter[str] = Counter()
        self._numbers: Counter[str] | None = Counter()

    def add(self, values: Column) -> None:
        """Take in a chunk."""
        array = None if self._category else _array(values)
        if array is None:
            for value, times in _distinct(as_objects(values)):
                self._add(value, times)
        elif self._numbers is not None:
            self._add_array(array)

    def ranked(self, most: int) -> tuple[str, ...]:
        """The most frequent labels, in the order of the alphabet where they are equally frequent."""
        labels = self._texts + (self._numbers or Counter())
        return tuple(label for label, _ in sorted(labels.items(), key=lambda item: (-item[1], item[0]))[:most])

    def _add_array(self, array: NDArray[np.generic]) -> None:
        for part in (array[: 2 * MAX_SCANNED_LABELS], array):  # measurements are known by their first ones
            distinct, times = np.unique(part, return_counts=True)
            if distinct.size > MAX_SCANNED_LABELS + 1:  # one may be NaN
                self._numbers = None
                return
        for value, n in zip(distinct.tolist(), times.tolist(), strict=True):
            self._add(value, n)

    def _add(self, value: object, times: int) -> None:
        label = label_of(value)
        if label is None or len(label) > MAX_LABEL_LENGTH:
            return
        if self._category or not isinstance(value, int | float | np.number | np.bool_):
            if label in self._texts or len(self._texts) < MAX_SCANNED_LABELS:
                self._texts[label] += times
        elif self._numbers is not None:
            self._numbers[label] += times
            if len(self._numbers) > MAX_SCANNED_LABELS:
                self._numbers = None


def label_of(value: object) -> str | None:
    """The label a value counts under, None where it is missing or no category at all (a list, a mapping)."""
    try:
        if value is None or value != value or type(value).__name__ in {"NAType", "NaTType"}:  # noqa: PLR0124  # NaN
            return None
        hash(value)
        return label_text(value)
    except Exception:  # noqa: BLE001  # a value's own __eq__, __hash__ or __str__ may do anything
        return None


def _distinct(values: Sequence[object]) -> Iterable[tuple[object, int]]:
    """Values with how often each came, in the order of their coming; True, 1 and 1.0 are told apart."""
    try:
        return [(value, n) for (_, value), n in Counter(zip(map(type, values), values, strict=True)).items()]
    except Exception:  # noqa: BLE001  # a value's own __eq__ or __hash__ may do anything, and a list has none
        return [(value, 1) for value in values]


def _array(values: Column) -> NDArray[np.generic] | None:
    """The values as an array that gives each of them back as it is; None where there is none."""
    if isinstance(values, np.ndarray):
        return values if values.dtype.kind in "fiub" else None
    types = set(map(type, values))
    kind = _KIND_OF.get(types.pop()) if len(types) == 1 else None  # True, 1 and 1.0 would become one
    array = np.asarray(values) if kind is not None else None
    return array if array is not None and array.dtype.kind == kind else None
