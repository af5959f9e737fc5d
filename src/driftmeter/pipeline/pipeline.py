"""The architecture in one loop: drafts are written up, pass the stages and are handed to every sink."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from driftmeter.forking import look_after
from driftmeter.pipeline.aside import Aside
from driftmeter.pipeline.buffer import Buffer, Waiting
from driftmeter.pipeline.contracts import Draft, Events, Logs, Outlet, Reader, Sink, Spans, Stage
from driftmeter.pipeline.guard import Guard, Tally
from driftmeter.pipeline.runs import runs
from driftmeter.pipeline.worker import LINGER_S, Worker
from driftmeter.record import Record
from driftmeter.threads import breathing

CHUNK_RECORDS = 512
FORK_WAIT_S = 1.0
STEP_WAIT_S = 0.5
HEAD_START_S = 1.0
"""So long the rest waits for events, so that metrics tell what became of them."""

OVERHEAD_BYTES: Final = 128
"""What Python needs around the values of a call that waits."""

Flush = Callable[[float], bool]


class Pipeline:
    """Hands each finished call to every sink; a bad record or a bad sink does not cost its neighbours.

    The caller's thread only appends; everything else happens on one worker.

    Args:
        sinks: called in order with chunks of records.
        stages: called in order on each record before the sinks see it.
        spans: opens spans on the caller's thread; None for no spans.
        logs: writes ordinary log records on the caller's thread; None to leave them alone.
        events: writes events on the caller's thread; None where a sink writes them on the worker, or nobody.
        packing: packs drafts on the worker, so that those that are alike are read together; None where `events` does.
        guard: contains the faults.
        flushes: called by `flush` once the worker is idle, all at once, to push out what the sinks wrote to.
        outlet: where `events` wrote to; None where they go with the rest.
        max_records: how many calls may wait.
        max_bytes: how many bytes of inputs and outputs the waiting calls may keep alive.
        linger_s: how long they wait for company, if a chunk is not complete before.

    """

    def __init__(
        self,
        sinks: Sequence[Sink] = (),
        *,
        stages: Sequence[Stage] = (),
        spans: Spans | None = None,
        logs: Logs | None = None,
        events: Events | None = None,
        packing: Events | None = None,
        guard: Guard | None = None,
        flushes: Sequence[Flush] = (),
        outlet: Outlet | None = None,
        max_records: int = 65_536,
        max_bytes: int = 64 * 1024 * 1024,
        linger_s: float = LINGER_S,
    ) -> None:
        self.guard = guard or Guard()
        self.dropped = Tally()
        self.spans = spans
        self.logs = logs
        self.events = events
        self._worker = Worker(self._step, linger_s=linger_s)
        self.buffer = Buffer(
            max_records=max_records, max_bytes=max_bytes, chunk_records=CHUNK_RECORDS, press=self._worker.hurry
        )
        self._sinks = tuple(sinks)
        self._stages = tuple(stages)
        self._flushes = tuple(flushes)
        self._packing = packing
        self._outlet = outlet
        self._closed = False
        self._still = False
        self.on_fork: list[Callable[[], None]] = [self.dropped.reset, self.guard.faults.reset, self.guard.altered.reset]
        look_after(self)

    def submit(self, draft: Draft) -> None:
        """Write down its event and leave a finished call to the worker: two appends, never waiting, never raising."""
        try:
            if self._closed:
                self.dropped.add("shut_down")
                return
            waiting = draft if self.events is None else self.events.write(draft)
            if isinstance(waiting, tuple):
                weight_bytes = OVERHEAD_BYTES + len(waiting[1])
            else:
                weight_bytes = waiting.settle(self.guard)
            if not self.buffer.put(waiting, weight_bytes):
                self.dropped.add("buffer_full")
            elif not self._worker.awake:
                self._worker.wake()
        except Exception as fault:  # noqa: BLE001  # a thread that cannot start must not fail a prediction
            self.guard.contain("pipeline.submit", fault)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Hand over and send everything that ended before now; True when nothing is left to send."""
        return self._push(timeout_s, None if self._outlet is None else self._outlet.flush)

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Refuse (and count) everything that comes from now on, and flush what came before."""
        self._closed = True
        return self._push(timeout_s, None if self._outlet is None else self._outlet.shutdown)

    def end(self, timeout_s: float = 5.0) -> bool:
        """The process ends: hand everything over, and deliver events; the providers' ends are not the pipeline's."""
        started_s = time.monotonic()
        done = self.drain(timeout_s)
        with self.guard.at("pipeline.end"):
            if self._outlet is not None:
                done = self._outlet.shutdown(max(0.0, timeout_s - (time.monotonic() - started_s))) and done
        self._worker.halt(STEP_WAIT_S)  # others may record on; their events are written down by themselves
        return done

    def drain(self, timeout_s: float = 5.0) -> bool:
        """Hand everything that ended before now to the sinks; True when that is done."""
        if not len(self.buffer) and self._worker.idle:
            return True
        try:
            return self._worker.drain(timeout_s)
        except RuntimeError as fault:  # an interpreter that is going down starts no more threads
            self.guard.contain("pipeline.flush", fault)
            return False

    def _push(self, timeout_s: float, outlet: Flush | None) -> bool:
        """Events first; but a backend that does not answer keeps the other flushes waiting for a moment only."""
        deadline_s = time.monotonic() + timeout_s
        done = self.drain(timeout_s)
        asides = []
        for flush in self._flushes:
            with self.guard.at("pipeline.flush"):  # an interpreter that is going down starts no more threads
                asides.append(Aside(partial(self._flushed, flush, deadline_s)))
                asides[-1].begin(min(HEAD_START_S, (deadline_s - time.monotonic()) / 2))
        if outlet is not None:
            done = self._flushed(outlet, deadline_s) and done
        for aside in asides:
            aside.go()
        flushed = [aside.done(deadline_s - time.monotonic()) for aside in asides]
        return done and flushed == [True] * len(self._flushes)

    def _flushed(self, flush: Flush, deadline_s: float) -> bool:
        with self.guard.at("pipeline.flush"):
            return flush(max(0.0, deadline_s - time.monotonic()))
        return False

    def _step(self) -> bool:
        waiting = self.buffer.take(CHUNK_RECORDS)
        try:
            records = [
                record
                for reader, alike in runs(map(self._packed, waiting))
                for record in self._read(reader, alike)
                if record is not None
            ]
            for sink in breathing(self._sinks) if records else ():
                with self.guard.at(f"sinks.{type(sink).__name__}"):
                    sink.accept(records)
        except BaseException:  # noqa: BLE001  # a sink that exits, say, would end the worker and all that comes later
            self.guard.faults.add("pipeline.step")
        return len(waiting) == CHUNK_RECORDS  # what came meanwhile rings again, and waits for company

    def _packed(self, waiting: Waiting) -> Waiting:
        return waiting if self._packing is None or isinstance(waiting, tuple) else self._packing.write(waiting)

    def _read(self, reader: Reader | None, alike: Iterable[Any]) -> Iterable[Record | None]:
        if reader is None:
            return map(self._write_up, alike)
        payloads = [payload for _reader, payload in alike]
        try:
            return [self._staged(record) for record in reader.read(payloads, self.guard)]
        except Exception as fault:  # noqa: BLE001  # as for a single draft
            self.guard.contain("pipeline.read", fault)
            self.dropped.add("unreadable", len(payloads))
            return []

    def _staged(self, record: Record | None) -> Record | None:
        for stage in self._stages:
            if record is None:
                return None
            record = stage(record)
        return record

    def _write_up(self, draft: Draft) -> Record | None:
        try:
            return self._staged(draft.record(self.guard))
        except Exception as fault:  # noqa: BLE001  # the record is lost and counted, its neighbours are not
            self.guard.contain("pipeline.write_up", fault)
            self.dropped.add("unreadable")
            return None

    def before_fork(self) -> None:
        """Wait for a step's end: forked within, a child would inherit OTel's metric locks as held, and hang."""
        self._still = self._worker.stand_still(FORK_WAIT_S)

    def after_fork_in_parent(self) -> None:
        """Go on, and send what was waiting."""
        if self._still:
            self._still = False
            self._worker.stepping.release()

    def after_fork_in_child(self) -> None:
        """Start clean."""
        self._still = False
        self._worker.reset()
        self.buffer.reset()
        for reset in self.on_fork:
            reset()
