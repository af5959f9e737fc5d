"""How far a sum of steps has climbed above the lowest point it has been at."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats
from driftmeter.stats.detectors.running import running_sums

LONGEST: Final = 4096
"""Steps after which the sum is rebased, so that a long descent costs no precision."""

LARGEST_WEIGHT: Final = 2.0**64
"""How far the weights of a fading sum may grow within a stretch before it is rebased."""


class Heights(NamedTuple):
    """For each of n steps the height, the lowest point of the sum, and the sum as it is held; shape (n,)."""

    heights: Floats
    lowest: Floats
    scaled: Floats


class Climb:
    """The height of a fading sum, s = keep s + step, above its lowest point so far.

    With keep = 1 and a lowest point of 0 to begin with this is Page's (1954) max(0, height + step). Within a stretch
    the sum is held divided by the powers of `keep`, which turns the recurrence into a plain sum that an array can
    take at once; stretches end after the same numbers of steps whether these come singly or in arrays.

    >>> climb = Climb(keep=1.0, lowest=0.0)
    >>> [climb.step(x) for x in (-2.0, 1.0, 3.0)]
    [0.0, 1.0, 4.0]
    """

    def __init__(self, keep: float, lowest: float) -> None:
        self._keep = keep
        self._lowest = lowest
        self._scaled = 0.0
        self._at = 0
        self._powers = _powers(keep)

    def room(self) -> int:
        """How many steps `heights` can take now."""
        return int(self._powers.size - self._at)

    def step(self, step: float) -> float:
        """Take one step; the height after it."""
        power = self._powers.item(self._at)
        self._scaled += step / power
        total = self._scaled * power
        if total < self._lowest:  # noqa: PLR1730  (half the time of `min`, once per value)
            self._lowest = total
        height = total - self._lowest
        self._at += 1
        if self._at == self._powers.size:
            self._rebase()
        return height

    def heights(self, steps: Floats) -> Heights:
        """The climb after each of at most `room()` steps; `settle` then takes as many of them as count."""
        powers = self._powers[self._at : self._at + steps.size]
        scaled = running_sums(self._scaled, steps / powers)
        totals = scaled * powers
        # fmin: a sum that overflowed to NaN is no lowest point, as for `min` in `step`.
        lowest = np.fmin.accumulate(np.concatenate(([self._lowest], totals)))[1:]
        return Heights(totals - lowest, lowest, scaled)

    def settle(self, heights: Heights, last: int) -> None:
        """Take the steps up to index `last`."""
        self._at += last + 1
        self._scaled, self._lowest = float(heights.scaled[last]), float(heights.lowest[last])
        if self._at == self._powers.size:
            self._rebase()

    def _rebase(self) -> None:
        self._scaled = self._scaled * self._powers.item(self._at - 1) * self._keep
        self._at = 0
        if self._keep == 1.0:  # only a sum that does not fade can be shifted without changing later heights
            self._scaled, self._lowest = self._scaled - self._lowest, 0.0


@lru_cache(maxsize=16)
def _powers(keep: float) -> Floats:
    """1, keep, keep^2, ..., as far as a stretch goes."""
    fading = -math.log(keep)
    count = min(LONGEST, 1 + int(math.log(LARGEST_WEIGHT) / fading)) if fading else LONGEST
    powers: Floats = np.cumprod(np.concatenate(([1.0], np.full(count - 1, keep, np.float64))), dtype=np.float64)
    powers.setflags(write=False)
    return powers
