"""A disk that is full, broken, slow or gone: nothing is raised, and what is lost is told to the record."""

import errno
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from driftmeter.journal import Kind

FAULTS = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EFBIG]


def named(faults):
    return pytest.mark.parametrize("fault", faults, ids=[errno.errorcode[fault] for fault in faults])


def append_many(journal, first, count, size=0):
    return [journal.append(Kind.RECORD, b"r", (b"%06d" % n).ljust(size, b".")) for n in range(first, first + count)]


def numbers(tools, entries):
    return [int(payload[:6]) for payload in tools.records(entries)]


@named(FAULTS)
def test_what_the_disk_refuses_waits_in_memory(fault, make, tools):
    """And goes to the disk, in order, once it takes writes again."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    files.faults.update({"write": fault, "open": fault})
    assert all(append_many(journal, 10, 10))
    journal.tend()
    assert journal.status().mode == "memory"
    files.heal()
    journal.tend()
    append_many(journal, 20, 10)
    assert journal.status().mode == "disk"
    assert journal.status().memory_bytes == 0
    assert numbers(tools, tools.drain(journal)) == list(range(30))
    assert journal.losses.total() == 0


@named(FAULTS)
def test_a_disk_that_refuses_from_the_start(fault, make, tools):
    """Not even the directory can be made."""
    files = tools.FaultyFiles()
    files.faults.update({"mkdir": fault, "open": fault})
    journal = make(files=files)
    assert all(append_many(journal, 0, 10))
    assert journal.backlog() is None
    assert journal.status().bytes == 0
    files.heal()
    journal.tend()
    assert numbers(tools, tools.drain(journal)) == list(range(10))


@pytest.mark.parametrize("part", [0, 1, 19, 20, 30])
def test_a_short_write_leaves_no_half_frame(part, make, tools, tmp_path):
    """What was written of it is cut off again, so that the file stays whole."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 3)
    files.faults["write"] = lambda real, descriptor, data: real(descriptor, data[:part])
    append_many(journal, 3, 1, size=100)
    sizes = {path.stat().st_size for path in (tmp_path / "journal").glob("*.seg")}
    assert sizes == {journal._writer.segment.size}
    files.heal()
    journal.tend()
    append_many(journal, 4, 3)
    assert numbers(tools, tools.drain(journal)) == list(range(7))
    assert journal.status().torn == 0


def test_a_half_frame_that_cannot_be_cut_off_is_stepped_over(make, tools):
    """By this process and by the one that adopts it."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 3)
    files.faults["write"] = lambda real, descriptor, data: real(descriptor, data[:30])
    files.faults["ftruncate"] = errno.EIO
    append_many(journal, 3, 1, size=100)
    files.heal()
    journal.tend()
    append_many(journal, 4, 3)
    journal.close()
    other = make()
    assert numbers(tools, tools.drain(other)) == list(range(7))
    assert journal.losses.total() + other.losses.total() == 0


def test_a_write_that_a_signal_interrupts_is_tried_again(make, tools):
    """EINTR is no fault."""
    files = tools.FaultyFiles()
    journal = make(files=files)

    def once(real, *args):
        files.heal()
        raise InterruptedError

    append_many(journal, 0, 1)
    files.faults["write"] = once
    append_many(journal, 1, 1)
    assert journal.status().memory_records == 0
    assert numbers(tools, tools.drain(journal)) == [0, 1]


def test_memory_is_bounded_in_bytes_and_the_rest_is_told(make, tools):
    """The oldest go; delivered and reported make up what was appended."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    files.fill()
    append_many(journal, 10, 500, size=1000)
    assert journal.status().memory_bytes <= tools.SMALL.memory_bytes
    files.heal()
    journal.tend()
    append_many(journal, 510, 10)
    lost = journal.losses.counts()["memory_full"]
    entries = tools.drain(journal)
    kept = numbers(tools, entries)
    assert kept == [*range(10), *range(10 + lost, 520)]
    assert tools.reported(entries) == lost == 520 - len(kept)
    (gap,) = tools.gaps(entries)
    assert (gap["reason"], gap["first_seq"], gap["last_seq"]) == ("memory_full", 11, 10 + lost)


def test_losses_are_one_while_a_sender_is_busy_with_what_was_before(make, tools):
    """The header has room for few, and a sender whose backend is away is busy for long."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    lent = journal.live().next(4, 2**20)
    files.fill()
    append_many(journal, 10, 500, size=1000)
    files.heal()
    journal.tend()
    journal.live().acknowledge(lent)
    entries = tools.drain(journal)
    (gap,) = tools.gaps(entries)
    assert gap["count"] == journal.losses.total() == 506 - len(numbers(tools, entries)) > 100


@pytest.mark.parametrize("end", ["tend", "close"])
def test_losses_that_find_no_room_in_a_header_are_told_by_the_next(end, make, tools):
    """Of so many kinds that they cannot be joined; a process that ends must not take them along."""
    journal = make()
    append_many(journal, 0, 1)
    for n in range(200):
        journal._writer.lose(f"why{n}", 1, 1, 1)
    getattr(journal, end)()
    journal.close()
    entries = tools.drain(make())
    assert tools.reported(entries) == 200


def test_losses_outlive_a_process_that_is_killed_on_a_full_disk(make, tools):
    """They are told in bytes that were allocated before the disk was full."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    files.fill()
    append_many(journal, 10, 500, size=1000)
    lost = journal.losses.total()
    os.close(journal._writer.segment.file.locker)  # the kernel takes the lock of a process that dies
    entries = tools.drain(make())
    assert tools.reported(entries) == lost > 0
    assert numbers(tools, entries) == list(range(10))


def test_what_a_full_disk_never_took_back_is_told_when_the_process_ends(make, tools):
    """It goes with the process; what went to the disk or to the backend before is not lost."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    files.fill()
    append_many(journal, 10, 20)
    memory = journal.memory()
    memory.acknowledge(memory.next(5, 2**20))
    memory.next(5, 2**20)
    journal.close()
    assert journal.losses.counts() == {"disk_failed": 15}
    entries = tools.drain(make())
    assert numbers(tools, entries) == list(range(10))
    [gap] = tools.gaps(entries)
    assert (gap["reason"], gap["first_seq"], gap["last_seq"], gap["count"]) == ("disk_failed", 16, 30, 15)


def test_memory_is_a_lane_of_its_own(make, tools):
    """A healthy backend takes what a broken disk does not; nothing comes twice when the disk is back."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    files.faults["open"] = errno.EROFS
    append_many(journal, 0, 10)
    memory = journal.memory()
    memory.acknowledge(memory.next(4, 2**20))
    lent = memory.next(2, 2**20)
    files.heal()
    journal.tend()
    memory.acknowledge(lent)
    assert numbers(tools, tools.drain(journal)) == [6, 7, 8, 9]


def test_a_batch_of_memory_that_is_released_goes_to_the_disk(make, tools):
    """The sender waits for its backend; the record should not wait in memory."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    files.faults["open"] = errno.EROFS
    append_many(journal, 0, 3)
    memory = journal.memory()
    memory.release(memory.next(2, 2**20))
    files.heal()
    journal.tend()
    assert journal.status().memory_records == 0
    assert numbers(tools, tools.drain(journal)) == [0, 1, 2]


def test_progress_that_cannot_be_written_repeats_nothing(make, tools):
    """In this process: it lives in memory first, over rolls and re-adoption."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    files.faults["pwrite"] = errno.EIO
    journal.live().acknowledge(journal.live().next(4, 2**20))
    journal.roll()
    reader = journal.backlog()
    reader.acknowledge(reader.next(3, 2**20))
    reader.close()
    assert numbers(tools, tools.drain(journal)) == [7, 8, 9]


def test_progress_can_be_written_on_a_full_disk(make, tools):
    """It needs no new space, so another process starts where this one stopped."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    append_many(journal, 0, 10)
    files.fill()
    journal.live().acknowledge(journal.live().next(4, 2**20))
    os.close(journal._writer.segment.file.locker)
    assert numbers(tools, tools.drain(make())) == [4, 5, 6, 7, 8, 9]


def test_a_file_that_could_not_be_synced_is_never_asked_again(make, tools):
    """Linux forgets the pages that failed: the second fsync would say that all is well."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    asked = []

    def fail_once(real, descriptor):
        asked.append(os.fstat(descriptor).st_ino)
        if len(asked) == 1:
            raise OSError(errno.EIO, "lost")
        real(descriptor)

    append_many(journal, 0, 3)
    first = os.fstat(journal._writer.segment.file.locker).st_ino
    files.faults["fdatasync"] = fail_once
    journal.tend()
    append_many(journal, 3, 3)
    assert os.fstat(journal._writer.segment.file.locker).st_ino != first
    journal.tend()
    assert journal.status().fsync_errors == 1
    assert asked.count(first) == 1
    assert numbers(tools, tools.drain(journal)) == list(range(6))


@pytest.mark.parametrize(
    ("policy", "after_append", "after_tend"), [("process", 0, 0), ("interval", 0, 1), ("always", 1, 1)]
)
def test_each_policy_syncs_when_it_says(policy, after_append, after_tend, make, tools):
    """Never, in the background, or before the append returns."""
    files = tools.FaultyFiles()
    journal = make(files=files, sync=policy)
    append_many(journal, 0, 1)
    assert files.calls.count("fdatasync") == after_append
    journal.tend()
    journal.tend()
    assert files.calls.count("fdatasync") == after_tend


def test_a_disk_that_stalls_is_left_alone_for_a_while(make, tools):
    """Three slow writes running: half a minute in memory, then back."""
    files, clock = tools.FaultyFiles(), tools.HandClock()
    journal = make(files=files, clock=clock)

    def slow(real, *args):
        clock.pass_s(0.06)
        return real(*args)

    append_many(journal, 0, 1)
    files.faults["write"] = slow
    append_many(journal, 1, 5)
    files.calls.clear()
    append_many(journal, 6, 5)
    journal.tend()
    assert (files.calls.count("write"), journal.status().mode, journal.status().slow_writes) == (0, "memory", 3)
    files.heal()
    clock.pass_s(31)
    journal.tend()
    assert journal.status().mode == "disk"
    assert numbers(tools, tools.drain(journal)) == list(range(11))


def test_a_machine_that_stalls_is_no_reason_to_leave_the_disk(make, tools):
    """Every call is late then, and what waits in memory would die with the process."""
    files, clock = tools.FaultyFiles(), tools.HandClock()
    journal = make(files=files, clock=clock)
    clock.late_s = 0.01

    def slow(real, *args):
        clock.pass_s(0.06)
        return real(*args)

    files.faults["write"] = slow
    append_many(journal, 0, 10)
    assert (journal.status().mode, journal.status().slow_writes >= 9) == ("disk", True)
    assert numbers(tools, tools.drain(journal)) == list(range(10))


def test_a_directory_that_is_removed_is_made_again(make, tools, tmp_path):
    """Records that went into the removed file are stored again while we hold it."""
    journal = make()
    append_many(journal, 0, 10)
    journal.live().acknowledge(journal.live().next(4, 2**20))
    shutil.rmtree(tmp_path / "journal")
    append_many(journal, 10, 5)
    journal.tend()
    append_many(journal, 15, 5)
    assert list((tmp_path / "journal").glob("*.seg"))
    assert sorted(numbers(tools, tools.drain(journal))) == list(range(4, 20))


def test_a_segment_that_cannot_be_read_keeps_nobody_from_the_next(make, tools):
    """It is tried again later, and lost to nobody."""
    files, clock = tools.FaultyFiles(), tools.HandClock()
    journal = make(files=files, clock=clock)
    append_many(journal, 0, 5)
    journal.roll()
    clock.pass_s(1)
    append_many(journal, 5, 5)
    journal.roll()
    bad = str(journal._directory.names()[0])

    def fail(real, descriptor, size, at):
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == bad and at >= 4096:
            raise OSError(errno.EIO, "bad sector")
        return real(descriptor, size, at)

    files.faults["pread"] = fail
    assert numbers(tools, tools.drain(journal)) == list(range(5, 10))
    files.heal()
    clock.pass_s(61)
    assert numbers(tools, tools.drain(journal)) == list(range(5))


def test_who_appends_while_the_journal_closes_is_not_sent_to_memory(make, tools):
    """An interpreter that ends closes it while other threads record on, and nobody comes back for what memory holds."""
    late = []

    class Interrupted(tools.FaultyFiles):
        def close(self, descriptor):
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            os.close(descriptor)
            if is_directory and not late:
                late.append(threading.Thread(target=append_many, args=(journal, 10, 1)))
                late[0].start()
                late[0].join(0.2)

    journal = make(files=Interrupted())
    append_many(journal, 0, 10)
    journal.close()
    late[0].join()
    assert journal.status().memory_records == 0
    assert numbers(tools, tools.drain(journal)) == list(range(11))
