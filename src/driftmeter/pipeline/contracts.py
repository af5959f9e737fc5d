"""What the pipeline asks of the things that plug into it. Each contract has one verb."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from driftmeter.pipeline.guard import Guard
from driftmeter.record import Record, TraceLink

Watch: TypeAlias = tuple[str | None, str, bool]
"""Who watched a call: a library, a source, and whether values were handed over or merely seen."""

Array: TypeAlias = tuple[np.dtype[np.generic], tuple[int, ...]]
"""Kind and shape of an array of numbers, where its bytes, in C order, stand for it: a third of a copy's weight."""


class Loose(Protocol):
    """A finished call with its parts lying open: what can be packed as they are need not be read first.

    Plain attributes, since the caller pays for everything that is built on the way.
    """

    model: str
    version: str | None
    operation: str
    error_type: str | None
    left: tuple[object, object, object]
    """Inputs, outputs and scores."""
    array: Array | None
    """The array of one or two dimensions that the inputs are, if they are its bytes."""
    labels: tuple[object, object] | None
    """Slices and tags, if there are any."""
    time_ns: int
    """When it counts, since the epoch."""
    duration_s: float | None
    link: TraceLink
    """Where it belongs in a trace; zeros for nowhere."""
    identity: bytes | str
    """The 16 bytes of a UUID, or the caller's own text."""

    @property
    def watch(self) -> Watch:
        """Who watched."""
        ...


class Draft(Protocol):
    """A call that has ended but is not yet written up: the caller leaves it behind, the worker makes the record.

    The caller's thread must not pay for reading arrays or building records, so it hands over this promise instead.
    """

    def settle(self, guard: Guard) -> int:
        """Copy what the caller could still change; returns roughly what waits in memory from now on, in bytes."""
        ...

    def loose(self, guard: Guard) -> Loose | None:
        """Itself with its parts lying open, to be packed as they are; None where they have to be read first."""
        ...

    def record(self, guard: Guard) -> Record | None:
        """Write up the record; what cannot be read is contained by `guard` and left out. None where there is none."""
        ...


class Reader(Protocol):
    """Reads calls that were packed alike, many at once."""

    @property
    def stream(self) -> Hashable:
        """Of what calls have to stay in order: a model's version."""
        ...

    def read(self, payloads: Sequence[bytes], guard: Guard) -> Sequence[Record]:
        """The records of what was packed for this reader."""
        ...


Packed: TypeAlias = tuple[Reader, bytes]
"""A call as bytes, and what reads it: a plain tuple, since the caller pays."""


class Outlet(Protocol):
    """From where events that are safe are delivered."""

    def flush(self, timeout_s: float) -> bool:
        """Deliver what there is; True when nothing is left."""
        ...

    def shutdown(self, timeout_s: float) -> bool:
        """Make one attempt to deliver what there is, and end; what is left stays safe."""
        ...


class Stage(Protocol):
    """One step between writing up a record and the sinks: names, privacy, counting once."""

    def __call__(self, record: Record, /) -> Record | None:
        """Give the record on, changed or not; None ends its way."""
        ...


class Sink(Protocol):
    """Where records go: events, metrics, drift, labels."""

    def accept(self, records: Sequence[Record], /) -> None:
        """Take records in the order in which they ended; one bad record must not cost its neighbours."""
        ...


class OpenSpan(Protocol):
    """A span around a model call that has not ended yet."""

    link: TraceLink

    def end(self, error: BaseException | None) -> None:
        """Leave the span's context and end it."""
        ...


class Spans(Protocol):
    """The one sink on the caller's thread, since a span must surround the call."""

    def start(self, *, model: str, version: str | None, operation: str, rows: int) -> OpenSpan:
        """Open a span and make it current."""
        ...


class Logs(Protocol):
    """The other sink on the caller's thread: ordinary log records must not push predictions out of the buffer."""

    def write(self, record: logging.LogRecord, body: str, *, link: TraceLink | None, code: bool) -> None:
        """Write a record: `body` is its message, `link` its span if not the current one, `code` asks for its line."""
        ...


class Events(Protocol):
    """The third sink on the caller's thread: an event is safe before the caller goes on, whatever happens then.

    Where events go another way, it packs drafts for the worker, on the worker.
    """

    def write(self, draft: Draft, /) -> Draft | Packed:
        """Write down the draft's event; returns what the worker takes in its place, so that nothing is read twice."""
        ...
