"""The first look at a column, chunk by chunk: what kind it is, how far it reaches, which values are common.

Memory stays bounded however long the column is, and what is found does not depend on where it was cut into chunks.
"""

from __future__ import annotations

import math
import sys
import zlib

import numpy as np

from driftmeter.columns import Column, Floats, as_floats
from driftmeter.drift.edges import FEW_VALUES
from driftmeter.drift.label_scan import LabelScan, label_of
from driftmeter.drift.values import as_numbers


class ColumnScan:
    """What is known of one column after some of its chunks.

    Args:
        name: of the column; also the seed of its sample, so that the same data gives the same reference.
        sample: how many values are kept for quantiles, None for all.
        category: whether even numbers shall be read as labels.

    >>> scan = ColumnScan("age", sample=1000)
    >>> scan.add(np.array([31.0, 64.0, np.nan]))
    >>> scan.numbers, scan.low, scan.high, scan.integral
    (2, 31.0, 64.0, True)

    """

    def __init__(self, name: str, sample: int | None, *, category: bool = False) -> None:
        self.name = name
        self.numbers = 0
        self.texts = 0
        self.low, self.high = math.inf, -math.inf
        self.integral = True
        self.boolean = True
        self.labels = LabelScan(category=category)
        self.distinct: Floats | None = np.empty(0)
        """The distinct values, None as soon as they are more than few."""
        self._category = category
        self._sample = Reservoir(sample or sys.maxsize, seed=zlib.crc32(name.encode("utf-8", "surrogatepass")))

    def add(self, values: Column) -> None:
        """Take in the next chunk of the column."""
        self.labels.add(values)
        self.boolean = self.boolean and _all_boolean(values)
        fast = None if self._category else as_numbers(values)
        if fast is not None:
            self._add_numbers(fast.astype(np.float64, copy=False))
            return
        floats, texts = as_floats(values)
        self.texts += texts
        self._add_numbers(floats)

    def sampled(self) -> Floats:
        """A uniform sample of the column's finite values, all of them if they are few enough."""
        return self._sample.values()

    def _add_numbers(self, floats: Floats) -> None:
        self.numbers += int(floats.size - np.count_nonzero(np.isnan(floats)))
        finite = floats[np.isfinite(floats)] + 0.0  # no -0.0: which of the two zeros came first tells nothing
        if not finite.size:
            return
        self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        self.integral = self.integral and bool((finite == np.floor(finite)).all())
        if self.distinct is not None:
            distinct = np.unique(np.concatenate([self.distinct, finite]))
            self.distinct = distinct if distinct.size <= FEW_VALUES else None
        self._sample.add(finite)


class Reservoir:
    """A uniform random sample of a stream, the same for the same stream.

    Every value draws a number and those with the smallest numbers stay (Algorithm by Efraimidis & Spirakis, 2006,
    with equal weights), which needs one vectorised pass per chunk.

    >>> sample = Reservoir(10, seed=1)
    >>> sample.add(np.arange(1000.0))
    >>> sample.values().size
    10

    """

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._random = np.random.default_rng(seed)
        self._values: list[Floats] = []
        self._draws: list[Floats] = []
        self._held = 0
        self._limit = 1.0

    def add(self, values: Floats) -> None:
        """Offer values to the sample."""
        draws = self._random.random(values.size)
        if self._limit < 1.0:
            staying = draws < self._limit
            values, draws = values[staying], draws[staying]
        self._values.append(values)
        self._draws.append(draws)
        self._held += values.size
        if self._held > 2 * self._size:
            self._shrink()

    def values(self) -> Floats:
        """The sample so far."""
        if self._held > self._size:
            self._shrink()
        return np.concatenate(self._values) if self._values else np.empty(0)

    def _shrink(self) -> None:
        values, draws = np.concatenate(self._values), np.concatenate(self._draws)
        staying = np.argpartition(draws, self._size)[: self._size]
        self._values, self._draws, self._held = [values[staying]], [draws[staying]], self._size
        self._limit = float(self._draws[0].max())


def _all_boolean(values: Column) -> bool:
    """Whether there is nothing but truth values and missing ones; told at the first other one."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.dtype.kind == "b" or bool(values.dtype.kind == "f" and np.isnan(values).all()) or not values.size
    return all(isinstance(value, bool | np.bool_) for value in values if label_of(value) is not None)
