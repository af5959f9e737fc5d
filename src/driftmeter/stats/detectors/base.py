"""What all detectors share: which values count, when to start afresh, and how an array is walked."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import ClassVar, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Bools, Floats, Ints

FIRST_SPAN: Final = 512
"""Values looked at together after an alarm; doubled while none comes, so that frequent alarms waste little."""

LAST_SPAN: Final = 8192
"""Values looked at together at most: what the scratch arrays need then still fits a processor's cache."""


class Detector(Protocol):
    """Anything that takes a stream of numbers and says where it changed."""

    warning: bool
    skipped: int

    def update(self, x: float) -> bool:
        """Take one value; whether it raised the alarm."""

    def update_many(self, values: ArrayLike) -> Ints:
        """Take values, shape (n,); the indices, shape (k,) int64, of those that raised the alarm."""

    def reset(self) -> None:
        """Forget every value taken."""


class Scan(NamedTuple):
    """How many values of a block were taken, and whether the last of them raised the alarm."""

    taken: int
    alarmed: bool


class StreamDetector(ABC):
    """A detector that starts afresh at the first value after an alarm.

    A value outside the domain (NaN, infinities; for error rates also anything outside [0, 1]) is counted in
    `skipped` and changes nothing else.
    """

    domain: ClassVar[tuple[float, float]] = (-sys.float_info.max, sys.float_info.max)

    warning: bool
    """Whether the last value came near an alarm; always False for a method that knows no warning."""

    skipped: int
    """How many values were left out."""

    def __init__(self) -> None:
        self.skipped = 0
        self.reset()

    def reset(self) -> None:
        """Forget every value taken; the settings and `skipped` stay."""
        self.warning = False
        self._alarmed = False
        self._restart()

    def update(self, x: float) -> bool:
        """Take one value.

        Args:
            x: the value, in the unit of the stream.

        Returns:
            Whether this value raised the alarm.
        """
        value = float(x)
        low, high = self.domain
        if not low <= value <= high:
            self.skipped += 1
            return False
        if self._alarmed:
            self.reset()
        self._alarmed = self._step(value)
        return self._alarmed

    def update_many(self, values: ArrayLike) -> Ints:
        """Take an array of values: the same alarms as `update` on each, many times faster.

        Args:
            values: shape (n,), in the unit of the stream, oldest first.

        Returns:
            The indices into `values` that raised the alarm, rising, shape (k,), int64.

        Raises:
            ValueError: values that are not 1-D.
        """
        given = np.asarray(values, np.float64)
        if given.ndim != 1:
            raise ValueError(f"values has shape {given.shape}; a stream is 1-D: take one column at a time")
        low, high = self.domain
        places = np.flatnonzero((given >= low) & (given <= high))
        self.skipped += given.size - places.size
        with np.errstate(all="ignore"):  # sums of values near 1e308 overflow, as they do in `update`
            return places[self._walk(given[places])].astype(np.int64)

    def _walk(self, values: Floats) -> list[int]:
        alarms = []
        start, span = 0, FIRST_SPAN
        while start < values.size:
            if self._alarmed:
                self.reset()
                span = FIRST_SPAN
            taken, self._alarmed = self._scan(values[start : start + span])
            start += taken
            span = min(2 * taken, LAST_SPAN) if taken == span else span
            if self._alarmed:
                alarms.append(start - 1)
        return alarms

    @abstractmethod
    def _restart(self) -> None:
        """Forget what was learnt from the values so far."""

    @abstractmethod
    def _step(self, x: float) -> bool:
        """Take one value of the domain; whether it raised the alarm."""

    @abstractmethod
    def _scan(self, block: Floats) -> Scan:
        """Take at least one value of the domain, up to and including the first that raises the alarm.

        The arithmetic is that of `_step`, operation by operation, so that both come to the same bits.
        """


def first_alarm(alarms: Bools, whole: int) -> Scan:
    """The scan that ends at the first True of `alarms`, or takes the whole block."""
    at = int(np.argmax(alarms)) if alarms.size else 0
    return Scan(at + 1, alarmed=True) if alarms.size and alarms[at] else Scan(whole, alarmed=False)
