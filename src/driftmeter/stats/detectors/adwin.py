"""ADWIN: two parts of the window whose means differ by more than chance allows."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Bools, Floats, Ints
from driftmeter.stats.detectors.base import Scan, StreamDetector
from driftmeter.stats.detectors.cuts import cuts
from driftmeter.stats.detectors.limits import at_least, probability
from driftmeter.stats.detectors.running import running_sums

LOOKS: Final = 256
"""Looks taken together at most: each compares all cuts of its window."""


class ADWIN(StreamDetector):
    """Adaptive windowing: detects any shift of the mean, sudden or slow, of numbers of any scale.

    The window holds all n values since the last alarm. At every `clock`-th value it is cut in two at each of
    O(max_buckets log n) places, denser towards the newest value. With n0 and n1 values on the two sides, their
    variance v over the window, m = 1 / (n0 - min_window_length + 1) + 1 / (n1 - min_window_length + 1) and
    d = ln(2 ln(n) / delta), alarm where the means of the sides differ by more than sqrt(2 m v d) + 2/3 m d.

    Kept are not the values, nor buckets of them, but the running sum at each place where the window can be cut.

    Args:
        delta: probability of a false alarm at one look, in (0, 1).
        clock: values between two looks, >= 1; alarms come at multiples of it after the last alarm.
        max_buckets: places to cut at per power of two (the paper's M), >= 2.
        min_window_length: values on either side of a cut at least, >= 1.
        grace_period: values before the first look, >= 0.

    Raises:
        ValueError: an argument outside its limits.

    Source: Bifet, Gavalda, "Learning from Time-Changing Data with Adaptive Windowing", SDM 2007. Alarms as
    `river.drift.ADWIN`, which like this one forgets the whole window at the first value after an alarm; the paper
    keeps its newer part.

    >>> detector = ADWIN()
    >>> detector.update_many(np.concatenate([np.tile([0.0, 1.0], 500), np.tile([4.0, 7.0], 50)]))
    array([1023])
    """

    def __init__(
        self,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
    ) -> None:
        probability("delta", delta, "smaller means fewer false alarms, such as 0.002")
        at_least("clock", clock, 1, "1 looks for a change at every value")
        at_least("max_buckets", max_buckets, 2, "more means a finer search and more memory, 5 is usual")
        at_least("min_window_length", min_window_length, 1, "5 is usual")
        at_least("grace_period", grace_period, 0, "0 looks from the first clock tick on")
        self.delta = delta
        self.clock = clock
        self.max_buckets = max_buckets
        self.min_window_length = min_window_length
        self.grace_period = grace_period
        super().__init__()

    def _restart(self) -> None:
        self._pending: list[float] = []  # values since the last look
        self._taken = 0
        self._deviation = 0.0  # sum of squared deviations from the mean
        self._places = np.zeros(1, np.int64)  # where the window can be cut, by values before the cut, and its end
        self._sums = np.zeros(1)  # sum of the values before each

    def _step(self, x: float) -> bool:
        self._pending.append(x)
        if len(self._pending) < self.clock:
            return False
        values = np.array(self._pending)
        self._pending = []
        with np.errstate(all="ignore"):
            return self._look(values) > 0

    def _scan(self, block: Floats) -> Scan:
        pending = len(self._pending)
        block = block[: LOOKS * self.clock - pending]
        values = np.concatenate((self._pending, block))
        whole = values.size - values.size % self.clock
        self._pending = values[whole:].tolist()
        seen = self._look(values[:whole]) if whole else 0
        return Scan(seen - pending, alarmed=True) if seen else Scan(block.size, alarmed=False)

    def _look(self, values: Floats) -> int:
        """Take values, a multiple of `clock`; how many it took until the first alarm, 0 if none came."""
        taken = np.arange(self._taken + 1, self._taken + 1 + values.size)
        sums = running_sums(self._sums[-1], values)
        before = np.concatenate((self._sums[-1:], sums[:-1]))
        offsets = values - before / np.maximum(taken - 1, 1)
        deviations = running_sums(self._deviation, (taken - 1) * offsets * offsets / taken)
        at = slice(self.clock - 1, None, self.clock)
        places = np.concatenate((self._places, taken))
        alarms = self._compare(taken[at], deviations[at], places, np.concatenate((self._sums, sums)))
        if alarms.any():
            return (int(np.argmax(alarms)) + 1) * self.clock
        self._taken, self._deviation = int(taken[-1]), float(deviations[-1])
        kept = cuts(taken[-1:], self.max_buckets)
        self._places = kept.places[kept.valid]
        self._sums = np.concatenate((self._sums, sums))[np.searchsorted(places, self._places)]
        return 0

    def _compare(self, sizes: Ints, deviations: Floats, places: Ints, sums: Floats) -> Bools:
        """Whether each of the windows of the given sizes falls apart at one of its cuts."""
        kept = cuts(sizes, self.max_buckets)
        n0 = kept.places
        n1 = sizes - n0
        valid = kept.valid & (n0 >= self.min_window_length) & (n1 >= self.min_window_length)
        looks = np.broadcast_to(np.arange(sizes.size), n0.shape)[valid]
        n0, n1 = n0[valid], n1[valid]
        first = sums[_index(places, n0)]
        total = sums[_index(places, sizes)]
        gaps = np.abs(first / n0 - (total[looks] - first) / n1)
        spread = 1.0 / (n0 - self.min_window_length + 1.0) + 1.0 / (n1 - self.min_window_length + 1.0)
        confidence = np.array([math.log(2.0 * math.log(size) / self.delta) if size > 1 else 0.0 for size in sizes])
        variances = 2.0 * deviations / sizes * confidence
        limits = np.sqrt(spread * variances[looks]) + 2.0 / 3.0 * confidence[looks] * spread
        alarms = np.zeros(sizes.size, np.bool_)
        alarms[looks[gaps > limits]] = True
        alarms &= sizes > self.grace_period
        return alarms


def _index(places: Ints, wanted: Ints) -> Ints:
    """Where the wanted places lie among the rising `places`, whose second part has no gaps."""
    return np.searchsorted(places, wanted)
