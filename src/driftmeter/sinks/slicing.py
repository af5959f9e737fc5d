"""Which slices of the traffic are watched beside the whole: only those asked for, and only so many of their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from driftmeter.record import Prediction

OTHER: Final = "other"
"""The value that stands for all values beyond the bound."""

MAX_VALUE_CHARACTERS: Final = 100
"""Of a value's text; what is longer is told apart by its beginning."""


class Slice(NamedTuple):
    """One value of one slice: its calls are watched by themselves."""

    name: str
    value: str


class MonitorKey(NamedTuple):
    """What has a monitor of its own."""

    model: str
    version: str | None
    slice: Slice | None = None
    """None for the whole."""


class Slicer:
    """Sorts predictions into the slices that are watched, of which every model has a bounded number.

    The bound is on the values of all slices of a model together, whatever its versions: those that come first are
    told apart, the later ones of each slice are counted together as `other`, and one that is called so joins them.

    Args:
        names: of the slices that are watched; a prediction's other slices are left alone.
        most: how many values are told apart per model.

    >>> slicer = Slicer(["hub"], most=1)
    >>> calls = [Prediction(id="", model="m", started_ns=0, duration_s=None, source="", slices={"hub": hub})
    ...          for hub in ("DFW", "ORD", "DFW")]
    >>> [(slice_.value, len(part)) for slice_, part in slicer.parts(calls)]
    [('DFW', 2), ('other', 1)]

    """

    def __init__(self, names: Sequence[str], most: int) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._most = most
        self._known: dict[str, set[Slice]] = {}

    def parts(self, predictions: Sequence[Prediction]) -> Iterator[tuple[Slice, list[Prediction]]]:
        """The predictions of each slice, in their order; all are of one model."""
        for name in self._names:
            having = [(self._slice(p.model, name, p.slices[name]), p) for p in predictions if name in p.slices]
            having.sort(key=lambda pair: pair[0])
            for slice_, part in groupby(having, key=lambda pair: pair[0]):
                yield slice_, [prediction for _, prediction in part]

    def _slice(self, model: str, name: str, value: str) -> Slice:
        known = self._known.setdefault(model, set())
        found = Slice(name, value[:MAX_VALUE_CHARACTERS])
        if found in known:
            return found
        if len(known) < self._most and found.value != OTHER:
            known.add(found)
            return found
        return Slice(name, OTHER)
