"""Live records and those from before: who is next, and when it is worth looking again.

The lanes take turns, so that catching up after an outage never keeps live records waiting for more than one request;
and catching up rests after each request, so that it never takes more than its share of a core.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from operator import attrgetter
from typing import NamedTuple

from driftmeter.delivery.parcel import Parcel
from driftmeter.delivery.store import Store
from driftmeter.journal import Batch, Reader

LOOK_FOR_ORPHANS_S = 10.0
"""How often an idle process looks whether another one died and left records behind."""


class Most(NamedTuple):
    """What a batch may hold."""

    records: int
    batch_bytes: int
    record_bytes: int
    """The largest record there can be: a batch with room for it ends where its lane ended."""


class Lane:
    """One source of batches, and the parcel that is on its way from it.

    Args:
        next_reader: gives a reader, or None while there is nothing; asked again when the last one is through.
        ends_s: after how long to look again at a lane that was read to its end.
        share: what share of a core sending from it may take.
        chained: whether it has several readers, one after the other.

    """

    def __init__(
        self, next_reader: Callable[[], Reader | None], *, ends_s: float, share: float = 1.0, chained: bool = False
    ) -> None:
        self._next_reader = next_reader
        self._ends_s = ends_s
        self._share = share
        self._chained = chained
        self.reset()

    def reset(self) -> None:
        """Forget everything: what a forked child needs."""
        self._reader: Reader | None = None
        self.parcel: Parcel | None = None
        self.due_s = -inf
        self.empty = False
        """Whether the last look found nothing, and nobody has said since that there is something."""
        self.clear_tick = 0
        """Everything that was there at this look is delivered."""
        self._tick = 0
        self._short = False

    def ready(self, now_s: float, tick: int, most: Most, *, hurry: bool) -> bool:
        """Whether it has something to send now; looks for it if it is time to, or if somebody waits."""
        if not hurry and self.due_s > now_s:
            return False
        if self.parcel is not None:
            return True
        batch = self._next_batch(most)
        self.empty = batch is None
        if batch is None:
            self.clear_tick = tick
            self.due_s = now_s + self._ends_s
            return False
        self.parcel = Parcel(batch)
        self._tick = tick
        room = len(batch.entries) < most.records and _weight(batch) + most.record_bytes <= most.batch_bytes
        self._short = room and not self._chained
        return True

    def _next_batch(self, most: Most) -> Batch | None:
        while True:
            if self._reader is None:
                self._reader = self._next_reader()
            if self._reader is None:
                return None
            batch = self._reader.next(most.records, most.batch_bytes)
            if batch is not None:
                return batch
            self._reader = None
            if not self._chained:
                return None

    def finish(self, now_s: float, delay_s: float) -> None:
        """The parcel is delivered; a lane that had no more than that is left to gather."""
        assert self.parcel is not None
        batch = self.parcel.batch
        self.parcel = None
        batch.source.acknowledge(batch)
        if self._short:
            self.clear_tick = self._tick
            self.due_s = max(self.due_s, now_s + delay_s)

    def give_back(self) -> None:
        """Leave the parcel to a later try; if any of it is delivered, it stays."""
        if self.parcel is not None and self.parcel.untouched:
            batch = self.parcel.batch
            self.parcel = None
            batch.source.release(batch)

    def rest(self, now_s: float, worked_s: float) -> None:
        """Note what the last request cost of a core."""
        if self._share < 1:
            self.due_s = max(self.due_s, now_s + worked_s * (1 / self._share - 1))

    def look_at(self, due_s: float) -> None:
        """Look again then, if there is nothing on its way."""
        self.empty = False
        if self.parcel is None:
            self.due_s = due_s


class Lanes:
    """What waits in memory, what is written now, and the backlog, in turns.

    Args:
        store: the journal.
        delay_s: how long live records wait for company.
        drain_share: what share of a core catching up may take.

    """

    def __init__(self, store: Store, delay_s: float, drain_share: float) -> None:
        self.memory = Lane(store.memory, ends_s=delay_s)
        self.live = Lane(store.live, ends_s=delay_s)
        self.backlog = Lane(store.backlog, ends_s=LOOK_FOR_ORPHANS_S, share=drain_share, chained=True)
        self._delay_s = delay_s
        self.stages = (self.memory, self.live, self.backlog)
        """In the order in which records move: from memory to the disk, and from the live segment to the backlog."""
        self._turns = list(self.stages)
        self.tick = 0

    def reset(self) -> None:
        """Forget everything: what a forked child needs."""
        for lane in self._turns:
            lane.reset()

    def wake(self, now_s: float) -> None:
        """Something was appended: look when it has had time to find company."""
        for lane in (self.memory, self.live):
            lane.look_at(now_s + self._delay_s)

    def look(self, now_s: float) -> None:
        """Look at all of them now."""
        for lane in self._turns:
            lane.look_at(now_s)

    def pick(self, now_s: float, most: Most, *, hurry: bool) -> Lane | None:
        """Give the lane whose turn it is among those that have something to send; None if none has."""
        for lane in self._turns:
            self.tick += 1
            if lane.ready(now_s, self.tick, most, hurry=hurry):
                self._turns.remove(lane)
                self._turns.append(lane)
                return lane
        return None

    def finish(self, lane: Lane, now_s: float) -> None:
        """The lane's parcel is delivered."""
        lane.finish(now_s, self._delay_s)
        if lane is self.live:  # its segment may have been sealed meanwhile
            self.backlog.look_at(min(self.backlog.due_s, now_s + self._delay_s))

    def due_in_s(self, now_s: float) -> float:
        """After how many seconds to look again."""
        return max(0.0, min(lane.due_s for lane in self._turns) - now_s)

    @property
    def empty(self) -> bool:
        """Whether nothing is on its way, and nothing known to wait."""
        return all(lane.empty for lane in self._turns)


def _weight(batch: Batch) -> int:
    return sum(map(len, map(attrgetter("payload"), batch.entries)))
