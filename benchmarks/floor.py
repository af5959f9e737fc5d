"""The least that the steps of a prediction cost in Python: no options, no faults contained, no settings, no limits.

Two clocks, a context variable, the bytes of the input, one append to a queue; for the journal also one `struct.pack`, a
random id, two checksums, a lock and one `write()`. What `predict()` costs beyond this is ours; what the goals ask below
this, no library in Python reaches.
"""

from __future__ import annotations

import os
import random
import struct
import threading
import time
import zlib
from collections import deque
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from driftmeter.sinks.spans import SpanSink

_active: ContextVar[Floor | None] = ContextVar("floor", default=None)
_head = struct.Struct("<QQ16sQBdI16sd")
_frame = struct.Struct("<2sBBIIQI")
_lock = threading.RLock()
_bits = random.Random().getrandbits  # ids need to be unique, not secret


class Floor:
    """A call that is timed, kept, and written down if there is a file.

    Args:
        inputs: an array.
        queue: where finished calls wait.
        spans: opens the span around it; None for none.
        file: descriptor to append to; None to keep calls in memory alone.

    """

    def __init__(self, inputs: Any, queue: deque[object], spans: SpanSink | None, file: int | None) -> None:
        self.inputs, self.queue, self.spans, self.file = inputs, queue, spans, file
        self.outputs = 0.0
        self.token: Token[Floor | None] | None = None

    def __enter__(self) -> Self:
        self.started_ns = time.time_ns()
        self.token = _active.set(self)
        self.seen = self.inputs.tobytes()
        self.span = (
            None if self.spans is None else self.spans.start(model="air-time", version="7", operation="predict", rows=1)
        )
        self.started_s = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        duration_s = time.perf_counter() - self.started_s
        assert self.token is not None
        _active.reset(self.token)
        link = (0, 0, 0)
        if self.span is not None:
            link = self.span.link[:3]
            self.span.end(error)
        if self.file is None:
            self.queue.append((self.seen, self.outputs, self.started_ns, duration_s, link))
            return
        trace_id, span_id, flags = link
        identity = (self.started_ns << 64 | _bits(74)).to_bytes(16, "little")
        head = (self.started_ns, time.time_ns(), trace_id.to_bytes(16, "big"), span_id, flags, duration_s, 1, identity)
        payload = _head.pack(*head, self.outputs) + self.seen
        with _lock:
            checksum = zlib.crc32(payload, zlib.crc32(_frame.pack(b"ab", 3, 1, len(payload), 0, 1, 1)))
            os.write(self.file, _frame.pack(b"ab", 3, 1, len(payload), checksum, 1, 1) + payload)
        self.queue.append(payload)
