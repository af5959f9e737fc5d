"""What the journal's tests share: a disk that fails on demand, clocks that are set by hand, a sender in one line."""

from __future__ import annotations

import errno
import json
import os
from types import SimpleNamespace

import pytest

from driftmeter.journal import Files, Journal, Kind, Limits
from driftmeter.journal.tending import Tender


class FaultyFiles(Files):
    """Fails the calls named in `faults`: an errno, or a function that is called instead."""

    CALLS = ("open", "write", "pread", "pwrite", "ftruncate", "fdatasync", "fsync", "mkdir", "unlink", "listdir")

    def __init__(self):
        self.faults, self.calls = {}, []
        for name in self.CALLS:
            setattr(self, name, self._failing(name, getattr(Files, name)))

    def _failing(self, name, real):
        def call(*args, **kwargs):
            self.calls.append(name)
            fault = self.faults.get(name)
            if fault is None:
                return real(*args, **kwargs)
            if callable(fault):
                return fault(real, *args, **kwargs)
            raise OSError(fault, os.strerror(fault))

        return call

    def fill(self):
        """A full disk: nothing grows, what is allocated may change."""
        self.faults.update({"write": errno.ENOSPC, "open": self._only_existing})

    def heal(self):
        self.faults.clear()

    @staticmethod
    def _only_existing(real, path, flags, *args, **kwargs):
        if flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "full")
        return real(path, flags, *args, **kwargs)


class HandClock:
    """Moves when told; the wall may jump alone."""

    def __init__(self):
        self.steady, self.wall, self.late_s = 10**9, 1_800_000_000 * 10**9, 0.0

    def steady_ns(self):
        return self.steady

    def wall_ns(self):
        return self.wall

    def nap(self, seconds):
        self.pass_s(seconds + self.late_s)

    def pass_s(self, seconds):
        self.steady += int(seconds * 1e9)
        self.wall += int(seconds * 1e9)


SMALL = Limits(max_bytes=2**20, roll_bytes=2**16, max_record_bytes=2**14, memory_bytes=2**16, min_free_bytes=0)


def take(reader, most=512):
    """Everything that a reader has, acknowledged."""
    entries = []
    while reader is not None and (batch := reader.next(most, 2**20)) is not None:
        entries += batch.entries
        reader.acknowledge(batch)
    return entries


def drain(journal):
    """What a healthy sender would deliver, backlog first; memory last."""
    entries = []
    while (reader := journal.backlog()) is not None:
        entries += take(reader)
    return entries + take(journal.live()) + take(journal.memory())


def records(entries):
    return [entry.payload for entry in entries if entry.kind != Kind.GAP]


def gaps(entries):
    return [json.loads(entry.payload) for entry in entries if entry.kind == Kind.GAP]


def reported(entries):
    """Records that the delivered gap records give up."""
    return sum(gap["count"] for gap in gaps(entries))


@pytest.fixture
def still(monkeypatch):
    """No thread: the test calls `tend` itself."""
    monkeypatch.setattr(Tender, "wake", lambda _: None)


@pytest.fixture
def make(tmp_path, still):
    """Journals in one directory, without threads; closed in the end."""
    made = []

    def journal(**kwargs):
        kwargs.setdefault("limits", SMALL)
        made.append(Journal(tmp_path / "journal", **kwargs))
        return made[-1]

    yield journal
    for one in made:
        one.close()


@pytest.fixture
def tools():
    return SimpleNamespace(
        FaultyFiles=FaultyFiles,
        HandClock=HandClock,
        SMALL=SMALL,
        take=take,
        drain=drain,
        records=records,
        gaps=gaps,
        reported=reported,
    )
