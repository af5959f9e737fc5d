"""The frozen rule that turns the labels of one categorical column into counts."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.stats.arrays import Ints
from driftmeter.stats.factors import factorise, tally
from driftmeter.stats.grid import SPECIALS

_MISSING: Final = SPECIALS.index("missing")
_UNSEEN: Final = SPECIALS.index("unseen")
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_MOST_PLACES: Final = 400
"""Of a decimal before or behind its point: more than any float has."""
_SECONDS: Final = {"m": 60, "h": 3_600, "D": 86_400, "W": 604_800}


class Categories:
    """Labels a categorical column is counted by.

    Counts come as an int64 vector of length K + 5, its tail as that of `Grid`:
    `[label_0 ... label_{K-1}, other, below, above, missing, unseen]`, below and above always 0.

    - None and NaN (also pandas' NaT and NA) are missing.
    - Labels are compared as text: `label_text` says how a bool or a number is written.
    - A label not listed is `other` where the reference itself had further labels, otherwise `unseen`: a new
      category.
    - What cannot be hashed (a list, a mapping) or written as text is unseen.

    Args:
        labels: the K labels, unlike each other, most frequent first by custom.
        others: whether the reference saw labels beyond these (it kept the K most frequent).

    Raises:
        ValueError: a label given twice.

    >>> colours = Categories(["red", "blue"])
    >>> colours.count(["red", "red", "green", None, ["blue"]]).tolist()
    [2, 0, 0, 0, 0, 1, 2]
    >>> Categories(["1"], others=True).count([1, 1.0, "1", 2]).tolist()
    [3, 1, 0, 0, 0, 0]
    """

    __slots__ = ("_places", "_unlisted", "labels", "others")

    def __init__(self, labels: Sequence[str], *, others: bool = False) -> None:
        self.labels = tuple(labels)
        self.others = others
        self._places = {label: place for place, label in enumerate(self.labels)}
        if len(self._places) < len(self.labels):
            twice = next(label for label, n in Counter(self.labels).items() if n > 1)
            raise ValueError(f"label {twice!r} is given twice; labels differ from each other")
        self._unlisted = self.bins - 1 if others else self.bins + _UNSEEN

    @property
    def bins(self) -> int:
        """K + 1: the labels and `other`."""
        return len(self.labels) + 1

    def place(self, value: object) -> int:
        """Place of a value in the layout of `count`; never raises."""
        try:
            if value is None or value != value:  # noqa: PLR0124  # NaN of any type
                return self.bins + _MISSING
            hash(value)
            return self._places.get(label_text(value), self._unlisted)
        except Exception:  # noqa: BLE001  # a value's own __eq__, __hash__ or __str__ may raise anything
            return self.bins + (_MISSING if type(value).__name__ == "NAType" else _UNSEEN)

    def count(self, values: Iterable[object]) -> Ints:
        """Counts of the values, also of an array, layout as in the class; never raises for what a value is."""
        rows, distinct = tally(values)
        counts = np.zeros(self.bins + len(SPECIALS), np.int64)
        np.add.at(counts, self._places_of(distinct), rows)
        return counts

    def places(self, values: Iterable[object]) -> NDArray[np.intp]:
        """Place of each value in the layout of `count`.

        >>> Categories(["red", "blue"]).places(["blue", "green", None]).tolist()
        [1, 6, 5]
        """
        codes, distinct = factorise(values)
        return self._places_of(distinct)[codes]

    def _places_of(self, values: Sequence[object]) -> NDArray[np.intp]:
        return np.fromiter(map(self.place, values), np.intp, len(values))


def label_text(value: object) -> str:
    """How a label is written: whole numbers without a point, bools as True and False, all else by str().

    Text is what it holds, also where a class of its own shows it otherwise: equal labels are one, however rows are cut.
    Date-times are written as ISO 8601 has them, in UTC where they have an offset, and durations in seconds, whether
    NumPy's, pandas' or Python's own; decimals without zeros at their end.

    >>> [label_text(label) for label in ("a", 1, 1.0, 1.5, True, np.float32(2), Decimal("1.50"))]
    ['a', '1', '1', '1.5', 'True', '2', '1.5']
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float | np.floating):
        number = float(value)  # a column gives its half and single floats so, and a value by itself is no other label
        return str(int(number) if number.is_integer() else number)
    if isinstance(value, dt.datetime):
        return _in_utc(value).isoformat()
    if isinstance(value, dt.timedelta):
        return f"{label_text(value.total_seconds())}s"
    if isinstance(value, np.datetime64 | np.timedelta64):
        return _numpy_time(value)
    if isinstance(value, Decimal) and value.is_finite():
        return _decimal(value)
    return str(value)


def _in_utc(value: dt.datetime) -> dt.datetime:
    """Without an offset, as Arrow and polars hand out times of any zone: one moment is one label."""
    try:
        return value if value.utcoffset() is None else value.astimezone(dt.UTC).replace(tzinfo=None)
    except OverflowError:  # the last day of the year 9999 stands for never
        return value


def _decimal(value: Decimal) -> str:
    """As the number is written in full, unless it is too large or too small for that."""
    if not value:
        return "0"
    shortest = value.normalize(Context(prec=len(value.as_tuple().digits)))
    return f"{shortest:f}" if abs(shortest.adjusted()) <= _MOST_PLACES else str(shortest)


def _numpy_time(value: np.datetime64 | np.timedelta64) -> str:
    """As Python writes the same; units that only NumPy has, such as months, by str()."""
    if isinstance(value, np.timedelta64):
        unit, step = np.datetime_data(value.dtype)
        if unit not in _PER_SECOND and unit not in _SECONDS:
            return str(value)
        steps = int(value.astype(np.int64)) * step * _SECONDS.get(unit, 1)
        return f"{label_text(steps / _PER_SECOND.get(unit, 1))}s"
    whole, _, fraction = str(value).partition(".")
    digits = fraction.rstrip("0")
    if "T" in whole:
        whole += ":00" * (2 - whole.count(":"))
    return f"{whole}.{digits.ljust(6 if len(digits) <= 6 else 9, '0')}" if digits else whole
