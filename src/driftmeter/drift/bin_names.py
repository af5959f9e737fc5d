"""Stable, readable, unique names of bins, as they stand in the metric attribute `ml.bin`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

TAILS = ("below", "above", "missing", "unseen")
"""Every column counts these after its own bins: outside the reference's range, no value, a value of no known kind."""

BEYOND = TAILS[:2]
"""Outside a range. Categories have none; their counts have these places all the same, as those of all columns do."""

OTHER = "other"
"""Categories that the reference saw, but too rarely for a bin of their own."""


def range_names(edges: Sequence[float], *, integral: bool = False) -> tuple[str, ...]:
    """Name the bins [a, b) between edges, the last one [a, b]; a bin that holds a single value is called by it.

    >>> range_names([369.0, 1020.0, 4983.0])
    ('[369,1020)', '[1020,4983]')
    >>> range_names([0.0, 5e-324, 1.5])
    ('0', '(0,1.5]')
    >>> range_names([0.0, 1.0, 7.0, 7.5], integral=True)
    ('0', '[1,7)', '7')

    """
    single = [_holds_one(low, high, integral=integral) for low, high in pairwise(edges)]
    single[-1] = _holds_one(edges[-2], edges[-1], integral=integral, closed=True)
    # The end of a bin that holds one value may be the float after it: readers are shown the value.
    values = [low if high == _just_above(low) else high for low, high in pairwise(edges)]
    texts = _shortest([edges[0], *values])
    names = []
    for position, alone in enumerate(single):
        start, end = texts[position], texts[position + 1]
        after_single = position > 0 and edges[position] == _just_above(edges[position - 1])
        closing = "]" if position == len(single) - 1 else ")"
        names.append(start if alone else f"{'(' if after_single else '['}{start},{end}{closing}")
    return _unique(names)


def _holds_one(low: float, high: float, *, integral: bool, closed: bool = False) -> bool:
    return high == _just_above(low) or (integral and low.is_integer() and high - low <= (0.5 if closed else 1.0))


def label_names(labels: Iterable[str]) -> tuple[str, ...]:
    """Name the bins of categories by their labels; one that is called like a bin of ours is quoted.

    >>> label_names(["AA", "other"])
    ('AA', "'other'")

    """
    reserved = {OTHER, *TAILS}
    printable = (label.encode("utf-8", "replace").decode("utf-8") for label in labels)
    return _unique([repr(label) if label in reserved else label for label in printable])


def _just_above(value: float) -> float:
    return math.nextafter(value, math.inf)


def _shortest(values: Sequence[float]) -> list[str]:
    """Each value in as few digits as keep all of them apart."""
    distinct = len(set(values))
    for digits in range(4, 17):
        text = [_readable(value, digits) for value in values]
        if len(set(text)) == distinct:
            return text
    return [repr(value) for value in values]


def _readable(value: float, digits: int) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Number the later ones of equal names, so that no two bins add up under one name."""
    seen: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in seen:
            candidate, number = f"{name}#{number}", number + 1
        seen.add(candidate)
        unique.append(candidate)
    return tuple(unique)
