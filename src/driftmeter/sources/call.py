"""One model call as a source watches it: open, filled, closed, and then a draft that the worker writes up.

What happens between `open` and `close` runs on the user's thread. Reading arrays, building records and everything else
waits for the worker, which calls `record`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextvars import ContextVar, Token
from time import perf_counter, time_ns
from types import TracebackType
from typing import Self, cast

import numpy as np
from numpy import ndarray

from driftmeter.columns import (
    NUMBERS,
    SNAPSHOT_BYTES,
    Columns,
    read_inputs,
    read_outputs,
    rows_of,
    snapshot,
    weight_of,
)
from driftmeter.pipeline import Guard, OpenSpan, catalogue, current
from driftmeter.pipeline.contracts import Array, Loose
from driftmeter.record import UNNAMED, Prediction, TraceLink, error_type_of
from driftmeter.sources.extras import HANDED_OVER, NO_EXTRAS, Extras, Watch
from driftmeter.sources.here import here
from driftmeter.sources.ids import ID_BITS, random_bits, uuid_bytes
from driftmeter.sources.surrounded import tell_span_sources
from driftmeter.sources.text import text_of, texts_of
from driftmeter.sources.timestamp import timestamp_ns
from driftmeter.text import as_text

_active: ContextVar[Call | None] = ContextVar("driftmeter_call", default=None)

CALL_WEIGHT_BYTES = 512
NO_LINK = TraceLink(0, 0, 0)


def surrounding() -> Call | None:
    """The open call around the current code: what happens inside belongs to it and is not counted again."""
    # A context outlives the call that it was copied in: a background task's, or a generator's closed from elsewhere.
    call = _active.get()
    return call if call is not None and call.is_open else None


class Call:
    """A model call in progress, a context manager; `id`, `outputs` and `scores` are what users see of it.

    Args:
        model, version, inputs, operation: as for `predict`.
        extras: what is seldom given.
        watch: who watches.

    """

    # Of what every call asks for, nothing stands on the class: Python is slow to find, and to hide, its attributes.
    _outer: Call | None = None

    def __init__(  # noqa: PLR0917  # a class that is called with keywords builds a dictionary of them
        self,
        model: str,
        version: str | None = None,
        inputs: object = None,
        operation: str = "predict",
        extras: Extras = NO_EXTRAS,
        watch: Watch = HANDED_OVER,
    ) -> None:
        self.model = model
        self.version = version
        self.inputs = inputs
        self.outputs: object = None
        self.scores: object = None
        self.operation = operation
        self.extras = extras
        self.watch = watch
        self._bits = random_bits(ID_BITS)
        self._asked_ns = 0
        self._started_ns = 0
        self.array: Array | None = None
        self.duration_s: float | None = None
        self.error_type: str | None = None
        self.link = NO_LINK
        self._token: Token[Call | None] | None = None
        self._span: OpenSpan | None = None

    @property
    def id(self) -> str:
        """The prediction's id, for `feedback`: the caller's own, or a UUID of version 7 (RFC 9562)."""
        return self.own_id()

    def own_id(self) -> str:
        """`id`, for this call alone."""
        if self._outer is not None:
            return self._outer.own_id()
        if (given := self.extras.id) is not None and (text := as_text(given)):
            return text
        if not self._started_ns and not self._asked_ns:
            self._asked_ns = time_ns()
        # Worked out from what is fixed from the start, so the caller and the worker get the same without a lock.
        return str(uuid.UUID(bytes=uuid_bytes(self._asked_ns or self._started_ns, self._bits)))

    @property
    def is_open(self) -> bool:
        """Whether the model is at work."""
        return self._token is not None

    def began_by(self, moment_s: float) -> bool:
        """Whether it had begun at this moment, in seconds since the epoch."""
        return self._started_ns <= moment_s * 1e9

    def __enter__(self) -> Self:
        """Start the clock and the span; never raises."""
        if self._started_ns:
            self._enter_again()
            return self
        self._started_ns = time_ns()
        outer = _active.get()
        if outer is not None and outer._token is not None and _same(outer.model, self.model):  # noqa: SLF001
            self._outer = outer
            return self
        self._token = _active.set(self)
        pipeline = current.pipeline()
        spans = pipeline.spans
        rows = 1
        inputs = self._given_inputs = self.inputs
        self._seen_inputs: object = None
        try:
            # Before the model sees them: some scale their input in place.
            if (
                type(inputs) is ndarray
                and 0 < len(shape := inputs.shape) <= 2
                and inputs.nbytes <= SNAPSHOT_BYTES
                and (dtype := inputs.dtype) in NUMBERS
            ):
                self._seen_inputs, self.array = inputs.tobytes(), (dtype, shape)
                rows = shape[0] if len(shape) > 1 else 1
            else:
                self._seen_inputs = snapshot(inputs)
                if spans is not None:
                    rows = rows_of(inputs, catalogue.vectors_of(self.model))
        except Exception as fault:  # noqa: BLE001  # an input that cannot be copied must not stop the model
            pipeline.guard.contain("sources.inputs", fault)
        if spans is not None:
            try:
                self._span = spans.start(model=self.model, version=self.version, operation=self.operation, rows=rows)
            except Exception as fault:  # noqa: BLE001  # nor must a sampler or span processor that fails
                pipeline.guard.contain("sources.span", fault)
        self._started_s = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clock, end the span and leave the call to the worker; never raises."""
        ended_s = perf_counter()
        token = self._token
        if token is None:
            self._leave_again(error)
            return
        self.duration_s = ended_s - self._started_s
        self._token = None
        pipeline = current.pipeline()
        try:
            if error is not None:
                # The exception itself would keep its frames, and so the user's arrays, alive until the worker comes.
                self.error_type = error_type_of(error)
            _active.reset(token)
        except Exception as fault:  # noqa: BLE001  # such as a generator that is closed in another context
            pipeline.guard.contain("sources.call", fault)
        try:
            if (span := self._span) is not None:
                self._span = None  # which else would wait in memory with the call
                self.link = span.link
                span.end(error)
            elif (link := here()) is not None:
                self.link = link
                tell_span_sources(link, self.model)
        except Exception as fault:  # noqa: BLE001  # a span processor that fails
            pipeline.guard.contain("sources.span", fault)
        if (inputs := self.inputs) is self._given_inputs:
            inputs = self._seen_inputs
        else:
            self.array = None
        self.left = (inputs, self.outputs, self.scores)
        pipeline.submit(self)

    def _enter_again(self) -> None:
        """What becomes of a call that is entered a second time: nothing, unless a source says so."""

    def _leave_again(self, error: BaseException | None) -> None:
        """And when that is left; or one that is part of an outer call of the same model."""

    def settle(self, guard: Guard) -> int:
        """Copy what the caller could still change; what cannot be copied is left out."""
        inputs, outputs, scores = self.left
        if self.array is not None and type(outputs) is float and scores is None:
            return CALL_WEIGHT_BYTES + len(inputs)  # type: ignore[arg-type]  # they are the array's bytes
        try:
            if inputs is not self._seen_inputs:
                inputs = snapshot(inputs)
        except Exception as fault:  # noqa: BLE001  # inputs that cannot be copied
            guard.contain("sources.inputs", fault)
            inputs = self._seen_inputs
        try:
            if type(outputs) is not float:
                outputs = snapshot(outputs)
            if scores is not None:
                scores = snapshot(scores)
        except Exception as fault:  # noqa: BLE001  # nor such outputs cost the call its record
            guard.contain("sources.outputs", fault)
            outputs = scores = None
        self.left = left_behind = (inputs, outputs, scores)
        weight_bytes = CALL_WEIGHT_BYTES
        for left in left_behind:
            if left is None or type(left) is float:
                continue
            try:
                weight_bytes += weight_of(left)
            except Exception:  # noqa: BLE001, S112
                continue
        return weight_bytes

    def loose(self, guard: Guard) -> Loose | None:
        """The call's parts as they lie, for those who can use them unread; None where they have to be read."""
        self.time_ns = started_ns = self._started_ns
        self.labels: tuple[object, object] | None = None
        if self.extras is NO_EXTRAS:
            self.identity: bytes | str = uuid_bytes(self._asked_ns or started_ns, self._bits)
            return self
        given_id, timestamp, slices, tags, subject = self.extras
        if subject is not None:
            return None
        if slices or tags:
            self.labels = slices or None, tags or None
        self.time_ns = timestamp_ns(timestamp, guard) or started_ns
        self.identity = uuid_bytes(self._asked_ns or started_ns, self._bits) if given_id is None else self.own_id()
        return self

    def left_behind(self) -> tuple[object, object, object]:
        """Inputs, outputs and scores, as they were when the call ended."""
        inputs, outputs, scores = self.left
        if self.array is not None:
            dtype, shape = self.array
            inputs = np.frombuffer(cast("bytes", inputs), dtype).reshape(shape)
        return inputs, outputs, scores

    def record(self, guard: Guard) -> Prediction:
        """Write up the call; a part that cannot be read is left out, and counted."""
        given_inputs, given_outputs, given_scores = self.left_behind()
        inputs = outputs = scores = None
        vectors = catalogue.vectors_of(self.model)
        with guard.at("sources.inputs"):
            inputs = read_inputs(given_inputs, None, vectors) if given_inputs is not None else None
        with guard.at("sources.outputs"):
            outputs = read_outputs(given_outputs, vectors=vectors) if given_outputs is not None else None
        with guard.at("sources.scores"):
            scores = read_outputs(given_scores) if given_scores is not None else None
        return Prediction(
            id=self.own_id(),
            model=text_of(self.model, guard, "sources.names") or UNNAMED,
            version=text_of(self.version, guard, "sources.names"),
            operation=text_of(self.operation, guard, "sources.names") or "predict",
            framework=self.watch.framework,
            started_ns=self._started_ns,
            duration_s=self.duration_s,
            timestamp_ns=timestamp_ns(self.extras.timestamp, guard) or self._started_ns,
            inputs=inputs,
            outputs=outputs,
            scores=scores,
            batch_size=_batch_size(inputs, outputs, scores),
            error_type=self.error_type,
            slices=self._texts(self.extras.slices, guard),
            tags=self._texts(self.extras.tags, guard),
            trace=None if self.link is NO_LINK else self.link,
            subject=self.extras.subject,
            source=self.watch.source,
            handed_over=self.watch.handed_over,
        )

    def _texts(self, given: object, guard: Guard) -> Mapping[str, str]:
        with guard.at("sources.names"):
            return texts_of(given, guard, "sources.names")
        return {}


def _same(model: object, other: object) -> bool:
    try:
        return bool(model == other)
    except Exception:  # noqa: BLE001  # a name may be anything, and the model must be served all the same
        return False


def _batch_size(*tables: Columns | None) -> int:
    return next((table.rows for table in tables if table is not None and table.width), 1)
