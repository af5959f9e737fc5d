"""Settings that a detector cannot work with are refused, with the value, the limit and the way out."""

from __future__ import annotations

import math


def at_least(name: str, value: float, least: float, way_out: str) -> None:
    """Refuse a number below `least`, NaN and infinities.

    >>> at_least("clock", 0, 1, "1 looks for a change at every value")
    Traceback (most recent call last):
    ValueError: clock is 0; at least 1 is needed: 1 looks for a change at every value
    """
    if not least <= value < math.inf:
        raise ValueError(f"{name} is {value}; at least {least} is needed: {way_out}")


def positive(name: str, value: float, way_out: str) -> None:
    """Refuse 0, negative numbers, NaN and infinities.

    >>> positive("h", 0, "4 or 5 are usual")
    Traceback (most recent call last):
    ValueError: h is 0; it must be above 0 and finite: 4 or 5 are usual
    """
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value}; it must be above 0 and finite: {way_out}")


def probability(name: str, value: float, way_out: str) -> None:
    """Refuse what is not inside (0, 1).

    >>> probability("delta", 1.5, "smaller means fewer false alarms, such as 0.002")
    Traceback (most recent call last):
    ValueError: delta is 1.5; it must be inside (0, 1): smaller means fewer false alarms, such as 0.002
    """
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value}; it must be inside (0, 1): {way_out}")
