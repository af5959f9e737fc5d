"""One model call as a source watches it: open, filled, closed, and then a draft that the worker writes up.

What happens between `open` and `close` runs on the user's thread. Reading arrays, building records and everything else
waits for the worker, which calls `record`.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token

from driftmeter.columns import Columns, read_inputs, read_outputs, rows_of, snapshot, weight_of
from driftmeter.pipeline import Guard, OpenSpan, current
from driftmeter.record import Prediction, TraceLink, error_type_of

active: ContextVar[Call | None] = ContextVar("driftmeter_call", default=None)
"""The call that surrounds the current code: what happens inside belongs to it and is not counted again."""

CALL_WEIGHT_BYTES = 512

# Not the `random` module's own generator: a user's `random.seed(0)` must not repeat prediction ids. A forked child
# would repeat its parent's.
_random = random.Random()  # noqa: S311  # ids need to be unique, not secret
os.register_at_fork(after_in_child=_random.seed)


class Call:
    """A model call in progress; `id`, and the places for `outputs` and `scores`, are what users see of it."""

    # Defaults on the class, not in `__init__`: what a call does not set costs its thread nothing.
    outputs: object = None
    scores: object = None
    duration_s: float | None = None
    framework: str | None = None
    names: Sequence[str] | None = None
    source = "predict"
    handed_over = True
    _error: BaseException | None = None
    _outer: Call | None = None
    _span: OpenSpan | None = None
    _link: TraceLink | None = None
    _token: Token[Call | None] | None = None
    _given_inputs: object = None
    _seen_inputs: object = None
    _left_behind: tuple[object, object, object] = (None, None, None)
    _started_ns = 0
    _started_s = 0.0

    def __init__(
        self,
        model: str,
        *,
        version: str | None = None,
        inputs: object = None,
        id: str | None = None,  # noqa: A002  # the word users know
        timestamp_ns: int | None = None,
        slices: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        operation: str = "predict",
    ) -> None:
        self.model = model
        self.version = version
        self.inputs = inputs
        self.slices = slices
        self.tags = tags
        self.timestamp_ns = timestamp_ns
        self.operation = operation
        self._given_id = id
        self._bits = _random.getrandbits(74)

    @property
    def id(self) -> str:
        """The prediction's id, for `feedback`: the caller's own, or a UUID of version 7 (RFC 9562)."""
        if self._outer is not None:
            return self._outer.id
        if self._given_id is not None:
            return self._given_id
        # Worked out from what is fixed when the call opens, so the caller and the worker get the same without a lock.
        milliseconds = self._started_ns // 1_000_000
        high, low = self._bits >> 62, self._bits & ((1 << 62) - 1)
        return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))

    def open(self) -> None:
        """Start the clock and the span; never raises."""
        self._started_ns = time.time_ns()
        outer = active.get()
        if outer is not None and outer.model == self.model:
            self._outer = outer
            return
        self._token = active.set(self)
        pipeline = current.pipeline()
        try:
            # Before the model sees them: some scale their input in place.
            self._given_inputs, self._seen_inputs = self.inputs, snapshot(self.inputs)
            if pipeline.spans is not None:
                self._span = pipeline.spans.start(
                    model=self.model, version=self.version, operation=self.operation, rows=rows_of(self.inputs)
                )
        except Exception as fault:  # noqa: BLE001  # an input that cannot be copied must not stop the model
            pipeline.guard.contain("sources.call", fault)
        self._started_s = time.perf_counter()

    def close(self, error: BaseException | None) -> None:
        """Stop the clock, end the span and leave the call to the worker; never raises."""
        if self._token is None:  # never opened, closed already, or part of an outer call of the same model
            return
        self.duration_s = time.perf_counter() - self._started_s
        self._error = error
        token, self._token = self._token, None
        pipeline = current.pipeline()
        try:
            if self._span is not None:
                self._span.end(error)
                self._link = self._span.link
            active.reset(token)
            seen = self._seen_inputs if self.inputs is self._given_inputs else snapshot(self.inputs)
            self._left_behind = (seen, snapshot(self.outputs), snapshot(self.scores))
            weight_bytes = CALL_WEIGHT_BYTES + weight_of(self.inputs) + weight_of(self.outputs)
        except Exception as fault:  # noqa: BLE001  # such as a generator that was closed in another context
            pipeline.guard.contain("sources.call", fault)
            weight_bytes = CALL_WEIGHT_BYTES
        pipeline.submit(self, weight_bytes)

    def record(self, guard: Guard) -> Prediction:
        """Write up the call; a part that cannot be read is left out, and counted."""
        given_inputs, given_outputs, given_scores = self._left_behind
        inputs = outputs = scores = None
        with guard.at("sources.inputs"):
            inputs = read_inputs(given_inputs, self.names) if given_inputs is not None else None
        with guard.at("sources.outputs"):
            outputs = read_outputs(given_outputs) if given_outputs is not None else None
        with guard.at("sources.scores"):
            scores = read_outputs(given_scores) if given_scores is not None else None
        return Prediction(
            id=self.id,
            model=self.model,
            version=self.version,
            operation=self.operation,
            framework=self.framework,
            started_ns=self._started_ns,
            duration_s=self.duration_s,
            timestamp_ns=self.timestamp_ns or self._started_ns,
            inputs=inputs,
            outputs=outputs,
            scores=scores,
            batch_size=_batch_size(inputs, outputs),
            error_type=error_type_of(self._error),
            slices=self.slices or {},
            tags=self.tags or {},
            trace=self._link,
            source=self.source,
            handed_over=self.handed_over,
        )


def _batch_size(inputs: Columns | None, outputs: Columns | None) -> int:
    table = inputs if inputs is not None else outputs
    return table.rows if table is not None else 1
