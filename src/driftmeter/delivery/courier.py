"""One request at a time: which lane is next, what goes into the request, what the answer means for it.

Everything here runs on one thread and waits for nothing but the transport; when to come again is given back, so that
a test can move the clock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from driftmeter.delivery.backoff import Backoff
from driftmeter.delivery.figures import Figures
from driftmeter.delivery.gaps import are_reports, sendable
from driftmeter.delivery.lanes import Lane, Lanes, Most
from driftmeter.delivery.pace import Pace
from driftmeter.delivery.parcel import Parcel
from driftmeter.delivery.request_size import RequestSize
from driftmeter.delivery.store import Store
from driftmeter.delivery.telling import Telling
from driftmeter.journal import Entry, Kind, Loss
from driftmeter.otlp import Origin, Refused, encode, request
from driftmeter.otlp.answer import Answer, Verdict
from driftmeter.otlp.transport import Transport

BURIED_IN_A_ROW = 16
"""So many refusals without a single acceptance are the backend's fault, not the records': it is given time."""

BREAKS = {"http_500", "grpc_internal"}
"""What a backend says that did not expect what it was given."""


class Courier:
    """Takes the journal's records to the backend.

    Args:
        store: the journal.
        transport: the way to the backend.
        pace: how much, how often, how long.
        origin: what reports of lost records are sent under.
        clock: monotonic seconds.
        draw: a number in [0, 1) for the jitter.

    """

    def __init__(
        self,
        store: Store,
        transport: Transport,
        *,
        pace: Pace,
        origin: Origin,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._transport = transport
        self._pace = pace
        self._most = Most(pace.records, pace.request_bytes, pace.record_bytes)
        self._origin = origin
        self._clock = clock
        self._telling = Telling(clock)
        self.backoff = Backoff(draw)
        self.figures = Figures()
        self.lanes = Lanes(store, pace.delay_s, pace.drain_share)
        self.compressed = True
        self.size = RequestSize(pace.request_bytes)
        self.failing_since_s: float | None = None
        self.clear_s = clock()
        """When everything was last delivered."""
        self.attempts = 0
        self._timeout_s = pace.timeout_s
        self._buried_in_a_row = 0

    def step(self, *, hurry: bool = False) -> float:
        """Send one request, if it is time to; give after how many seconds to come again.

        Args:
            hurry: whether somebody waits, so that records need no company and catching up no limit.

        """
        now_s = self._clock()
        if hurry:
            self.backoff.hurry()
        if self.backoff.due_s > now_s:
            return self.backoff.due_s - now_s
        lane = self.lanes.pick(now_s, self._most, hurry=hurry)
        if lane is None:
            if self.lanes.empty:
                self.clear_s = now_s
            return self.lanes.due_in_s(now_s)
        started_s = time.thread_time()
        self._advance(lane)
        lane.rest(self._clock(), time.thread_time() - started_s)
        return 0.0

    def _advance(self, lane: Lane) -> None:
        parcel = lane.parcel
        assert parcel is not None
        if not parcel.done:
            entries, body = self._packed(parcel)
            if entries:
                self._send(parcel, entries, body)
        if parcel.done:
            self.lanes.finish(lane, self._clock())
        elif self.backoff.failures and lane is self.lanes.memory:
            lane.give_back()  # the disk may be back before the backend is

    def _packed(self, parcel: Parcel) -> tuple[Sequence[Entry], bytes]:
        """The next entries of a parcel and their request; what cannot be encoded is given up on the way."""
        while not parcel.done:
            entries = parcel.next(self._pace.probe_records if self.backoff.failures else self._pace.records)
            encoding = encode(sendable(entries, self._origin))
            if encoding.refused:
                self._give_up(parcel, entries, encoding.refused)
                continue
            body = request(encoding.groups)
            if len(body) <= self.size.limit_bytes or len(entries) == 1:
                return entries, body
            parcel.too_large(entries)
        return (), b""

    def _give_up(self, parcel: Parcel, entries: Sequence[Entry], refused: Sequence[Refused]) -> None:
        unreadable = [entries[position] for position, _ in refused]
        self._bury(parcel, unreadable, "undecodable")
        parcel.without(unreadable)

    def _send(self, parcel: Parcel, entries: Sequence[Entry], body: bytes) -> None:
        self.figures.resent += parcel.again(entries)
        started_s = self._clock()
        answer = self._transport.send(body, compressed=self.compressed, timeout_s=self._timeout_s)
        if self._clock() - started_s < self._pace.timeout_s and not answer.unknown:
            self._timeout_s = self._pace.timeout_s
        self.attempts += 1
        if answer.verdict is Verdict.ACCEPTED:
            self._accepted(parcel, entries, answer)
        elif answer.verdict is Verdict.RETRY:
            self._failed(parcel, entries, answer)
        else:
            self._objected(parcel, entries, answer, len(body))

    def _accepted(self, parcel: Parcel, entries: Sequence[Entry], answer: Answer) -> None:
        rejected = min(answer.rejected, len(entries))
        self._well()
        self.size.accepted()
        self._buried_in_a_row = 0
        self.figures.batches += 1
        self.figures.records += len(entries) - rejected
        self.figures.gaps += len(entries) if are_reports(entries) else 0
        if rejected:
            self._rejected(parcel, entries, rejected)
        parcel.accepted(entries)

    def _rejected(self, parcel: Parcel, entries: Sequence[Entry], rejected: int) -> None:
        """Some of these were not stored, and nobody says which."""
        self.figures.rejected += rejected
        self._telling.warn(
            "rejected", "%s accepted a request but rejected %d of its records", self._transport.address, rejected
        )
        if not are_reports(entries):  # else the rejected report would be reported, and so on for ever
            now_ns, seqs = time.time_ns(), [entry.seq for entry in entries]
            loss = Loss("rejected", parcel.batch.writer, min(seqs), max(seqs), rejected, now_ns, now_ns)
            self._store.losses.add(loss)
            self._store.append(Kind.GAP, b"", loss.payload())

    def _failed(self, parcel: Parcel, entries: Sequence[Entry], answer: Answer) -> None:
        if answer.unknown:
            parcel.unanswered(entries)
        if answer.reason in {"timeout", "grpc_deadline_exceeded"}:
            self._timeout_s = min(self._pace.timeout_most_s, 2 * self._timeout_s)
        self.figures.retries.add(answer.reason)
        self._back_off(answer)
        bad = parcel.stumbled(self.figures.batches) if answer.reason in BREAKS else None
        if bad is not None:
            self._bury(parcel, [bad], answer.reason)
        self._telling.warn(
            answer.reason,
            "%s does not accept events (%s); they wait in the journal and are sent when it does",
            self._transport.address,
            answer.reason,
        )

    def _objected(self, parcel: Parcel, entries: Sequence[Entry], answer: Answer, size: int) -> None:
        """The backend is well, but does not want these, or not so."""
        self.figures.retries.add(answer.reason)
        if answer.verdict is Verdict.UNSUPPORTED_ENCODING:
            self.compressed = False
            return
        if answer.verdict is Verdict.TOO_LARGE:
            if len(entries) > 1:
                self.size.too_large(size)
            bad = parcel.too_large(entries)
        else:
            bad = parcel.refused(entries)
        if bad is not None:
            self._bury(parcel, [bad], answer.reason)
            self._buried_in_a_row += 1
        if self._buried_in_a_row < BURIED_IN_A_ROW:
            self._well()
        elif bad is not None:
            self._back_off(answer)

    def _bury(self, parcel: Parcel, entries: list[Entry], reason: str) -> None:
        self.figures.buried.add(reason, len(entries))
        self._store.bury(entries, reason, parcel.batch.writer)
        self._telling.warn(
            "buried", "%s refuses events (%s); they are kept as dead letters", self._transport.address, reason
        )

    def _back_off(self, answer: Answer) -> None:
        now_s = self._clock()
        self.backoff.failed(now_s, answer.after_s)
        if self.failing_since_s is None:
            self.failing_since_s = now_s

    def _well(self) -> None:
        self.backoff.succeeded()
        self.failing_since_s = None
