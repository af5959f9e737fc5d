"""A call of an estimator, read the way scikit-learn means its values: always one row per element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from opentelemetry import baggage

from driftmeter.columns import Columns, read_outputs
from driftmeter.pipeline import Guard, catalogue
from driftmeter.pipeline.contracts import Loose
from driftmeter.record import Prediction
from driftmeter.semconv import PREDICTION_ID
from driftmeter.sources.call import Call
from driftmeter.sources.extras import NO_EXTRAS, Extras, Watch
from driftmeter.sources.sklearn.identity import Identity

MAX_ID_CHARACTERS = 128


class EstimatorCall(Call):
    """A `Call` whose operation says what the result is: `predict` gives outputs, everything else scores of classes."""

    def __init__(self, identity: Identity, operation: str, inputs: object) -> None:
        super().__init__(
            identity.model,
            version=identity.version,
            inputs=_without_cells(inputs) if hasattr(type(inputs), "nnz") else inputs,
            operation=operation,
            extras=_extras(),
            watch=Watch(identity.framework, "sklearn", handed_over=False),
        )
        self._names = identity.names
        self._classes = identity.classes

    def answer(self, given: object) -> None:
        """Take what the method returned."""
        if self.operation == "predict":
            self.outputs = given[0] if isinstance(given, tuple) else given  # (mean, deviation) of a Gaussian process
        else:
            self.scores = given

    def loose(self, guard: Guard) -> Loose | None:
        """The call's parts, where scikit-learn means them as everybody does: numbers in, an answer for each row out."""
        inputs, _, scores = self.left
        shape = self.array[1] if self.array is not None else inputs.shape if type(inputs) is np.ndarray else ()
        plain = self._names is None and len(shape) == 2 and scores is None
        return super().loose(guard) if plain else None

    def record(self, guard: Guard) -> Prediction:
        """Write up the call; a part that cannot be read is left out, and counted."""
        given_inputs, given_outputs, given_scores = self.left_behind()
        inputs = outputs = scores = None
        with guard.at("sources.inputs"):
            inputs = self._read_inputs(given_inputs, guard)
        with guard.at("sources.outputs"):
            outputs = read_outputs(given_outputs) if given_outputs is not None else None
        with guard.at("sources.scores"):
            scores = _read_scores(given_scores, self._classes) if given_scores is not None else None
        rows = next((table.rows for table in (inputs, outputs, scores) if table is not None), 1)
        self.array = None
        self.left = (inputs if inputs is not None and inputs.width else None, outputs, scores)
        return replace(super().record(guard), batch_size=rows)

    def _read_inputs(self, given: object, guard: Guard) -> Columns | None:
        if given is None:
            return None
        table = read_outputs(given)  # a flat list is no row of features here, but one text per row
        if self._names is None or not table.positional or not table.width:
            return table
        if table.width == len(self._names):
            return table.named(self._names)
        guard.faults.add("columns.width")  # the model will have refused it, too
        return table


def _without_cells(sparse: object) -> object:
    """As many rows as a sparse matrix has, and no columns: those of text are words, and there are too many of them."""
    return np.empty((int(sparse.shape[0]), 0))  # type: ignore[attr-defined]  # scipy is not imported


def _read_scores(given: object, classes: object) -> Columns:
    if isinstance(given, list):  # one array per output of the model
        several = cast("Sequence[Sequence[object]]", classes)
        table = read_outputs(np.hstack([np.asarray(scores) for scores in given]))
        labels = [f"{output}.{label}" for output, own in enumerate(several) for label in own]
    else:
        table = read_outputs(given)
        labels = [] if classes is None else [str(label) for label in cast("Sequence[object]", classes)]
        labels = labels[1:] if table.width == 1 and len(labels) == 2 else labels  # the second class's, by convention
    return table.named(labels) if table.positional and table.width == len(labels) else table


def _extras() -> Extras:
    """The caller's id, from baggage."""
    if not catalogue.defaults().accept_baggage_id:
        return NO_EXTRAS
    found = baggage.get_baggage(PREDICTION_ID)
    if isinstance(found, str) and 0 < len(found) <= MAX_ID_CHARACTERS and found.isprintable():
        return Extras(id=found)
    return NO_EXTRAS
