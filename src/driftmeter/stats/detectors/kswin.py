"""KSWIN: the newest values of a window that are distributed unlike a sample of the older ones."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Bools, Floats
from driftmeter.stats.detectors.base import Scan, StreamDetector, first_alarm
from driftmeter.stats.detectors.draws import Draws
from driftmeter.stats.detectors.limits import at_least, probability
from driftmeter.stats.hypothesis_tests import ks_pvalue

TESTS: Final = 1024
"""Windows tested together at most."""

LEAST_GAP: Final = 10
"""A gap of 1 / LEAST_GAP between the distribution functions, or less, is never an alarm, however sure."""


class KSWIN(StreamDetector):
    """Kolmogorov-Smirnov windowing: detects any change of distribution, not of the mean alone.

    Of the last `window_size` values the newest `stat_size` are compared, at every value, with as many drawn from the
    others without replacement. Alarm where the two-sample Kolmogorov-Smirnov test gives p <= alpha and a distance
    above 0.1. With a test at every value false alarms come far sooner than `alpha` sounds: on independent values about
    every 770 at the defaults, every 1,900 at alpha = 0.001, every 16,000 at alpha = 0.0001.

    The draws are those of `random.Random(seed).sample`, from the seed afresh after every alarm: with the same seed the
    alarms are those of `river.drift.KSWIN`. river's default is a seed that nobody knows; here it is 0, so that a
    stream has the same alarms each time. At a distance of exactly 0.1, never an alarm here, river goes by
    rounding.

    Args:
        alpha: p-value of an alarm at one look, in (0, 1).
        window_size: values held, >= 2 stat_size.
        stat_size: newest values compared, >= 2.
        seed: of the draws.

    Raises:
        ValueError: an argument outside its limits, or sizes at which no distance can reach `alpha`.

    Source: Raab, Heusinger, Schleif, "Reactive Soft Prototype Computing for Concept Drift Streams", Neurocomputing
    416, 2020. As in river the window starts empty after an alarm; the paper keeps its newest values.

    >>> detector = KSWIN()
    >>> detector.update_many(np.concatenate([np.tile([0.0, 1.0], 500), np.tile([4.0, 7.0], 50)]))
    array([1013])
    """

    def __init__(self, alpha: float = 0.005, window_size: int = 100, stat_size: int = 30, seed: int = 0) -> None:
        probability("alpha", alpha, "smaller means fewer false alarms, such as 0.005")
        at_least("stat_size", stat_size, 2, "30 is usual")
        at_least("window_size", window_size, 2 * stat_size, "the older part must hold as many values as the newest")
        self.alpha = alpha
        self.window_size = window_size
        self.stat_size = stat_size
        self.seed = seed
        self._limit = _smallest_gap(alpha, stat_size)
        super().__init__()

    def _restart(self) -> None:
        self._window: list[float] = []  # never more than one value short of a test
        self._draws = Draws(self.seed, self.window_size - self.stat_size, self.stat_size)

    def _step(self, x: float) -> bool:
        self._window.append(x)
        if len(self._window) < self.window_size:
            return False
        older = sorted([self._window[place] for place in self._draws.take(1)[0].tolist()])
        newest = sorted(self._window[-self.stat_size :])
        del self._window[0]
        gaps = (abs(bisect_right(older, v) - bisect_right(newest, v)) for v in older + newest)
        return max(gaps) >= self._limit

    def _scan(self, block: Floats) -> Scan:
        held = len(self._window)
        values = np.concatenate((self._window, block[: TESTS + self.window_size - 1 - held]))
        tests = max(values.size - self.window_size + 1, 0)
        scan = first_alarm(self._test(values, tests), tests) if tests else Scan(0, alarmed=False)
        end = scan.taken + self.window_size - 1 if tests else values.size
        self._window = values[max(end - self.window_size + 1, 0) : end].tolist()
        return Scan(end - held, scan.alarmed)

    def _test(self, values: Floats, tests: int) -> Bools:
        """Whether each of the windows that start at the first `tests` values is an alarm."""
        older = self.window_size - self.stat_size
        places = self._draws.take(tests)
        newest = np.broadcast_to(np.arange(older, self.window_size), places.shape)
        _, ranks = np.unique(values, return_inverse=True)
        starts = np.arange(tests)[:, None]
        # Rank and side in one number, so that sorting numbers sorts the sides.
        keys = np.concatenate((2 * ranks[starts + places], 2 * ranks[starts + newest] + 1), axis=1).astype(np.int32)
        keys.sort(axis=1)
        gaps = np.abs(np.cumsum(1 - 2 * (keys & 1), axis=1))
        tied = keys[:, :-1] >> 1 == keys[:, 1:] >> 1
        gaps[:, :-1][tied] = 0  # the distribution functions are compared after all equal values
        alarms: Bools = gaps.max(axis=1) >= self._limit
        return alarms


@lru_cache(maxsize=64)
def _smallest_gap(alpha: float, size: int) -> int:
    """The smallest distance, in values of `size`, that is an alarm."""
    low, high = size // LEAST_GAP + 1, size
    if ks_pvalue(high * size, size, size) > alpha:
        raise ValueError(f"alpha is {alpha}; {size} values are never that sure: take a larger alpha or stat_size")
    while low < high:
        middle = (low + high) // 2
        if ks_pvalue(middle * size, size, size) <= alpha:
            high = middle
        else:
            low = middle + 1
    return high
