"""HDDM_A: a mean since the start that has left its best, by Hoeffding's bound."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from driftmeter.stats.arrays import Bools, Floats
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.limits import at_least, probability
from driftmeter.stats.detectors.records import running_lows
from driftmeter.stats.detectors.running import running_sums


class HDDM_A(StreamDetector):  # noqa: N801  (the paper's name)
    """Hoeffding drift detection, moving-average test: detects a shift of the mean in [0, 1], sudden ones best.

    Of all n values since the last alarm, the first c are those with the smallest mean + bound(n), where bound(n) =
    sqrt(ln(1 / drift_confidence) / (2 n)). Alarm where the mean of all exceeds the mean of the first c by
    sqrt((n - c) / (2 c n) ln(2 / drift_confidence)) or more; a warning likewise with `warning_confidence`.
    Nothing is assumed of the distribution but its range.

    The values are errors: 1 for a wrong prediction, 0 for a right one, or a loss in [0, 1]. Others are counted in
    `skipped` (river takes them, where Hoeffding's bound does not hold).

    Args:
        drift_confidence: probability of a false alarm at one look, in (0, 1).
        warning_confidence: the same for a warning, in (0, 1), >= drift_confidence.
        two_sided_test: whether a fall of the mean is looked for as well as a rise.

    Raises:
        ValueError: an argument outside its limits.

    Source: Frias-Blanco et al., "Online and Non-Parametric Drift Detection Methods Based on Hoeffding's Bounds",
    IEEE TKDE 27(3), 2015. Alarms and warnings as `river.drift.binary.HDDMA`, save that the value that raises the
    alarm is never a warning too.

    >>> detector = HDDM_A()
    >>> errors = np.tile([1, 0, 0, 0, 0], 100)
    >>> detector.update_many(np.concatenate([errors, 1 - errors]))
    array([509])
    """

    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(
        self, drift_confidence: float = 0.001, warning_confidence: float = 0.005, *, two_sided_test: bool = False
    ) -> None:
        probability("drift_confidence", drift_confidence, "smaller means fewer false alarms, such as 0.001")
        probability("warning_confidence", warning_confidence, "smaller means fewer warnings, such as 0.005")
        at_least("warning_confidence", warning_confidence, drift_confidence, "an alarm is rarer than a warning")
        self.drift_confidence = drift_confidence
        self.warning_confidence = warning_confidence
        self.two_sided_test = two_sided_test
        super().__init__()

    def _restart(self) -> None:
        self._taken = 0
        self._total = 0.0
        self._sides = [_Side(self.drift_confidence, self.warning_confidence) for _ in range(1 + self.two_sided_test)]

    def _step(self, x: float) -> bool:
        self._taken += 1
        self._total += x
        mean = self._total / self._taken
        alarmed = near = False
        for side, signed in zip(self._sides, (mean, -mean), strict=False):
            alarm, warning = side.look(signed, self._taken)
            alarmed, near = alarmed or alarm, near or warning
        self.warning = near and not alarmed
        return alarmed

    def _scan(self, block: Floats) -> Scan:
        totals = running_sums(self._total, block)
        taken = np.arange(self._taken + 1, self._taken + 1 + block.size, dtype=np.float64)
        means = totals / taken
        looks = [side.look_at_all(m, taken) for side, m in zip(self._sides, (means, -means), strict=False)]
        scan = first_alarm(np.logical_or.reduce([alarms for alarms, _ in looks]), block.size)
        last = scan.taken - 1
        for side in self._sides:
            side.settle(last)
        self._taken, self._total = int(taken[last]), float(totals[last])
        self.warning = not scan.alarmed and any(bool(warnings[last]) for _, warnings in looks)
        return scan


class _Side:
    """Looks for a rise of the mean; for a fall it is given the means with the sign changed."""

    def __init__(self, drift_confidence: float, warning_confidence: float) -> None:
        self.bound = math.log(1.0 / drift_confidence)
        self.drift = math.log(2.0 / drift_confidence)
        self.warning = math.log(2.0 / warning_confidence)
        self.low = self.low_mean = math.inf
        self.low_taken = 0.0

    def look(self, mean: float, taken: int) -> tuple[bool, bool]:
        """Whether the mean of `taken` values is an alarm, and whether at least a warning."""
        low = mean + math.sqrt(1.0 / (2 * taken) * self.bound)
        if low <= self.low:
            self.low, self.low_mean, self.low_taken = low, mean, taken
            return False, False
        share = (taken - self.low_taken) / self.low_taken * (1.0 / taken)
        rise = mean - self.low_mean
        return rise >= math.sqrt(share / 2 * self.drift), rise >= math.sqrt(share / 2 * self.warning)

    def look_at_all(self, means: Floats, taken: Floats) -> tuple[Bools, Bools]:
        """As `look` for each mean, without moving the low: `settle` does, once it is known how far to go."""
        lows = means + np.sqrt(1.0 / (2 * taken) * self.bound)
        at = running_lows(lows, self.low, ties=True)
        earlier = at < 0
        self._lows = np.where(earlier, self.low, lows[at])
        self._low_means = np.where(earlier, self.low_mean, means[at])
        self._low_taken = np.where(earlier, self.low_taken, taken[at])
        moved = self._low_taken != taken
        share = (taken - self._low_taken) / self._low_taken * (1.0 / taken)
        rises = means - self._low_means
        alarms = moved & (rises >= np.sqrt(share / 2 * self.drift))
        return alarms, moved & (rises >= np.sqrt(share / 2 * self.warning))

    def settle(self, last: int) -> None:
        """Take the low as it stood at index `last` of the means just looked at."""
        self.low = float(self._lows[last])
        self.low_mean = float(self._low_means[last])
        self.low_taken = float(self._low_taken[last])
        del self._lows, self._low_means, self._low_taken
