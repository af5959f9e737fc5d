"""Single records go for good, wherever they lie; everything around them stays."""

import subprocess
import sys
import threading

import pytest

from driftmeter.journal import Entry, Kind, erase, inspect


def about(subject):
    return lambda entry: subject in entry.payload


def on_disk(path):
    return b"".join(file.read_bytes() for file in path.rglob("*.seg"))


def test_what_is_doomed_leaves_no_byte(make, tools, tmp_path):
    """In the live segment, in sealed ones, among the dead letters."""
    journal = make()
    for part in (b"sealed", b"live"):
        for name in (b"anna", b"berta", b"carla"):
            journal.append(Kind.RECORD, b"r", part + b" " + name)
        if part == b"sealed":
            journal.roll()
    journal.bury([Entry(Kind.ROWS, 1, b"l", b"dead berta")], "refused", journal.writer)
    assert erase(tmp_path / "journal", about(b"berta")) == 3
    assert b"berta" not in on_disk(tmp_path / "journal")
    assert tools.records(tools.drain(journal)) == [b"sealed anna", b"sealed carla", b"live anna", b"live carla"]
    assert (journal.losses.total(), journal.status().corrupt, journal.replay()) == (0, 0, 0)
    assert erase(tmp_path / "journal", about(b"berta")) == 0


def test_progress_and_numbers_stay(make, tools, tmp_path):
    """What was acknowledged is erased as well, since it may still be on the disk."""
    journal = make()
    for n in range(6):
        journal.append(Kind.RECORD, b"r", b"%d" % n)
    journal.live().acknowledge(journal.live().next(2, 2**20))
    assert erase(tmp_path / "journal", lambda entry: entry.payload in {b"0", b"3", b"5"}) == 3
    entries = tools.drain(journal)
    assert [(entry.seq, entry.payload) for entry in entries] == [(3, b"2"), (5, b"4")]


def test_a_segment_of_erased_records_alone_is_done(make, tools, tmp_path):
    """It goes, and is no loss."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x")
    journal.close()
    erase(tmp_path / "journal", lambda _: True)
    other = make()
    assert tools.drain(other) == []
    assert (other.status().segments, other.losses.total()) == (0, 0)


def test_readers_and_writers_go_on_meanwhile(make, tools, tmp_path):
    """Nothing that was not doomed is lost, and no half erased frame is taken for damage."""
    journal = make()
    for n in range(3000):
        journal.append(Kind.RECORD, b"r", b"%04d" % n + b"." * 100)
    entries = []
    thread = threading.Thread(target=lambda: entries.extend(tools.drain(journal)))
    thread.start()
    gone = erase(tmp_path / "journal", lambda entry: int(entry.payload[:4]) % 2 == 0)
    thread.join()
    entries += tools.drain(journal)
    odd = [payload for payload in tools.records(entries) if int(payload[:4]) % 2]
    assert [int(payload[:4]) for payload in odd] == list(range(1, 3000, 2))
    assert tools.reported(entries) == 0
    assert len(entries) + gone >= 3000


def test_another_process_may_erase(make, tools, tmp_path):
    """What this one is still writing."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"anna")
    journal.append(Kind.RECORD, b"r", b"berta")
    program = "import sys, pathlib; from driftmeter.journal import erase;"
    program += "print(erase(pathlib.Path(sys.argv[1]), lambda entry: entry.payload == b'anna'))"
    said = subprocess.run([sys.executable, "-c", program, tmp_path / "journal"], capture_output=True, check=True)
    assert said.stdout == b"1\n"
    journal.append(Kind.RECORD, b"r", b"carla")
    assert tools.records(tools.drain(journal)) == [b"berta", b"carla"]


def test_a_disk_that_refuses_is_told(make, tools, tmp_path):
    """An erasure that did not happen must not look like one."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x")
    files = tools.FaultyFiles()
    files.faults["pwrite"] = 5
    with pytest.raises(OSError, match="could not be overwritten"):
        erase(tmp_path / "journal", lambda _: True, files=files)


def test_looking_tells_what_is_pending(make, tmp_path):
    """And changes nothing."""
    journal = make()
    for n in range(3):
        journal.append(Kind.RECORD, b"r", b"%d" % n)
    journal.append(Kind.RECORD, b"r", b"x" * 2**15)
    journal.live().acknowledge(journal.live().next(1, 2**20))
    before = on_disk(tmp_path / "journal")
    seen = list(inspect(tmp_path / "journal"))
    assert [(sight.entry.kind, sight.pending) for sight in seen] == [(2, False), (2, True), (2, True), (4, True)]
    assert {sight.writer for sight in seen} == {journal.writer}
    assert on_disk(tmp_path / "journal") == before


def test_there_may_be_nothing(tmp_path):
    """No directory, no records; none is made by looking."""
    assert erase(tmp_path / "none", lambda _: True) == 0
    assert not (tmp_path / "none").exists()
