"""The draft of a prediction that arrived as a log record: `extra={"prediction": {…}}`."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping

from driftmeter.columns import Columns, read_inputs, read_outputs, snapshot, weight_of
from driftmeter.pipeline import Guard, catalogue
from driftmeter.record import Prediction, TraceLink
from driftmeter.sources.call import CALL_WEIGHT_BYTES
from driftmeter.sources.default import Default
from driftmeter.sources.text import text_of, texts_of
from driftmeter.sources.timestamp import timestamp_ns

VALUES = ("inputs", "outputs", "scores")
NAMES = ("slices", "tags")
KEYS = frozenset(
    {"model", "version", "id", "timestamp", "duration_s", "operation", "error_type", "subject", *VALUES, *NAMES},
)
"""What a prediction in a log record may say of itself."""


_TEXTS = ("model", "version", "id", "operation", "error_type")


class LoggedPrediction:
    """What a log record said of a prediction, kept until the worker writes it up."""

    __slots__ = ("_created_ns", "_default", "_error_type", "_given", "_link")

    def __init__(
        self,
        given: Mapping[str, object],
        default: Default,
        *,
        created_ns: int,
        error_type: str | None,
        link: TraceLink | None,
    ) -> None:
        """Copy what the caller could change behind our back; nothing is read yet."""
        kept = dict(given)
        for key in (*VALUES, *NAMES):
            if key in kept:
                kept[key] = snapshot(kept[key])
        self._given = kept
        self._default = default
        self._created_ns = created_ns
        self._error_type = error_type
        self._link = link

    def settle(self, guard: Guard) -> int:  # noqa: ARG002  # the contract's
        """Nothing is left to copy; roughly what it keeps alive."""
        return CALL_WEIGHT_BYTES + sum(weight_of(self._given.get(key)) for key in VALUES)

    def loose(self, guard: Guard) -> None:
        """It has to be read first."""

    def record(self, guard: Guard) -> Prediction:
        """Write up the prediction; a part that cannot be read is left out, and counted."""
        given = self._given
        if unknown := len(given.keys() - KEYS):
            guard.faults.add("sources.log.keys", unknown)
        names = {key: text_of(given.get(key), guard, f"sources.log.{key}") for key in _TEXTS}
        model, version = self._default.named(names["model"], names["version"])
        vectors = catalogue.vectors_of(model)
        inputs = outputs = scores = None
        with guard.at("sources.inputs"):
            inputs = _read(read_inputs, given.get("inputs"), vectors)
        with guard.at("sources.outputs"):
            outputs = _read(read_outputs, given.get("outputs"), vectors)
        with guard.at("sources.scores"):
            scores = _read(read_outputs, given.get("scores"), vectors)
        duration_s = _duration_s(given.get("duration_s"), guard)
        started_ns = self._created_ns - int((duration_s or 0.0) * 1e9)
        table = inputs if inputs is not None else outputs
        return Prediction(
            id=names["id"] or str(uuid.uuid4()),
            model=model,
            version=version,
            operation=names["operation"] or "predict",
            started_ns=started_ns,
            duration_s=duration_s,
            timestamp_ns=timestamp_ns(given.get("timestamp"), guard) or started_ns,
            inputs=inputs,
            outputs=outputs,
            scores=scores,
            batch_size=table.rows if table is not None else 1,
            error_type=names["error_type"] or self._error_type,
            slices=texts_of(given.get("slices"), guard, "sources.log.slices"),
            tags=texts_of(given.get("tags"), guard, "sources.log.tags"),
            trace=self._link,
            subject=given.get("subject"),
            source="log",
        )


def _read(read: Callable[..., Columns], given: object, vectors: Mapping[str, int]) -> Columns | None:
    return None if given is None else read(given, vectors=vectors)


def _duration_s(given: object, guard: Guard) -> float | None:
    with guard.at("sources.log.duration_s"):
        if given is None:
            return None
        duration_s = float(given)  # type: ignore[arg-type]  # what is no number raises
        if not (math.isfinite(duration_s) and duration_s >= 0):
            raise ValueError("a duration is a number of seconds, not negative")
        return duration_s
    return None
