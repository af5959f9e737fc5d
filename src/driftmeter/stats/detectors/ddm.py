"""DDM: an error rate that has risen well above the best it has been."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from driftmeter.stats.arrays import Floats
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.limits import at_least
from driftmeter.stats.detectors.records import running_lows
from driftmeter.stats.detectors.running import running_sums


class DDM(StreamDetector):
    """Drift detection method: detects a rise of a model's error rate, sudden ones best.

    After i values the error rate is p = (errors) / i with standard deviation s = sqrt(p (1 - p) / i). The
    smallest p + s so far gives p_min and s_min. Alarm where p + s > p_min + drift_threshold s_min, warning where
    p + s > p_min + warning_threshold s_min. As the error rate is over everything since the last alarm, the longer
    a stream was quiet the later a rise is seen.

    The values are errors: 1 for a wrong prediction, 0 for a right one, or a loss in [0, 1]. Others are counted in
    `skipped`.

    Args:
        warm_start: values before the first look, >= 1.
        warning_threshold: standard deviations above the best error rate for a warning, > 0.
        drift_threshold: standard deviations above the best error rate for an alarm, >= warning_threshold.

    Raises:
        ValueError: an argument outside its limits.

    Source: Gama, Medas, Castillo, Rodrigues, "Learning with Drift Detection", SBIA 2004. Alarms as
    `river.drift.binary.DDM`.

    >>> detector = DDM()
    >>> errors = np.tile([1, 0, 0, 0, 0], 100)
    >>> detector.update_many(np.concatenate([errors, 1 - errors]))
    array([531])
    """

    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, warm_start: int = 30, warning_threshold: float = 2.0, drift_threshold: float = 3.0) -> None:
        at_least("warm_start", warm_start, 1, "the method's paper takes 30")
        at_least("warning_threshold", warning_threshold, 0, "2 is usual")
        at_least("drift_threshold", drift_threshold, warning_threshold, "an alarm is rarer than a warning")
        self.warm_start = warm_start
        self.warning_threshold = warning_threshold
        self.drift_threshold = drift_threshold
        super().__init__()

    def _restart(self) -> None:
        self._taken = 0
        self._errors = 0.0
        self._p_min = self._s_min = self._best = math.inf

    def _step(self, x: float) -> bool:
        self._taken += 1
        self._errors += x
        p = self._errors / self._taken
        s = math.sqrt(p * (1.0 - p) / self._taken)
        if self._taken <= self.warm_start:
            return False
        if p + s <= self._best:
            self._p_min, self._s_min, self._best = p, s, p + s
        alarmed = p + s > self._p_min + self.drift_threshold * self._s_min
        self.warning = not alarmed and p + s > self._p_min + self.warning_threshold * self._s_min
        return alarmed

    def _scan(self, block: Floats) -> Scan:
        errors = running_sums(self._errors, block)
        taken = np.arange(self._taken + 1, self._taken + 1 + block.size)
        warm = max(self.warm_start - self._taken, 0)
        p = errors / taken
        s = np.sqrt(p * (1.0 - p) / taken)
        scan = self._judge(p[warm:], s[warm:])
        end = Scan(scan.taken + min(warm, block.size), scan.alarmed)
        self._taken, self._errors = int(taken[end.taken - 1]), float(errors[end.taken - 1])
        return end

    def _judge(self, p: Floats, s: Floats) -> Scan:
        if not p.size:
            return Scan(0, alarmed=False)
        level = p + s
        at = running_lows(level, self._best, ties=True)
        p_min = np.where(at < 0, self._p_min, p[at])
        s_min = np.where(at < 0, self._s_min, s[at])
        scan = first_alarm(level > p_min + self.drift_threshold * s_min, level.size)
        last = scan.taken - 1
        self._p_min, self._s_min = float(p_min[last]), float(s_min[last])
        self._best = self._p_min + self._s_min
        self.warning = not scan.alarmed and bool(level[last] > self._p_min + self.warning_threshold * self._s_min)
        return scan
