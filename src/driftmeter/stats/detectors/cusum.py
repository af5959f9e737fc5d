"""CUSUM: deviations from a known or learnt mean that add up, in standard deviations."""

from __future__ import annotations

import sys
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Floats
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.climb import Climb
from driftmeter.stats.detectors.limits import at_least, positive

SMALLEST: Final = sys.float_info.min
"""Stands for a standard deviation of 0: the first value that differs from a constant is then an alarm."""


class CUSUM(StreamDetector):
    """Two-sided cumulative sum chart: detects small lasting shifts of the mean, of about 2 k standard deviations.

    With z = (x - mean) / std the sums C+ = max(0, C+ + z - k) and C- = max(0, C- - z - k) start at 0. Alarm where
    either exceeds h. On independent normal values of known mean and std, with k = 0.5, the mean time between false
    alarms is 168 values for h = 4 and 465 for h = 5; a shift of one standard deviation is found after 8.4 and 10.4
    values (Montgomery, "Introduction to Statistical Quality Control"). Mean and std learnt from a warm-up are off
    by chance, so that one stream has false alarms sooner and another later than that.

    Args:
        k: reference value, half the shift to find, in standard deviations, >= 0.
        h: decision limit, in standard deviations, > 0.
        warmup: values that mean and std are learnt from, afresh after each alarm, >= 2; these raise no alarm.
        mean: of the values when nothing has changed; with `std` it takes the place of the warm-up.
        std: standard deviation of the values when nothing has changed, > 0.

    Raises:
        ValueError: an argument outside its limits, or only one of `mean` and `std`.

    Source: Page, "Continuous Inspection Schemes", Biometrika 41, 1954. river has no such detector.

    >>> detector = CUSUM(mean=10.0, std=2.0)
    >>> detector.update_many(np.concatenate([np.tile([8.0, 12.0], 500), np.tile([10.0, 14.0], 5)]))
    array([1009])
    """

    def __init__(
        self,
        k: float = 0.5,
        h: float = 5.0,
        warmup: int = 100,
        *,
        mean: float | None = None,
        std: float | None = None,
    ) -> None:
        at_least("k", k, 0, "half the shift to find, in standard deviations")
        positive("h", h, "4 or 5 are usual, larger means fewer false alarms")
        at_least("warmup", warmup, 2, "100 values give a usable standard deviation")
        if (mean is None) != (std is None):
            raise ValueError(f"mean is {mean} and std is {std}; give both, or neither and let a warm-up learn them")
        if mean is not None and std is not None:
            at_least("mean", mean, -sys.float_info.max, "it is in the unit of the values")
            positive("std", std, "leave out mean and std and let a warm-up learn them")
        self.k = k
        self.h = h
        self.warmup = warmup
        self.mean = mean
        self.std = std
        super().__init__()

    def _restart(self) -> None:
        self._learning: list[float] = []
        self._known = None if self.mean is None or self.std is None else (self.mean, self.std)
        self._up, self._down = Climb(1.0, 0.0), Climb(1.0, 0.0)

    def _step(self, x: float) -> bool:
        if self._known is None:
            self._learn([x])
            return False
        mean, std = self._known
        z = (x - mean) / std
        up, down = self._up.step(z - self.k), self._down.step(-z - self.k)
        return up > self.h or down > self.h

    def _scan(self, block: Floats) -> Scan:
        if self._known is None:
            wanted = block[: self.warmup - len(self._learning)]
            self._learn(wanted.tolist())
            return Scan(wanted.size, alarmed=False)
        mean, std = self._known
        z = (block[: self._up.room()] - mean) / std
        up, down = self._up.heights(z - self.k), self._down.heights(-z - self.k)
        scan = first_alarm((up.heights > self.h) | (down.heights > self.h), z.size)
        self._up.settle(up, scan.taken - 1)
        self._down.settle(down, scan.taken - 1)
        return scan

    def _learn(self, values: list[float]) -> None:
        self._learning += values
        if len(self._learning) < self.warmup:
            return
        with np.errstate(all="ignore"):
            offsets = np.array(self._learning) - self._learning[0]  # the mean of a constant is then that constant
            mean, std = self._learning[0] + offsets.mean(), offsets.std(ddof=1)
        self._known = (float(mean), max(float(std), SMALLEST))
        self._learning = []
