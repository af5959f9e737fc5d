"""Page-Hinkley: deviations from the running mean that add up to more than chance lets them."""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np

from driftmeter.stats.arrays import Floats
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.climb import Climb
from driftmeter.stats.detectors.limits import at_least, positive
from driftmeter.stats.detectors.running import running_sums

SIGNS: Final = {"up": (1.0,), "down": (-1.0,), "both": (1.0, -1.0)}


class PageHinkley(StreamDetector):
    """Page-Hinkley test: detects a lasting shift of the mean of any numbers, up, down or either way.

    With m the mean of all values since the last alarm, x included, the fading sum s = alpha s + (x - m) - delta
    rises when the mean does. Alarm where s exceeds the lowest it has been by more than `threshold`; for a fall the
    same with the signs changed.

    `delta` and `threshold` are in the unit of the values: the defaults suit values that vary by about 1.

    Args:
        min_instances: values before the first alarm, >= 1.
        delta: deviation from the mean that is let pass, in the unit of the values, >= 0.
        threshold: the height of an alarm (the papers' lambda), in the unit of the values, > 0.
        alpha: what is kept of the sum at every value, in (0, 1]; 1 is Page's and Hinkley's own test.
        mode: "up" for rises, "down" for falls, "both" for either.

    Raises:
        ValueError: an argument outside its limits.

    Source: Page, "Continuous Inspection Schemes", Biometrika 41, 1954; Hinkley, Biometrika 58, 1971. Alarms as
    `river.drift.PageHinkley`; the mean is held as a difference from the first value, so that far from 0 it is
    the more precise of the two.

    >>> detector = PageHinkley()
    >>> detector.update_many(np.concatenate([np.tile([0.0, 1.0], 500), np.tile([4.0, 7.0], 50)]))
    array([1009])
    """

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 1 - 0.0001,
        mode: Literal["up", "down", "both"] = "both",
    ) -> None:
        at_least("min_instances", min_instances, 1, "30 gives the mean time to settle")
        at_least("delta", delta, 0, "half the shift worth an alarm is usual")
        positive("threshold", threshold, "larger means fewer false alarms, such as 50 standard deviations")
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha is {alpha}; it must be in (0, 1]: 1 forgets nothing, 0.9999 is usual")
        if mode not in SIGNS:
            raise ValueError(f"mode is {mode!r}; take one of {', '.join(SIGNS)}")
        self.min_instances = min_instances
        self.delta = delta
        self.threshold = threshold
        self.alpha = alpha
        self.mode = mode
        super().__init__()

    def _restart(self) -> None:
        self._taken = 0
        self._first = math.nan
        self._total = 0.0
        self._sides = [(sign, Climb(self.alpha, math.inf)) for sign in SIGNS[self.mode]]

    def _step(self, x: float) -> bool:
        if not self._taken:
            self._first = x
        self._taken += 1
        offset = x - self._first
        self._total += offset
        deviation = offset - self._total / self._taken
        high = False
        for sign, climb in self._sides:
            if climb.step(sign * deviation - self.delta) > self.threshold:
                high = True
        return high and self._taken >= self.min_instances

    def _scan(self, block: Floats) -> Scan:
        if not self._taken:
            self._first = float(block[0])
        offsets = block[: self._sides[0][1].room()] - self._first
        totals = running_sums(self._total, offsets)
        taken = np.arange(self._taken + 1, self._taken + 1 + offsets.size)
        deviations = offsets - totals / taken
        climbs = [climb.heights(sign * deviations - self.delta) for sign, climb in self._sides]
        high = np.logical_or.reduce([heights.heights > self.threshold for heights in climbs])
        scan = first_alarm(high & (taken >= self.min_instances), offsets.size)
        last = scan.taken - 1
        for (_, climb), heights in zip(self._sides, climbs, strict=True):
            climb.settle(heights, last)
        self._taken, self._total = int(taken[last]), float(totals[last])
        return scan
