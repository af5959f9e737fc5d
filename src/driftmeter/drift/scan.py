"""The first look at a column, chunk by chunk: what kind it is, how far it reaches, which values are common.

Memory stays bounded however long the column is: a random sample for the quantiles, the first 10,000 labels.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections import Counter

import numpy as np

from driftmeter.columns import Column, Floats, as_floats
from driftmeter.drift.edges import FEW_VALUES
from driftmeter.drift.values import as_numbers
from driftmeter.stats.categories import label_text

MAX_SCANNED_LABELS = 10_000
MAX_LABEL_LENGTH = 200
"""A longer text is free text, not a category."""


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
        self.labels: Counter[str] = Counter()
        self.distinct: Floats | None = np.empty(0)
        """The distinct values, None as soon as they are more than few."""
        self._category = category
        self._sample = Reservoir(sample or sys.maxsize, seed=zlib.crc32(name.encode("utf-8", "surrogatepass")))

    def add(self, values: Column) -> None:
        """Take in the next chunk of the column."""
        fast = as_numbers(values)
        if fast is not None and not self._category:
            self.boolean &= fast.dtype.kind == "b"
            self._add_numbers(fast.astype(np.float64, copy=False))
            return
        floats, texts = as_floats(values)
        self.texts += texts
        self.boolean &= all(isinstance(value, bool | np.bool_) for value in values if label_of(value) is not None)
        self._add_labels(values)
        self._add_numbers(floats)

    def sampled(self) -> Floats:
        """A uniform sample of the column's finite values, all of them if they are few enough."""
        return self._sample.values()

    def _add_numbers(self, floats: Floats) -> None:
        self.numbers += int(floats.size - np.count_nonzero(np.isnan(floats)))
        finite = floats[np.isfinite(floats)]
        if not finite.size:
            return
        self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        self.integral = self.integral and bool((finite == np.floor(finite)).all())
        if self.distinct is not None:
            distinct = np.unique(np.concatenate([self.distinct, finite]))
            self.distinct = distinct if distinct.size <= FEW_VALUES else None
        self._sample.add(finite)

    def _add_labels(self, values: Column) -> None:
        for label, times in Counter(map(label_of, values)).items():
            if label is None or len(label) > MAX_LABEL_LENGTH:
                continue
            if label in self.labels or len(self.labels) < MAX_SCANNED_LABELS:
                self.labels[label] += times


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


def label_of(value: object) -> str | None:
    """The label a value counts under, None where it is missing or no category at all (a list, a mapping)."""
    try:
        if value is None or value != value or type(value).__name__ in {"NAType", "NaTType"}:  # noqa: PLR0124  # NaN
            return None
        hash(value)
        return label_text(value)
    except Exception:  # noqa: BLE001  # a value's own __eq__, __hash__ or __str__ may do anything
        return None
