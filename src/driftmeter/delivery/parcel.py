"""A batch on its way: what of it is still to be sent, and which of its records are under suspicion.

A refusal says that something in the request is bad, not what. The search keeps one set that is known to hold a bad
record and halves it: if the first half is accepted, the second holds it; if not, the second half is put aside. So
nine requests after the first find one bad record among 512, and one more sends all that was put aside. A record is
given up only after it was refused alone: a backend that merely had a bad moment must not cost anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

from driftmeter.journal import Batch, Entry, Kind

STUMBLES = 12
"""How often a record must break the backend, alone and while others pass, before it is given up."""


class Parcel:
    """The records of one batch until all of them are delivered or given up.

    Args:
        batch: as the journal's reader gave it.

    >>> parcel = Parcel(Batch([Entry(2, seq, b"", b"") for seq in range(4)], "writer", None, 0))
    >>> parcel.refused(parcel.next(512))
    >>> [entry.seq for entry in parcel.next(512)]
    [0, 1]

    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        # Reports of lost records go apart: when some of a request are rejected, it is known which of the two they were.
        records, reports = batch.entries, []
        if Kind.GAP in map(attrgetter("kind"), batch.entries):
            records = [entry for entry in batch.entries if entry.kind != Kind.GAP]
            reports = [entry for entry in batch.entries if entry.kind == Kind.GAP]
        self._todo: list[Sequence[Entry]] = [part for part in (records, reports) if part]
        self._suspects: Sequence[Entry] = ()
        self._aside: list[Entry] = []
        self._unsure: set[int] = set()
        """By identity: the batch keeps its entries alive, and a report of a gap bears the number of another record."""

        self._stumbles: Counter[int] = Counter()
        self._passed = -1
        self._halved = False
        self.untouched = True
        """Whether none of it is delivered or given up yet."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to send."""
        return not self._todo and not self._suspects and not self._aside

    @property
    def searching(self) -> bool:
        """Whether a bad record is looked for."""
        return bool(self._suspects)

    def next(self, most: int) -> Sequence[Entry]:
        """What to send now; the same until the answer is told by one of the methods below.

        Args:
            most: how many records at most.

        """
        if self._suspects:
            return self._suspects[: min(most, max(1, len(self._suspects) // 2))]
        self._cut(most)
        return self._todo[0]

    def accepted(self, sent: Sequence[Entry]) -> None:
        """These are delivered."""
        self.untouched = False
        if self._suspects:
            self._suspects = self._suspects[len(sent) :]
            if not self._suspects:  # the last one was refused in company only
                self._end_search()
        else:
            self._todo.pop(0)

    def refused(self, sent: Sequence[Entry]) -> Entry | None:
        """Something in these is bad; give the bad record, if it was alone."""
        if self._suspects:
            self._aside[:0] = self._suspects[len(sent) :]
        else:
            self._todo.pop(0)
        self._suspects = sent
        if len(sent) > 1:
            return None
        self._suspects = ()
        self.untouched = False
        self._end_search()
        return sent[0]

    def stumbled(self, passed: int) -> Entry | None:
        """The backend broke over what `next` gave, which may be its own fault or that of a record.

        It goes to the end of the line, so that one record cannot hold up the others; if others pass meanwhile, it is
        halved, and a record that breaks the backend again and again when alone is given up.

        Args:
            passed: how many requests were accepted so far.

        Returns:
            The record that is given up, if any.

        """
        others_pass, self._passed = 0 <= self._passed < passed, passed
        if self._suspects:
            return None
        part = self._todo.pop(0)
        if others_pass and len(part) > 1:
            half = (len(part) + 1) // 2
            self._todo += [part[:half], part[half:]]
            self._halved = True
            return None
        # A record that came alone is suspect only as long as others pass, one that was found by halving from then on.
        self._stumbles[id(part[0])] += len(part) == 1 and (others_pass or self._halved)
        if self._stumbles[id(part[0])] >= STUMBLES:
            self.untouched = False
            return part[0]
        self._todo.append(part)
        return None

    def too_large(self, sent: Sequence[Entry]) -> Entry | None:
        """These are more than a request may hold; give the record, if there was only one."""
        if self._suspects:
            self._todo.insert(0, self._suspects)
            if self._aside:
                self._todo.insert(1, self._aside)
            self._suspects, self._aside = (), []
        if len(sent) > 1:
            self._cut((len(sent) + 1) // 2)
            return None
        self.without(sent)
        return sent[0]

    def without(self, entries: Iterable[Entry]) -> None:
        """Take records out, wherever they wait."""
        self.untouched = False
        gone = set(map(id, entries))
        parts = [[entry for entry in part if id(entry) not in gone] for part in self._todo]
        self._todo = [part for part in parts if part]
        self._suspects = [entry for entry in self._suspects if id(entry) not in gone]
        self._aside = [entry for entry in self._aside if id(entry) not in gone]
        if not self._suspects:
            self._end_search()

    def unanswered(self, sent: Sequence[Entry]) -> None:
        """No answer came for these: they may be stored all the same."""
        self._unsure.update(map(id, sent))

    def again(self, sent: Sequence[Entry]) -> int:
        """How many of these were sent before without an answer."""
        return len(self._unsure.intersection(map(id, sent))) if self._unsure else 0

    def _end_search(self) -> None:
        if self._aside:
            self._todo.insert(0, self._aside)
            self._aside = []

    def _cut(self, most: int) -> None:
        first = self._todo[0]
        if len(first) > most:
            self._todo[:1] = [first[:most], first[most:]]
