"""Counters that go on where those of the pipeline before stopped: one that falls tells of rows that were taken back."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from opentelemetry.metrics import Observation

Source = TypeVar("Source")


class Carried(Generic[Source]):
    """Reads a counter from one source after the other, all of which begin at zero, as one counter.

    What a source counted is taken over when the next is read for the first time, by when it has come to its end. In a
    forked child all begin at zero: what the parent counted, the parent sends.

    Args:
        read: the counter of one source.

    >>> carried = Carried(lambda source: [Observation(value, {"bin": name}) for name, value in source.items()])
    >>> [[seen.value for seen in carried(source)] for source in ({"a": 3, "b": 1}, {"a": 0}, {"a": 2})]
    [[3, 1], [3], [5]]

    """

    def __init__(self, read: Callable[[Source], Iterable[Observation]]) -> None:
        self._read = read
        self._before: Counter[frozenset[tuple[str, object]]] = Counter()
        self._source: Source | None = None
        self._pid = os.getpid()

    def __call__(self, source: Source) -> Iterator[Observation]:
        """The counter so far."""
        if self._pid != os.getpid():
            self._pid, self._source = os.getpid(), None
            self._before.clear()
        if self._source is not None and source is not self._source:
            for seen in self._read(self._source):
                self._before[_series(seen)] += seen.value  # type: ignore[assignment]  # these are whole numbers
        self._source = source
        for seen in self._read(source):
            yield Observation(seen.value + self._before[_series(seen)], seen.attributes) if self._before else seen


def _series(seen: Observation) -> frozenset[tuple[str, object]]:
    return frozenset((seen.attributes or {}).items())
