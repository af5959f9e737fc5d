"""What happens to a record between being written up and reaching the sinks: named, stripped, counted once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from driftmeter.columns import Columns
from driftmeter.pipeline.guard import Guard
from driftmeter.record import Prediction, Record

REMEMBERED_CALLS = 16_384


class Once:
    """Lets a prediction pass once, though several sources saw it.

    Two sources see the same prediction when they give the same id, or when a span source brings a span that surrounds
    a call which was recorded already. One source that repeats an id is believed: a retry is a call of its own.
    """

    def __init__(self, remembered: int = REMEMBERED_CALLS) -> None:
        self._remembered = remembered
        self._source_of: OrderedDict[str | int, str] = OrderedDict()

    def __call__(self, record: Record, /) -> Record | None:
        """The record, or None for a prediction that another source brought before."""
        if not isinstance(record, Prediction):
            return record
        surrounding = record.trace.span_id if record.trace is not None and record.source == "span" else None
        for key in (record.id, surrounding):
            if key is not None and self._source_of.get(key, record.source) != record.source:
                return None
        self._remember(record.id, record.source)
        if record.trace is not None and record.trace.parent_span_id and record.source != "span":
            self._remember(record.trace.parent_span_id, record.source)
        return record

    def _remember(self, key: str | int, source: str) -> None:
        self._source_of[key] = source
        if len(self._source_of) > self._remembered:
            self._source_of.popitem(last=False)


class Naming:
    """Gives columns without names those of the model's reference, where the numbers match.

    Args:
        inputs: names of the inputs by model.
        outputs: names of the outputs by model.
        guard: counts calls whose number of columns is not the reference's.

    """

    def __init__(
        self, inputs: Mapping[str, Sequence[str]], outputs: Mapping[str, Sequence[str]], guard: Guard
    ) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._guard = guard

    def __call__(self, record: Record, /) -> Record:
        """The record with named columns."""
        if not isinstance(record, Prediction):
            return record
        inputs = self._named(record.inputs, self._inputs.get(record.model))
        outputs = self._named(record.outputs, self._outputs.get(record.model) or ("output",))
        if inputs is record.inputs and outputs is record.outputs:
            return record
        return replace(record, inputs=inputs, outputs=outputs)

    def _named(self, columns: Columns | None, names: Sequence[str] | None) -> Columns | None:
        if columns is None or not columns.positional or names is None:
            return columns
        if columns.width == len(names):
            return columns.named(names)
        self._guard.faults.add("columns.width")
        return columns


class OtherModels:
    """Tells a bounded number of models and versions apart; what comes later is called `other`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[tuple[str, str | None]] = set()

    def __call__(self, record: Record, /) -> Record:
        """The record, under `other` when there are too many names already."""
        if not isinstance(record, Prediction) or (record.model, record.version) in self._known:
            return record
        if len(self._known) < self._most:
            self._known.add((record.model, record.version))
            return record
        return replace(record, model="other", version=None)
