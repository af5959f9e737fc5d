"""Samples without replacement, drawn once for all detectors with the same seed."""

from __future__ import annotations

import random
import threading
from functools import lru_cache
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Ints

REMEMBERED: Final = 16_384
"""Samples remembered per seed and size, 4 MB at the usual 30 of 70; a stream rarely goes that long without alarm."""

AHEAD: Final = 256
"""Samples drawn at a time."""


class Draws:
    """The samples that `random.Random(seed).sample(range(population), size)` gives one after the other.

    >>> generator = random.Random(7)
    >>> Draws(7, 70, 30).take(1)[0].tolist() == generator.sample(range(70), 30)
    True
    """

    def __init__(self, seed: int, population: int, size: int) -> None:
        self._key = (seed, population, size)
        self._taken = 0
        self._own: random.Random | None = None

    def take(self, count: int) -> Ints:
        """The next `count` samples, shape (count, size)."""
        shared = _shared(*self._key)
        remembered = shared.part(self._taken, count)
        self._taken += count
        if len(remembered) == count:
            return remembered
        if self._own is None:
            self._own = shared.beyond()
        _, population, size = self._key
        return np.concatenate((remembered, _drawn(self._own, population, size, count - len(remembered))))


class _Shared:
    """The first samples of one seed, grown as far as anyone has asked."""

    def __init__(self, seed: int, population: int, size: int) -> None:
        self._generator = random.Random(seed)  # noqa: S311  (drawing a sample, not a secret)
        self._population, self._size = population, size
        self._samples = np.empty((0, size), np.int64)
        self._lock = threading.Lock()

    def part(self, start: int, count: int) -> Ints:
        """Samples `start` to `start + count`, as far as they are remembered."""
        end = min(start + count, REMEMBERED)
        with self._lock:
            missing = end - len(self._samples)
            if missing > 0:
                count = -(-missing // AHEAD) * AHEAD
                more = _drawn(self._generator, self._population, self._size, count)
                self._samples = np.concatenate((self._samples, more))
            return self._samples[start:end]

    def beyond(self) -> random.Random:
        """A generator of the samples that follow the remembered ones, once all of these were asked for."""
        generator = random.Random()  # noqa: S311
        with self._lock:
            generator.setstate(self._generator.getstate())
        return generator


@lru_cache(maxsize=16)
def _shared(seed: int, population: int, size: int) -> _Shared:
    return _Shared(seed, population, size)


def _drawn(generator: random.Random, population: int, size: int, count: int) -> Ints:
    places = range(population)
    return np.array([generator.sample(places, size) for _ in range(count)], np.int64).reshape(count, size)
