"""Bytes, free disk, age, record size: the oldest goes, and its gap record comes through in its place."""

import errno
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from driftmeter.journal import Journal, Kind, Limits


def fill(journal, count, first=0, size=1000):
    for n in range(first, first + count):
        journal.append(Kind.RECORD, b"r", (b"%06d" % n).ljust(size, b"."))
        if n % 50 == 0:
            journal.tend()
    journal.tend()


def numbers(tools, entries):
    return [int(payload[:6]) for payload in tools.records(entries)]


def test_bytes_are_bounded_and_the_oldest_is_told(make, tools):
    """What is delivered and what is reported make up what was appended; the ranges name the numbers that are gone."""
    journal = make()
    fill(journal, 3000)
    assert journal.status().bytes <= tools.SMALL.max_bytes + 2 * tools.SMALL.roll_bytes
    entries = tools.drain(journal)
    kept = numbers(tools, entries)
    assert kept == list(range(3000 - len(kept), 3000))
    assert tools.reported(entries) == journal.losses.counts()["journal_full"] == 3000 - len(kept)
    gone = sorted((gap["first_seq"], gap["last_seq"]) for gap in tools.gaps(entries))
    assert gone[0][0] == 1
    assert gone[-1][1] == 3000 - len(kept)
    assert all(left[1] + 1 == right[0] for left, right in itertools.pairwise(gone))


def test_gap_records_survive_a_restart_and_are_delivered_once(make, tools):
    """They stand in the dropped segment's place."""
    first = make()
    fill(first, 3000)
    first.close()
    second = make()
    entries = tools.drain(second)
    assert tools.reported(entries) + len(tools.records(entries)) == 3000
    assert tools.drain(second) == []
    assert second.status().segments == 0


def test_only_what_was_not_delivered_is_lost(make, tools):
    """A segment that was half acknowledged counts half."""
    journal = make()
    fill(journal, 10)
    journal.live().acknowledge(journal.live().next(6, 2**20))
    journal.roll()
    fill(journal, 3000, first=10)
    entries = tools.drain(journal)
    assert len(tools.records(entries)) + tools.reported(entries) == 3004
    assert min(gap["first_seq"] for gap in tools.gaps(entries)) == 7


def test_what_is_too_old_goes(make, tools):
    """By age; a wall clock that jumps makes nothing old."""
    clock = tools.HandClock()
    journal = make(clock=clock, limits=Limits(max_age_s=3600, min_free_bytes=0))
    fill(journal, 5)
    journal.roll()
    clock.wall += 86_400 * 10**9
    clock.pass_s(60)
    journal.tend()
    assert journal.losses.total() == 0
    fill(journal, 5, first=5)
    clock.pass_s(3590)
    journal.tend()
    assert journal.losses.counts() == {"too_old": 5}
    entries = tools.drain(journal)
    assert (numbers(tools, entries), tools.reported(entries)) == ([5, 6, 7, 8, 9], 5)


def test_ages_may_be_unbounded(make, tools):
    """`None` keeps for ever."""
    clock = tools.HandClock()
    journal = make(clock=clock, limits=Limits(max_age_s=None, min_free_bytes=0))
    fill(journal, 5)
    journal.roll()
    clock.pass_s(10**8)
    journal.tend()
    assert len(tools.drain(journal)) == 5


def test_others_get_their_disk_back(make, tools):
    """When the disk runs low, the oldest segments make room, but never more than 5 % of the disk is kept free."""
    files = tools.FaultyFiles()
    free = [10**9]
    files.fstatvfs = lambda _: SimpleNamespace(f_bavail=free[0] // 4096, f_frsize=4096, f_blocks=10**9 // 4096)
    journal = make(files=files, limits=Limits(max_bytes=2**20, roll_bytes=2**16, min_free_bytes=2**40))
    fill(journal, 200)
    assert journal.losses.total() == 0
    free[0] = 5 * 10**7 - 100_000
    fill(journal, 100, first=200)
    lost = journal.losses.counts()["disk_low"]
    assert 100 <= lost < 200
    entries = tools.drain(journal)
    assert tools.reported(entries) == lost == 300 - len(tools.records(entries))


def test_a_record_that_is_too_large_is_refused_and_told(make, tools):
    """To the byte: the frame counts, not the payload alone."""
    journal = make()
    most = tools.SMALL.max_record_bytes - 24
    assert journal.append(Kind.RECORD, b"r", b"x" * most)
    assert not journal.append(Kind.RECORD, b"r", b"x" * (most + 1))
    assert not journal.append(Kind.RECORD, b"d" * (most + 1), b"x")
    assert journal.append(Kind.RECORD, b"r", b"after")
    entries = tools.drain(journal)
    assert tools.records(entries) == [b"x" * most, b"after"]
    assert journal.losses.counts() == {"too_large": 2}
    assert tools.reported(entries) == 2


def test_losses_alone_are_told_too(make, tools):
    """With no record to go with them, and over a restart."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x" * 2**15)
    journal.close()
    assert [gap["reason"] for gap in tools.gaps(tools.drain(make()))] == ["too_large"]


def test_many_losses_become_few_gap_records(make, tools):
    """Those of one reason that nobody has read yet are one."""
    journal = make()
    for _ in range(500):
        journal.append(Kind.RECORD, b"r", b"x" * 2**15)
    entries = tools.drain(journal)
    assert (len(entries), tools.reported(entries)) == (1, 500)


def test_a_header_that_is_full_of_losses_passes_them_on(make, tools):
    """To the next segment: a reader that takes each at once makes many of them."""
    journal, entries = make(), []
    journal.append(Kind.RECORD, b"r", b"x")
    for _ in range(100):
        journal.append(Kind.RECORD, b"r", b"x" * 2**15)
        entries += tools.take(journal.live())
    journal.roll()
    journal.tend()
    entries += tools.drain(journal)
    assert tools.reported(entries) == 100


def test_a_segment_that_is_being_read_is_not_dropped(make, tools):
    """The next oldest goes instead."""
    journal = make()
    fill(journal, 100)
    reader = journal.backlog()
    batch = reader.next(5, 2**20)
    fill(journal, 3000, first=100)
    reader.acknowledge(batch)
    entries = batch.entries + tools.take(reader) + tools.drain(journal)
    assert len(tools.records(entries)) + tools.reported(entries) == 3100
    assert numbers(tools, entries)[:5] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"max_bytes": 2**20}, "2 x roll_bytes"),
        ({"memory_bytes": 0}, "memory_bytes=0"),
        ({"max_age_s": -1.0}, "max_age_s=-1.0"),
        ({"roll_s": float("nan")}, "roll_s=nan"),
        ({"max_record_bytes": 2**30}, "16777216"),
    ],
)
def test_limits_that_make_no_sense_are_told(wrong, words):
    """With the value and the limit."""
    with pytest.raises(ValueError, match=words):
        Limits(**wrong)


def test_a_journal_has_limits_of_its_own(tmp_path):
    """Unless others are given."""
    assert Journal(tmp_path / "j").limits == Limits()


def test_losses_that_a_segment_cannot_tell_are_told_elsewhere(make, tools):
    """The disk refuses to change the header of what is dropped, and then takes no progress either."""
    files, clock = tools.FaultyFiles(), tools.HandClock()
    journal = make(files=files, clock=clock, limits=Limits(max_age_s=60, min_free_bytes=0))
    fill(journal, 10)
    journal.roll()
    clock.pass_s(50)
    fill(journal, 5, first=10)
    clock.pass_s(20)
    files.faults["pwrite"] = errno.EIO
    journal.tend()
    assert journal.losses.counts() == {"too_old": 10}
    files.heal()
    journal.tend()
    entries = tools.drain(journal)
    assert (tools.reported(entries), numbers(tools, entries)) == (10, [10, 11, 12, 13, 14])


def test_a_segment_that_cannot_be_read_does_not_keep_the_next_from_going(make, tools):
    """Caps are caps, whatever one bad sector says."""
    files, clock = tools.FaultyFiles(), tools.HandClock()
    journal = make(files=files, clock=clock, limits=Limits(max_age_s=60, min_free_bytes=0))
    for part in range(2):
        fill(journal, 10, first=10 * part)
        journal.roll()
        clock.pass_s(1)
    first = journal._directory.names()[0]

    def fail(real, descriptor, size, at):
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == str(first) and at >= 4096:
            raise OSError(errno.EIO, "bad sector")
        return real(descriptor, size, at)

    files.faults["pread"] = fail
    clock.pass_s(100)
    journal.tend()
    assert journal.losses.counts() == {"too_old": 10}
    files.heal()
    clock.pass_s(100)
    journal.tend()
    assert tools.reported(tools.drain(journal)) == 20
