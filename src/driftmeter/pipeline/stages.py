"""What happens to a record between being written up and reaching the sinks: named, stripped, counted once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from driftmeter.columns import Columns
from driftmeter.pipeline.catalogue import KnownModel
from driftmeter.pipeline.guard import Guard
from driftmeter.record import Feedback, Prediction, Record

REMEMBERED_CALLS = 16_384
OTHER = "other"
UNKNOWN = KnownModel("", None, (), ())


class Once:
    """Lets a prediction pass once, though several sources bring it under the same id.

    One source that repeats an id is believed: a retry is a call of its own.
    """

    def __init__(self, remembered: int = REMEMBERED_CALLS) -> None:
        self._remembered = remembered
        self._source_of: OrderedDict[str, str] = OrderedDict()
        self.renew()

    def __call__(self, record: Record, /) -> Record | None:
        """The record, or None for a prediction that another source brought before."""
        if not isinstance(record, Prediction):
            return record
        return record if self.first(record.id, record.source) else None

    def first(self, id_: str, source: str) -> bool:
        """Whether this is the source that brought the id first; from any thread."""
        with self._lock:
            if self._source_of.setdefault(id_, source) != source:
                return False
            if len(self._source_of) > self._remembered:
                self._source_of.popitem(last=False)
            return True

    def renew(self) -> None:
        """A lock that no other thread can hold: what a forked child needs."""
        self._lock = threading.RLock()


class Naming:
    """Fills in what a reference knows of its model: the names of columns that came without, and the version.

    Args:
        models: the models that have a reference.
        guard: counts calls whose number of columns is not the reference's.

    """

    def __init__(self, models: Iterable[KnownModel], guard: Guard) -> None:
        self._models = {model.name: model for model in models}
        self._guard = guard

    def __call__(self, record: Record, /) -> Record:
        """The record, completed."""
        if not isinstance(record, Prediction):
            return record
        known = self._models.get(record.model, UNKNOWN)
        inputs = self._named(record.inputs, known.inputs)
        outputs = self._named(record.outputs, known.outputs or _unless_several(record.outputs))
        version = known.version if record.version is None else record.version
        if inputs is record.inputs and outputs is record.outputs and version == record.version:
            return record
        return replace(record, inputs=inputs, outputs=outputs, version=version)

    def _named(self, columns: Columns | None, names: Sequence[str]) -> Columns | None:
        if columns is None or not columns.positional or not names:
            return columns
        if columns.width == len(names):
            return columns.named(names)
        self._guard.faults.add("columns.width")
        return columns


def _unless_several(outputs: Columns | None) -> tuple[str, ...]:
    return ("output",) if outputs is not None and outputs.width == 1 else ()


class OtherModels:
    """Tells a bounded number of models and versions apart; what comes later is called `other`.

    A later version of a model that is known is this model's version `other`, so that it is still held against the
    model's reference; a later model is the model `other`.

    Args:
        most: how many; those that have a reference are told apart in any case.
        models: those that have a reference.

    """

    def __init__(self, most: int, models: Iterable[KnownModel] = ()) -> None:
        self._known: set[tuple[str, str | None]] = {(model.name, model.version) for model in models}
        self._most = max(most, len(self._known))
        self._models = {model for model, _ in self._known}

    def __call__(self, record: Record, /) -> Record:
        """The record, under `other` when there are too many names already."""
        if isinstance(record, Feedback) or (record.model, record.version) in self._known:
            return record
        if len(self._known) < self._most:
            self._known.add((record.model, record.version))
            self._models.add(record.model)
            return record
        return record.called(record.model, OTHER) if record.model in self._models else record.called(OTHER, None)
