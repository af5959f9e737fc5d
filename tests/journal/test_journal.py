"""Append, read, acknowledge, restart: what every other promise stands on."""

import os
import re
import stat
import threading

import pytest

from driftmeter.journal import Entry, Journal, Kind


def test_appended_is_read_in_order_until_acknowledged(make, tools):
    """The same batch comes again; after its acknowledgement, the next."""
    journal = make()
    for n in range(5):
        assert journal.append(Kind.RECORD, b"resource", b"%d" % n)
    reader = journal.live()
    first = reader.next(3, 2**20)
    assert [entry.payload for entry in first.entries] == [b"0", b"1", b"2"]
    assert reader.next(3, 2**20).entries == first.entries
    reader.acknowledge(first)
    assert tools.records(tools.take(reader)) == [b"3", b"4"]
    assert reader.next(3, 2**20) is None


def test_entries_say_all_that_is_needed_to_read_them(make, tools):
    """Kind, number, definition; the writer's name is one of this process."""
    journal = make()
    journal.append(Kind.RECORD, b"one", b"a")
    journal.append(Kind.ROWS, b"two", b"b")
    journal.append(Kind.RECORD, b"one", b"c")
    batch = journal.live().next(10, 2**20)
    assert batch.entries == [
        (Kind.RECORD, 1, b"one", b"a"),
        (Kind.ROWS, 2, b"two", b"b"),
        (Kind.RECORD, 3, b"one", b"c"),
    ]
    assert batch.writer == journal.writer
    assert re.fullmatch("[0-9a-f]{16}", batch.writer)


def test_batches_keep_to_both_bounds(make):
    """But one entry is always given, or nothing would ever move."""
    journal = make()
    for _ in range(6):
        journal.append(Kind.RECORD, b"", b"x" * 1000)
    assert len(journal.live().next(4, 2**20).entries) == 4
    assert len(journal.live().next(100, 2500).entries) == 2
    assert len(journal.live().next(100, 1).entries) == 1


def test_nothing_exists_before_the_first_append(make, tmp_path):
    """A master that forks workers owns nothing."""
    journal = make()
    assert journal.live().next(1, 1) is None
    assert journal.memory().next(1, 1) is None
    journal.close()
    assert list((tmp_path / "journal").rglob("*.seg")) == []


def test_what_was_not_acknowledged_is_there_after_a_restart(make, tools):
    """And what was, is not."""
    first = make()
    for n in range(10):
        first.append(Kind.RECORD, b"r", b"%d" % n)
    batch = first.live().next(4, 2**20)
    first.live().acknowledge(batch)
    first.close()
    entries = tools.drain(make())
    assert tools.records(entries) == [b"%d" % n for n in range(4, 10)]
    assert [entry.seq for entry in entries] == list(range(5, 11))


def test_rolled_segments_come_back_oldest_first(make, tools):
    """Each can be read by itself: definitions are in all of them."""
    journal = make()
    for part in range(3):
        for n in range(2):
            journal.append(Kind.RECORD, b"shared", b"%d.%d" % (part, n))
        journal.roll()
    journal.append(Kind.RECORD, b"shared", b"live")
    entries = tools.drain(journal)
    assert tools.records(entries) == [b"0.0", b"0.1", b"1.0", b"1.1", b"2.0", b"2.1", b"live"]
    assert {entry.definition for entry in entries} == {b"shared"}


def test_delivered_segments_are_deleted(make, tools, tmp_path):
    """Whether they were read while live, after a roll, or after a restart."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"while live")
    tools.take(journal.live())
    journal.roll()
    journal.append(Kind.RECORD, b"r", b"after a roll")
    journal.roll()
    tools.drain(journal)
    journal.append(Kind.RECORD, b"r", b"after a restart")
    journal.close()
    tools.drain(make())
    assert list((tmp_path / "journal").glob("*.seg")) == []


def test_a_batch_may_be_acknowledged_after_its_segment_was_sealed(make, tools):
    """The segment rolled while the backend took its time."""
    journal = make()
    for n in range(4):
        journal.append(Kind.RECORD, b"r", b"%d" % n)
    batch = journal.live().next(3, 2**20)
    journal.roll()
    journal.append(Kind.RECORD, b"r", b"new")
    journal.live().acknowledge(batch)
    assert tools.records(tools.drain(journal)) == [b"3", b"new"]


def test_who_asks_again_after_a_roll_has_given_up_the_old_batch(make, tools):
    """It is backlog then, and comes from there."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"old")
    journal.live().next(3, 2**20)
    journal.roll()
    journal.append(Kind.RECORD, b"r", b"new")
    assert tools.records(tools.take(journal.live())) == [b"new"]
    assert tools.records(tools.take(journal.backlog())) == [b"old"]


def test_a_reader_that_is_closed_leaves_the_rest(make, tools):
    """To the next reader, from where it stopped."""
    journal = make()
    for n in range(4):
        journal.append(Kind.RECORD, b"r", b"%d" % n)
    journal.roll()
    reader = journal.backlog()
    reader.acknowledge(reader.next(2, 2**20))
    reader.next(1, 2**20)
    assert journal.backlog() is None
    reader.close()
    assert tools.records(tools.take(journal.backlog())) == [b"2", b"3"]


def test_segments_roll_by_size(make, tools):
    """On the caller's thread, and nothing is lost by it."""
    journal = make()
    sent = [b"%03d" % n + b"x" * 1000 for n in range(200)]
    for payload in sent:
        journal.append(Kind.RECORD, b"r", payload)
    assert journal.status().segments > 2
    assert tools.records(tools.drain(journal)) == sent


def test_segments_roll_by_time(make, tools):
    """By the steady clock, whatever the wall says."""
    clock = tools.HandClock()
    journal = make(clock=clock)
    journal.append(Kind.RECORD, b"r", b"early")
    clock.wall -= 10**15
    clock.pass_s(29)
    journal.tend()
    assert journal.backlog() is None
    clock.pass_s(2)
    journal.tend()
    assert tools.records(tools.take(journal.backlog())) == [b"early"]


def test_threads_append_at_once(make, tools):
    """Every record once, each thread's in its order, numbers without holes."""
    journal = make()

    def work(part):
        for n in range(500):
            journal.append(Kind.RECORD, b"r", b"%d.%d" % (part, n))

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = tools.drain(journal)
    assert sorted(entry.seq for entry in entries) == list(range(1, 2001))
    for part in range(4):
        mine = [payload for payload in tools.records(entries) if payload.startswith(b"%d." % part)]
        assert mine == [b"%d.%d" % (part, n) for n in range(500)]


def test_a_reader_beside_a_writer_sees_whole_records_only(make, tools):
    """While the segment grows and rolls under it."""
    journal = make()
    sent = [b"%05d" % n * (n % 40) for n in range(4000)]
    writer = threading.Thread(target=lambda: [journal.append(Kind.RECORD, b"r", payload) for payload in sent])
    writer.start()
    entries = []
    while writer.is_alive():
        entries += tools.take(journal.live(), most=7)
    writer.join()
    entries += tools.drain(journal)
    assert sorted(entries, key=lambda entry: entry.seq) == sorted(set(entries), key=lambda entry: entry.seq)
    assert [entry.payload for entry in sorted(entries, key=lambda entry: entry.seq)] == sent


def test_one_append_is_one_write(make, tools):
    """Of one system call, whatever it has to say first."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    journal.append(Kind.RECORD, b"r", b"first")
    files.calls.clear()
    journal.append(Kind.RECORD, b"r", b"second")
    journal.append(Kind.ROWS, b"another definition", b"third")
    assert files.calls == ["write", "write"]


def test_a_signal_may_append_while_an_append_is_under_way(make, tools):
    """Its record is kept aside until the interrupted one is whole."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    journal.append(Kind.RECORD, b"r", b"before")

    def interrupted(real, *args):
        del files.faults["write"]
        assert journal.append(Kind.RECORD, b"r", b"within")
        return real(*args)

    files.faults["write"] = interrupted
    journal.append(Kind.RECORD, b"r", b"outer")
    journal.tend()
    assert tools.records(tools.drain(journal)) == [b"before", b"outer", b"within"]


def test_an_interrupt_passes_and_costs_nothing_that_returned(make, tools):
    """Ctrl-C between the write and its accounting: the record may be there, its neighbours must."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    journal.append(Kind.RECORD, b"r", b"before")

    def interrupted(real, *args):
        real(*args)
        del files.faults["write"]
        raise KeyboardInterrupt

    files.faults["write"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        journal.append(Kind.RECORD, b"r", b"interrupted")
    journal.append(Kind.RECORD, b"r", b"after")
    assert tools.records(tools.drain(journal)) == [b"before", b"interrupted", b"after"]


def test_what_is_no_record_is_counted_and_raises_nothing(make, tools):
    """Neither does a caller who is wrong about types."""
    journal = make()
    assert journal.append(Kind.RECORD, b"r", None) is False
    assert journal.append(Kind.RECORD, None, b"x") is False
    assert journal.losses.counts() == {"fault": 2}
    assert tools.reported(tools.drain(journal)) == 2


def test_files_are_private(make, tmp_path):
    """0700 and 0600, whatever the umask, parents included."""
    before = os.umask(0)
    try:
        journal = make()
        journal.append(Kind.RECORD, b"r", b"x")
        journal.bury([Entry(Kind.RECORD, 1, b"r", b"x")], "refused", journal.writer)
    finally:
        os.umask(before)
    journal_dir = tmp_path / "journal"
    paths = [journal_dir, *journal_dir.rglob("*")]
    assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)] == []
    assert len(paths) == 4


def test_policies_are_named(tmp_path):
    """A wrong one is told at once, with those there are."""
    with pytest.raises(ValueError, match="sync='often' is none of process, interval, always"):
        Journal(tmp_path, sync="often")


def test_closed_is_not_ended(make, tools):
    """An append after `close` begins another segment."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"before")
    journal.close()
    journal.append(Kind.RECORD, b"r", b"after")
    assert tools.records(tools.drain(journal)) == [b"before", b"after"]


def test_the_thread_writes_what_waits_and_sleeps(tmp_path, tools):
    """There is none before the first append, and none after `close`."""
    names = lambda: [thread.name for thread in threading.enumerate()]  # noqa: E731
    journal = Journal(tmp_path / "journal", limits=tools.SMALL)
    assert "driftmeter-sync" not in names()
    journal.append(Kind.RECORD, b"r", b"x")
    assert "driftmeter-sync" in names()
    journal.close()
    assert "driftmeter-sync" not in names()
    journal.append(Kind.RECORD, b"r", b"y")
    assert "driftmeter-sync" in names()
    journal.close()
