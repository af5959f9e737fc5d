"""ADWIN: two parts of the window whose means differ by more than chance allows."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Bools, Floats, Ints
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.cuts import cut_places, cuts
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
        self._taken = 0
        self._total = 0.0
        self._deviation = 0.0  # sum of squared deviations from the mean
        self._sums: dict[int, float] = {}  # sum of the values before each place, oldest first

    def _step(self, x: float) -> bool:
        offset = x - self._total / (self._taken or 1)
        self._taken += 1
        self._deviation += (self._taken - 1) * offset * offset / self._taken
        self._total += x
        self._sums[self._taken] = self._total
        if self._taken % self.clock:
            return False
        self._sums = {place: self._sums[place] for place in cut_places(self._taken, self.max_buckets)}
        return self._taken > self.grace_period and self._falls_apart()

    def _falls_apart(self) -> bool:
        """Whether the window does at one of its cuts; the arithmetic is that of `_compare`."""
        size, total, least = self._taken, self._total, self.min_window_length
        if size < 2 * least:
            return False
        confidence = self._confidence(size)
        variance = 2.0 * self._deviation / size * confidence
        for place, first in self._sums.items():
            rest = size - place
            if rest < least:
                return False
            if place < least:
                continue
            spread = 1.0 / (place - least + 1) + 1.0 / (rest - least + 1)
            limit = math.sqrt(spread * variance) + 2.0 / 3.0 * confidence * spread
            if abs(first / place - (total - first) / rest) > limit:
                return True
        return False

    def _confidence(self, size: int) -> float:
        return math.log(2.0 * math.log(size) / self.delta) if size > 1 else math.nan

    def _scan(self, block: Floats) -> Scan:
        block = block[: LOOKS * self.clock]
        before = self._taken
        taken = np.arange(before + 1, before + 1 + block.size)
        sums = running_sums(self._total, block)
        offsets = block - np.concatenate(([self._total], sums[:-1])) / np.maximum(taken - 1, 1)
        deviations = running_sums(self._deviation, (taken - 1) * offsets * offsets / taken)
        at = slice(-(before + 1) % self.clock, None, self.clock)
        alarms = self._compare(taken[at], sums, deviations[at])
        scan = first_alarm(alarms, 0)
        if scan.alarmed:
            return Scan(int(taken[at][scan.taken - 1]) - before, alarmed=True)
        self._taken, self._total, self._deviation = int(taken[-1]), float(sums[-1]), float(deviations[-1])
        self._sums = {
            place: float(sums[place - before - 1]) if place > before else self._sums[place]
            for place in cut_places(self._taken, self.max_buckets)
        }
        return Scan(block.size, alarmed=False)

    def _compare(self, sizes: Ints, sums: Floats, deviations: Floats) -> Bools:
        """Whether each of the windows of the given sizes falls apart, `sums` being those since `_taken`."""
        places, valid = cuts(sizes, self.max_buckets)
        first = self._sums_before(places, sums)
        total = sums[sizes - self._taken - 1]
        n0, least = places.astype(np.float64), self.min_window_length
        n1 = sizes - n0
        valid &= (n0 >= least) & (n1 >= least) & (sizes > self.grace_period)
        spread = 1.0 / (n0 - least + 1) + 1.0 / (n1 - least + 1)
        confidence = np.array([self._confidence(size) for size in sizes.tolist()])
        variance = 2.0 * deviations / sizes * confidence
        limit = np.sqrt(spread * variance) + 2.0 / 3.0 * confidence * spread
        alarms: Bools = (valid & (np.abs(first / n0 - (total - first) / n1) > limit)).any(axis=0)
        return alarms

    def _sums_before(self, places: Ints, sums: Floats) -> Floats:
        """The sum of the values before each place, anything for a place that is no cut."""
        known = np.fromiter(self._sums, np.int64, len(self._sums))
        indices = places + (known.size - self._taken - 1)
        old = places <= self._taken
        indices[old] = np.searchsorted(known, places[old])
        return np.concatenate((np.fromiter(self._sums.values(), np.float64, known.size), sums)).take(
            indices, mode="clip"
        )
