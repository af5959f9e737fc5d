"""From the attributes of a finished span to a prediction: the mapping, and the draft that applies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from driftmeter import semconv
from driftmeter.columns import Columns, read_inputs, read_outputs
from driftmeter.pipeline import Guard, catalogue
from driftmeter.record import Prediction, TraceLink
from driftmeter.sources.default import Default
from driftmeter.sources.text import text_of

SPAN_WEIGHT_BYTES = 512
ATTRIBUTE_WEIGHT_BYTES = 128
OTHER_ERROR = "error"
"""The `error.type` of a span that failed without one."""


class Named:
    """Which attributes of a span are columns, and what the columns are called.

    Args:
        given: attribute to column name, stated one by one; None to go by the prefix.
        prefix: attributes that begin so are columns, named by the rest.

    >>> Named(None, "ml.feature.").columns({"ml.feature.age": 31, "http.route": "/"})
    {'age': 31}
    >>> Named({"app.user.age": "age"}, "ml.feature.").columns({"app.user.age": 31, "ml.feature.height": 2})
    {'age': 31}

    """

    __slots__ = ("_given", "_prefix")

    def __init__(self, given: Mapping[str, str] | None, prefix: str) -> None:
        self._given = None if given is None else dict(given)
        self._prefix = prefix

    def any_in(self, attributes: Mapping[str, object]) -> bool:
        """Whether there is a column at all: asked of every span, so it must be cheap."""
        if self._given is not None:
            return any(attribute in attributes for attribute in self._given)
        prefix = self._prefix
        return any(attribute.startswith(prefix) for attribute in attributes)

    def columns(self, attributes: Mapping[str, object]) -> dict[str, object]:
        """Column name to value, or to one value per row."""
        if self._given is not None:
            return {name: attributes[attribute] for attribute, name in self._given.items() if attribute in attributes}
        return _below(self._prefix, attributes)


class Ended(NamedTuple):
    """What is taken from a span when it ends; nothing of it can change any more."""

    attributes: Mapping[str, object]
    link: TraceLink
    started_ns: int
    duration_s: float | None
    failed: bool


@dataclass(frozen=True, slots=True)
class SpannedPrediction:
    """A prediction in the attributes of a span, kept until the worker writes it up. No tuple: those are packed."""

    span: Ended
    features: Named
    outputs: Named
    default: Default

    def settle(self, guard: Guard) -> int:  # noqa: ARG002  # the contract's
        """Nothing is left to copy; roughly what it keeps alive."""
        return SPAN_WEIGHT_BYTES + ATTRIBUTE_WEIGHT_BYTES * len(self.span.attributes)

    def loose(self, guard: Guard) -> None:
        """It has to be read first."""

    def record(self, guard: Guard) -> Prediction:
        """Write up the prediction; a part that cannot be read is left out, and counted."""
        attributes, link = self.span.attributes, self.span.link

        def text(attribute: str) -> str | None:
            return text_of(attributes.get(attribute), guard, "sources.span.names")

        model, version = self.default.named(text(semconv.MODEL_NAME), text(semconv.MODEL_VERSION))
        vectors = catalogue.vectors_of(model)
        inputs = outputs = None
        with guard.at("sources.inputs"):
            inputs = _read(read_inputs, self.features.columns(attributes), vectors)
        with guard.at("sources.outputs"):
            outputs = _read(read_outputs, self.outputs.columns(attributes), vectors)
        table = inputs if inputs is not None else outputs
        return Prediction(
            # The same for every look at the span, and known to whoever has its context.
            id=text(semconv.PREDICTION_ID) or f"{link.trace_id:032x}-{link.span_id:016x}",
            model=model,
            version=version,
            operation=text(semconv.OPERATION_NAME) or "predict",
            framework=text(semconv.MODEL_FRAMEWORK),
            started_ns=self.span.started_ns,
            duration_s=self.span.duration_s,
            timestamp_ns=self.span.started_ns,
            inputs=inputs,
            outputs=outputs,
            batch_size=table.rows if table is not None else 1,
            error_type=(text(semconv.ERROR_TYPE) or OTHER_ERROR) if self.span.failed else None,
            slices=_texts_below(semconv.SLICE_PREFIX, attributes, guard),
            tags=_texts_below(semconv.TAG_PREFIX, attributes, guard),
            trace=link,
            source="span",
        )


def _below(prefix: str, attributes: Mapping[str, object]) -> dict[str, object]:
    return {name[len(prefix) :]: value for name, value in attributes.items() if name.startswith(prefix)}


def _texts_below(prefix: str, attributes: Mapping[str, object], guard: Guard) -> dict[str, str]:
    found = {name: text_of(value, guard, "sources.span.names") for name, value in _below(prefix, attributes).items()}
    return {name: value for name, value in found.items() if value is not None}


def _read(read: Callable[..., Columns], columns: dict[str, object], vectors: Mapping[str, int]) -> Columns | None:
    return read(columns, vectors=vectors) if columns else None
