"""HDDM_W: a weighted mean of the recent past that has left its best, by McDiarmid's bound."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import ClassVar, Final, NamedTuple

import numpy as np

from driftmeter.stats.arrays import Bools, Floats, Ints
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.fading import Fading, fading
from driftmeter.stats.detectors.limits import at_least, probability
from driftmeter.stats.detectors.records import running_lows

LEAST_WEIGHT: Final = 0.001
"""Below this the tables of `fading` would take longer to make than a stream takes to change."""


class HDDM_W(StreamDetector):  # noqa: N801  (the paper's name)
    """Hoeffding drift detection, weighted-average test: detects a shift of the mean in [0, 1], gradual ones best.

    All values since the last alarm give the average e = lambda_val x + (1 - lambda_val) e, with squared weights
    adding up to w. The value with the smallest e + sqrt(w ln(1 / drift_confidence) / 2) is the cut; e1, w1 are the
    average and weights up to it, e2, w2 those of the values after it. Alarm where e2 - e1 exceeds
    sqrt((w1 + w2) ln(1 / drift_confidence) / 2); a warning likewise with `warning_confidence`.

    The values are errors: 1 for a wrong prediction, 0 for a right one, or a loss in [0, 1]. Others are counted in
    `skipped` (river takes them, where McDiarmid's bound does not hold).

    Args:
        drift_confidence: probability of a false alarm at one look, in (0, 1).
        warning_confidence: the same for a warning, in (0, 1), >= drift_confidence.
        lambda_val: weight of the newest value, in [0.001, 1]; about 1 / lambda_val values are remembered.
        two_sided_test: whether a fall of the mean is looked for as well as a rise.

    Raises:
        ValueError: an argument outside its limits.

    Source: Frias-Blanco et al., "Online and Non-Parametric Drift Detection Methods Based on Hoeffding's Bounds",
    IEEE TKDE 27(3), 2015. Alarms and warnings as `river.drift.binary.HDDMW`, save that the value that raises the
    alarm is never a warning too.

    >>> detector = HDDM_W()
    >>> errors = np.tile([1, 0, 0, 0, 0], 100)
    >>> detector.update_many(np.concatenate([errors, 1 - errors]))
    array([523])
    """

    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        lambda_val: float = 0.05,
        *,
        two_sided_test: bool = False,
    ) -> None:
        probability("drift_confidence", drift_confidence, "smaller means fewer false alarms, such as 0.001")
        probability("warning_confidence", warning_confidence, "smaller means fewer warnings, such as 0.005")
        at_least("warning_confidence", warning_confidence, drift_confidence, "an alarm is rarer than a warning")
        if not LEAST_WEIGHT <= lambda_val <= 1:
            raise ValueError(
                f"lambda_val is {lambda_val}; it must be in [{LEAST_WEIGHT}, 1]: for a longer memory take HDDM_A"
            )
        self.drift_confidence = drift_confidence
        self.warning_confidence = warning_confidence
        self.lambda_val = lambda_val
        self.two_sided_test = two_sided_test
        super().__init__()

    def _restart(self) -> None:
        self._taken = 0
        self._average = 0.0
        tables = fading(self.lambda_val)
        self._sides = [
            _Side(tables, self.drift_confidence, self.warning_confidence) for _ in range(1 + self.two_sided_test)
        ]

    def _step(self, x: float) -> bool:
        self._average = self.lambda_val * x + (1.0 - self.lambda_val) * self._average if self._taken else x
        self._taken += 1
        alarmed = near = False
        for side, sign in zip(self._sides, (1.0, -1.0), strict=False):
            alarm, warning = side.look(sign * self._average, sign * x, self._taken)
            alarmed, near = alarmed or alarm, near or warning
        self.warning = near and not alarmed
        return alarmed

    def _scan(self, block: Floats) -> Scan:
        averages = self._averages(block)
        taken = np.arange(self._taken + 1, self._taken + 1 + block.size)
        signed = ((averages, block), (-averages, -block))
        looks = [side.look_at_all(e, v, taken) for side, (e, v) in zip(self._sides, signed, strict=False)]
        scan = first_alarm(np.logical_or.reduce([look.alarms for look in looks]), block.size)
        last = scan.taken - 1
        for side, look in zip(self._sides, looks, strict=True):
            side.settle(look, last)
        self._taken, self._average = int(taken[last]), float(averages[last])
        self.warning = not scan.alarmed and any(bool(look.warnings[last]) for look in looks)
        return scan

    def _averages(self, block: Floats) -> Floats:
        """The average after each value, rounded as in `_step`: no closed form breaks ties in the same way."""
        kept = 1.0 - self.lambda_val
        shares = self.lambda_val * block
        shares[0] = shares[0] + kept * self._average if self._taken else block[0]
        return np.fromiter(accumulate(shares.tolist(), lambda e, share: share + kept * e), np.float64, block.size)


class _Looks(NamedTuple):
    """For each of n averages: alarm, warning, and the cut as it then stood; arrays of shape (n,)."""

    alarms: Bools
    warnings: Bools
    lows: Floats
    cut_averages: Floats
    cuts: Ints
    gaps: Floats


class _Side:
    """Looks for a rise of the average; for a fall it is given averages and values with the sign changed.

    The average since the cut is not kept: it and the average of all follow one recurrence, so that their difference
    only fades, from what it is at the first value after the cut (`gap`).
    """

    def __init__(self, tables: Fading, drift_confidence: float, warning_confidence: float) -> None:
        self.tables = tables
        self.drift = math.log(1.0 / drift_confidence)
        self.warning = math.log(1.0 / warning_confidence)
        self.low = self.cut_average = math.inf
        self.cut = 0
        self.gap = 0.0

    def look(self, average: float, x: float, taken: int) -> tuple[bool, bool]:
        """Whether the average after `taken` values is an alarm, and whether at least a warning."""
        low = average + math.sqrt(self._spread(taken) * self.drift / 2)
        if low < self.low:
            self.low, self.cut_average, self.cut = low, average, taken
            return False, False
        since = taken - self.cut
        if since == 1:
            self.gap = average - x
        kept = self.tables.kept
        recent = average - kept.item(min(since - 1, kept.size - 1)) * self.gap
        spread = self._spread(self.cut) + self._spread(since)
        rise = recent - self.cut_average
        return rise > math.sqrt(spread * self.drift / 2), rise > math.sqrt(spread * self.warning / 2)

    def _spread(self, taken: int) -> float:
        spreads = self.tables.spreads
        return spreads.item(min(taken, spreads.size - 1))

    def look_at_all(self, averages: Floats, values: Floats, taken: Ints) -> _Looks:
        """As `look` for each average, without moving the cut: `settle` does, once it is known how far to go."""
        lows = averages + np.sqrt(self.tables.spreads.take(taken, mode="clip") * self.drift / 2)
        at = running_lows(lows, self.low, ties=False)
        earlier = at < 0
        cuts = np.where(earlier, self.cut, taken[at])
        cut_averages = np.where(earlier, self.cut_average, averages[at])
        gaps = (averages - values).take(at + 1, mode="clip")
        if taken[0] - 1 > self.cut:
            gaps[earlier] = self.gap
        since = taken - cuts
        recent = averages - self.tables.kept.take(since - 1, mode="clip") * gaps
        spreads = self.tables.spreads.take(cuts, mode="clip") + self.tables.spreads.take(since, mode="clip")
        rises = recent - cut_averages
        moved = since > 0
        alarms = moved & (rises > np.sqrt(spreads * self.drift / 2))
        warnings = moved & (rises > np.sqrt(spreads * self.warning / 2))
        return _Looks(alarms, warnings, np.where(earlier, self.low, lows[at]), cut_averages, cuts, gaps)

    def settle(self, looks: _Looks, last: int) -> None:
        """Take the cut as it stood at index `last` of the averages just looked at."""
        self.low = float(looks.lows[last])
        self.cut_average = float(looks.cut_averages[last])
        self.cut = int(looks.cuts[last])
        self.gap = float(looks.gaps[last])
