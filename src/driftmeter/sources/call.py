"""One model call as a source watches it: open, filled, closed, and then a draft that the worker writes up.

What happens between `open` and `close` runs on the user's thread. Reading arrays, building records and everything else
waits for the worker, which calls `record`.
"""

from __future__ import annotations

import math
import os
import random
import struct
import time
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token

from driftmeter.columns import Columns, read_inputs, read_outputs, rows_of, snapshot, weight_of
from driftmeter.pipeline import Guard, OpenSpan, catalogue, current
from driftmeter.pipeline.contracts import Loose
from driftmeter.record import UNNAMED, Prediction, TraceLink, error_type_of
from driftmeter.sources.here import here
from driftmeter.sources.surrounded import tell_span_sources
from driftmeter.sources.text import text_of, texts_of
from driftmeter.sources.timestamp import Timestamp, timestamp_ns
from driftmeter.text import as_text

_active: ContextVar[Call | None] = ContextVar("driftmeter_call", default=None)

CALL_WEIGHT_BYTES = 512
LOW_BITS = (1 << 62) - 1
VARIANT = 1 << 63
TWO_WORDS = struct.Struct(">QQ")
NO_LINK = TraceLink(0, 0, 0)

# Not the `random` module's own generator: a user's `random.seed(0)` must not repeat prediction ids. A forked child
# would repeat its parent's.
_random = random.Random()  # noqa: S311  # ids need to be unique, not secret
os.register_at_fork(after_in_child=_random.seed)


def surrounding() -> Call | None:
    """The open call around the current code: what happens inside belongs to it and is not counted again."""
    # A context outlives the call that it was copied in: a background task's, or a generator's closed from elsewhere.
    call = _active.get()
    return call if call is not None and call.is_open else None


class Call:
    """A model call in progress; `id`, and the places for `outputs` and `scores`, are what users see of it."""

    # Defaults on the class for what is seldom asked for before it is set; asked for, those in `__init__` are cheaper.
    duration_s: float | None = None
    source = "predict"
    handed_over = True
    _outer: Call | None = None
    _given_inputs: object = None
    _seen_inputs: object = None
    _left_behind: tuple[object, object, object] = (None, None, None)
    _started_s = 0.0

    def __init__(  # noqa: PLR0917  # a class that is called with keywords builds a dictionary of them
        self,
        model: str,
        version: str | None = None,
        inputs: object = None,
        id: str | None = None,  # noqa: A002  # the word users know
        timestamp: Timestamp = None,
        slices: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        subject: object = None,
        operation: str = "predict",
    ) -> None:
        self.model = model
        self.version = version
        self.inputs = inputs
        self.outputs: object = None
        self.scores: object = None
        self.slices = slices
        self.tags = tags
        self.timestamp = timestamp
        self.operation = operation
        self.subject = subject
        self._given_id = id
        self._bits = _random.getrandbits(74)
        self._created_ns = time.time_ns()
        self._started_ns = 0
        self.names: Sequence[str] | None = None
        self.framework: str | None = None
        self._error_type: str | None = None
        self._link: TraceLink | None = None
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
        if self._given_id is not None and (given := as_text(self._given_id)):
            return given
        return str(uuid.UUID(bytes=self._uuid_bytes()))

    def _uuid_bytes(self) -> bytes:
        # Worked out from what is fixed from the start, so the caller and the worker get the same without a lock.
        bits = self._bits
        return TWO_WORDS.pack(self._created_ns // 1_000_000 << 16 | 0x7000 | bits >> 62, bits & LOW_BITS | VARIANT)

    @property
    def is_open(self) -> bool:
        """Whether the model is at work."""
        return self._token is not None

    def open(self) -> None:
        """Start the clock and the span; never raises."""
        self._started_ns = time.time_ns()
        outer = _active.get()
        if outer is not None and outer.is_open and _same(outer.model, self.model):
            self._outer = outer
            return
        self._token = _active.set(self)
        pipeline = current.pipeline()
        spans = pipeline.spans
        rows = 1
        try:
            # Before the model sees them: some scale their input in place.
            self._given_inputs = self.inputs
            self._seen_inputs = snapshot(self.inputs)
            if spans is not None:
                rows = rows_of(self.inputs, catalogue.vectors_of(self.model))
        except Exception as fault:  # noqa: BLE001  # an input that cannot be copied must not stop the model
            pipeline.guard.contain("sources.inputs", fault)
        if spans is not None:
            try:
                self._span = spans.start(model=self.model, version=self.version, operation=self.operation, rows=rows)
            except Exception as fault:  # noqa: BLE001  # nor must a sampler or span processor that fails
                pipeline.guard.contain("sources.span", fault)
        self._started_s = time.perf_counter()

    def close(self, error: BaseException | None) -> None:
        """Stop the clock, end the span and leave the call to the worker; never raises."""
        token = self._token
        if token is None:  # never opened, closed already, or part of an outer call of the same model
            return
        self.duration_s = time.perf_counter() - self._started_s
        self._token = None
        pipeline = current.pipeline()
        try:
            if error is not None:
                # The exception itself would keep its frames, and so the user's arrays, alive until the worker comes.
                self._error_type = error_type_of(error)
            _active.reset(token)
        except Exception as fault:  # noqa: BLE001  # such as a generator that is closed in another context
            pipeline.guard.contain("sources.call", fault)
        try:
            if (span := self._span) is not None:
                self._span = None  # which else would wait in memory with the call
                self._link = span.link
                span.end(error)
            elif (link := here()) is not None:
                self._link = link
                tell_span_sources(link, self.model)
        except Exception as fault:  # noqa: BLE001  # a span processor that fails
            pipeline.guard.contain("sources.span", fault)
        inputs = self.inputs
        self._left_behind = (
            self._seen_inputs if inputs is self._given_inputs else inputs,
            self.outputs,
            self.scores,
        )
        pipeline.submit(self)

    def settle(self, guard: Guard) -> int:
        """Copy what the caller could still change; what cannot be copied is left out."""
        inputs, outputs, scores = self._left_behind
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
        self._left_behind = left_behind = (inputs, outputs, scores)
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
        """The call's parts as they lie, for those who can use them unread."""
        if self.names is not None or self.subject is not None:
            return None
        given_id = self._given_id
        started_ns = self._started_ns
        trace = self._link or NO_LINK
        return (
            (
                self.model,
                self.version,
                self.operation,
                self.framework,
                self.source,
                self.handed_over,
                self._error_type,
                given_id is None,
            ),
            (*self._left_behind, self.slices, self.tags),
            started_ns if self.timestamp is None else timestamp_ns(self.timestamp, guard) or started_ns,
            trace,
            math.nan if self.duration_s is None else self.duration_s,
            self._uuid_bytes() if given_id is None else self.own_id(),
        )

    def record(self, guard: Guard) -> Prediction:
        """Write up the call; a part that cannot be read is left out, and counted."""
        given_inputs, given_outputs, given_scores = self._left_behind
        inputs = outputs = scores = None
        vectors = catalogue.vectors_of(self.model)
        with guard.at("sources.inputs"):
            inputs = read_inputs(given_inputs, self.names, vectors) if given_inputs is not None else None
        with guard.at("sources.outputs"):
            outputs = read_outputs(given_outputs, vectors=vectors) if given_outputs is not None else None
        with guard.at("sources.scores"):
            scores = read_outputs(given_scores) if given_scores is not None else None
        return Prediction(
            id=self.own_id(),
            model=text_of(self.model, guard, "sources.names") or UNNAMED,
            version=text_of(self.version, guard, "sources.names"),
            operation=text_of(self.operation, guard, "sources.names") or "predict",
            framework=self.framework,
            started_ns=self._started_ns,
            duration_s=self.duration_s,
            timestamp_ns=timestamp_ns(self.timestamp, guard) or self._started_ns,
            inputs=inputs,
            outputs=outputs,
            scores=scores,
            batch_size=_batch_size(inputs, outputs, scores),
            error_type=self._error_type,
            slices=self._texts(self.slices, guard),
            tags=self._texts(self.tags, guard),
            trace=self._link,
            subject=self.subject,
            source=self.source,
            handed_over=self.handed_over,
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
