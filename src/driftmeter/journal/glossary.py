"""Turns frames into entries: looks up what a payload needs to be read, and counts what cannot be."""

from __future__ import annotations

from driftmeter.journal.frames import VERSION, Frame, Kind, named
from driftmeter.journal.header import Identity
from driftmeter.journal.losses import Loss
from driftmeter.journal.reading import WITH_DEFINITION, Entry, Gone

_KNOWN = frozenset(Kind)


class Glossary:
    """The definitions of one segment, as far as it was read.

    Args:
        identity: the segment's writer.

    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.definitions: dict[int, bytes] = {}
        self.kept = False  # there are frames that only a newer driftmeter can read
        self.torn: set[int] = set()  # where damage begins: the same batch may be read many times
        self.corrupt: set[int] = set()

    def learn(self, found: Frame) -> None:
        """Note a definition."""
        if found.kind == Kind.DEFINITION:
            definition_id, content = named(found.payload)
            self.definitions[definition_id] = content

    def entry(self, item: Frame | Gone) -> Entry | None:
        """What is handed over for it; None for what only serves other frames."""
        if isinstance(item, Gone):
            (self.torn if item.torn else self.corrupt).add(item.start)
            return self._gap(item.first_seq, item.last_seq, item.lost) if item.lost else None
        if item.version != VERSION or item.kind not in _KNOWN:
            self.kept = True
            return None
        if item.kind in WITH_DEFINITION:
            definition_id, payload = named(item.payload)
            content = self.definitions.get(definition_id)
            if content is None:
                self.corrupt.add(item.start)
                return self._gap(item.seq, item.seq, 1)
            return Entry(item.kind, item.seq, content, payload)
        if item.kind == Kind.GAP:
            return Entry(Kind.GAP, item.seq, b"", item.payload)
        self.learn(item)
        return None

    def _gap(self, first_seq: int, last_seq: int, count: int) -> Entry:
        created_ns = self._identity.created_ns
        loss = Loss("corrupt", self._identity.writer, first_seq, last_seq, count, created_ns, created_ns)
        return Entry(Kind.GAP, first_seq, b"", loss.payload())
