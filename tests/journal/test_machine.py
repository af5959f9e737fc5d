"""Append, roll, acknowledge, crash, restart, adopt, caps, full disks, jumping clocks: in any order, against a list."""

import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.journal.conftest import FaultyFiles, HandClock

from driftmeter.journal import Journal, Kind, Limits
from driftmeter.journal.tending import Tender

LIMITS = Limits(max_bytes=2**16, roll_bytes=2**13, max_record_bytes=2**11, memory_bytes=2**12, min_free_bytes=0)


class JournalMachine(RuleBasedStateMachine):
    """Two processes that take turns at one directory.

    The model: every record that an append took is delivered or reported, once; what was acknowledged is not seen again
    except after a crash; a crash loses only what was in memory, and what was cut off behind the last write.
    """

    @initialize()
    def begin(self):
        self.root = Path(tempfile.mkdtemp())
        self.clock = HandClock()
        self.files = [FaultyFiles(), FaultyFiles()]
        self.journals = [self.fresh(0), self.fresh(1)]
        self.appended, self.delivered = [set(), set()], Counter()
        self.told, self.forgiven, self.repeats, self.count = 0, 0, 0, 0
        self.wake, Tender.wake = Tender.wake, lambda _: None

    def teardown(self):
        if hasattr(self, "root"):
            self.everything_arrives()
            Tender.wake = self.wake
            shutil.rmtree(self.root)

    def fresh(self, which):
        return Journal(self.root / "journal", limits=LIMITS, files=self.files[which], clock=self.clock)

    @rule(which=st.integers(0, 1), size=st.integers(0, 900), many=st.integers(1, 12))
    def append(self, which, size, many):
        for _ in range(many):
            self.count += 1
            payload = b"%d:" % self.count + b"." * size
            assert self.journals[which].append(Kind.RECORD, b"r%d" % (size % 3), payload)
            self.appended[which].add(self.count)

    @rule(which=st.integers(0, 1))
    def append_too_much(self, which):
        self.count += 1
        assert not self.journals[which].append(Kind.RECORD, b"r", b"x" * 2**11)
        self.appended[which].add(self.count)

    @rule(which=st.integers(0, 1))
    def roll(self, which):
        self.journals[which].roll()

    @rule(which=st.integers(0, 1), seconds=st.integers(0, 40), jump=st.integers(-(10**6), 10**6))
    def time_passes(self, which, seconds, jump):
        self.clock.pass_s(seconds)
        self.clock.wall = max(0, self.clock.wall + jump * 10**9)
        self.journals[which].tend()

    @rule(which=st.integers(0, 1), most=st.integers(1, 20), lane=st.sampled_from(["live", "backlog", "memory"]))
    def deliver(self, which, most, lane):
        reader = getattr(self.journals[which], lane)()
        if reader is not None and (batch := reader.next(most, 2**20)) is not None:
            self.arrived(batch.entries)
            reader.acknowledge(batch)
        if lane == "backlog" and reader is not None:
            reader.close()

    @rule(which=st.integers(0, 1), lane=st.sampled_from(["live", "backlog", "memory"]))
    def try_and_give_up(self, which, lane):
        reader = getattr(self.journals[which], lane)()
        if reader is not None and (batch := reader.next(5, 2**20)) is not None:
            reader.release(batch)
        if lane == "backlog" and reader is not None:
            reader.close()

    @rule(which=st.integers(0, 1))
    def disk_fills(self, which):
        self.files[which].fill()

    @rule(which=st.integers(0, 1), after=st.integers(0, 40))
    def writes_come_short(self, which, after):
        self.files[which].faults["write"] = lambda real, descriptor, data: real(descriptor, data[:after])

    @rule(which=st.integers(0, 1))
    def disk_heals(self, which):
        self.files[which].heal()
        self.journals[which].tend()

    @rule(which=st.integers(0, 1))
    def restart(self, which):
        self.files[which].heal()
        self.journals[which].close()
        self.journals[which] = self.fresh(which)

    @rule(which=st.integers(0, 1), tail=st.binary(max_size=60))
    def crash(self, which, tail):
        """The kernel closes the files; half a write may stand at the end."""
        journal = self.journals[which]
        waiting = journal._writer.ring
        lost = {int(entry.payload.partition(b":")[0]) for entry in (*waiting._waiting, *waiting._lent)}
        segment = journal._writer.segment
        if segment is not None and not segment.closed and tail:
            os.write(segment.file.locker, b"\xd7\x4a\x02\x01\xff\x0f\0\0" + tail)
        self.forgiven += len(lost) + sum(loss.count for loss in journal._writer._pending)
        journal._descriptors.close_all()
        self.files[which].heal()
        self.journals[which] = self.fresh(which)

    @precondition(lambda self: self.count < 400)
    @rule(which=st.integers(0, 1))
    def append_beyond_the_cap(self, which):
        self.append(which, 900, 100)
        self.journals[which].tend()

    def arrived(self, entries):
        for entry in entries:
            if entry.kind == Kind.GAP:
                self.told += json.loads(entry.payload)["count"]
            else:
                self.delivered[int(entry.payload.partition(b":")[0])] += 1

    @invariant()
    def nothing_comes_twice(self):
        assert not hasattr(self, "delivered") or all(count == 1 for count in self.delivered.values())

    @invariant()
    def memory_is_bounded(self):
        assert not hasattr(self, "journals") or all(
            journal.status().memory_bytes <= LIMITS.memory_bytes for journal in self.journals
        )

    def everything_arrives(self):
        """Delivered + reported = appended, to the record, but for what a crash found in memory."""
        for files, journal in zip(self.files, self.journals, strict=True):
            files.heal()
            journal.close()
        last = self.fresh(0)
        while (reader := last.backlog()) is not None:
            while (batch := reader.next(7, 2**20)) is not None:
                self.arrived(batch.entries)
                reader.acknowledge(batch)
        status = last.status()
        last.close()
        assert (status.segments, status.corrupt, status.foreign) == (0, 0, 0)
        self.nothing_comes_twice()
        assert set(self.delivered) <= self.appended[0] | self.appended[1]
        assert len(self.delivered) + self.told + self.forgiven == self.count


JournalMachine.TestCase.settings = settings(
    max_examples=settings.default.max_examples * 2 // 5,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
TestJournal = JournalMachine.TestCase
