"""A forked child is a writer of its own, and holds nothing of its parent's."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from driftmeter.forking import look_after
from driftmeter.journal import Journal, Kind

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def in_child(work):
    """Run in a forked child; what it returns, over a pipe."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(outlet, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(outlet)
    with os.fdopen(inlet) as said:
        text = said.read()
    _, status = os.waitpid(child, 0)
    assert status == 0
    return json.loads(text)


def test_a_forked_child_is_a_writer_of_its_own(make, tools):
    """With its own name, numbers, segment and counts; the parent's records are not its to send."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"parent")
    journal.append(Kind.RECORD, b"r", b"x" * 2**15)

    def work():
        stored = journal.append(Kind.RECORD, b"r", b"child")
        batch = journal.live().next(10, 2**20)
        return [stored, journal.writer, [entry.seq for entry in batch.entries], journal.losses.total()]

    stored, writer, seqs, lost = in_child(work)
    assert (stored, seqs, lost) == (True, [1], 0)
    assert writer != journal.writer
    assert sorted(tools.records(tools.drain(journal))) == [b"child", b"parent"]


def test_a_forked_child_holds_none_of_its_parents_files(make, tmp_path):
    """Or the parent's lock would outlive the parent, and nobody could adopt what it leaves."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"live")
    journal.bury([], "x", journal.writer)
    journal.roll()
    journal.append(Kind.RECORD, b"r", b"live again")
    reader = journal.backlog()
    reader.next(1, 1)

    def held():
        return [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]

    ours = [path for path in held() if str(tmp_path / "journal") in path]
    assert len(ours) >= 3
    assert [path for path in in_child(held) if str(tmp_path / "journal") in path] == []
    reader.close()


def test_what_a_dead_parent_leaves_is_adopted_while_its_child_lives(tmp_path, tools):
    """The child inherited the file, but closed it."""
    directory = tmp_path / "journal"
    inlet, outlet = os.pipe()
    parent = os.fork()
    if not parent:
        try:
            journal = Journal(directory, limits=tools.SMALL)
            journal.append(Kind.RECORD, b"r", b"parent")
            child = os.fork()
            if child:
                os.write(outlet, b"%d" % child)
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(30)
        finally:
            os._exit(0)
    os.waitpid(parent, 0)
    child = int(os.read(inlet, 20))
    try:
        journal = Journal(directory, limits=tools.SMALL)
        entries, deadline_s = [], time.monotonic() + 20
        while not entries and time.monotonic() < deadline_s:  # the child lets go of the file in its first moments
            time.sleep(0.1)
            entries = tools.drain(journal)
        journal.close()
        assert tools.records(entries) == [b"parent"]
    finally:
        os.kill(child, signal.SIGKILL)


def test_appends_go_on_while_others_stand_still_for_a_fork(make):
    """What is older than the journal may take its time, and a prediction must not wait for it."""
    stored = []

    class Slow:
        def before_fork(self):
            thread = threading.Thread(
                target=lambda: stored.append(journal.append(Kind.RECORD, b"r", b"x")), daemon=True
            )
            thread.start()
            thread.join(10)
            stored.append(thread.is_alive())

        def after_fork_in_parent(self):
            pass

        after_fork_in_child = after_fork_in_parent

    slow = Slow()
    look_after(slow)
    journal = make()
    in_child(lambda: None)
    assert stored == [True, False]
    del slow


@pytest.mark.slow
def test_a_fork_waits_for_whole_appends(make, tools):
    """Other threads append, roll and read while the process forks again and again; parent and children lose nothing."""
    journal, going, sent = make(), [True], [[], []]

    def work(part):
        while going[0] and len(sent[part]) < 20_000:  # on a slow machine, more would fill the disk
            payload = b"%d.%d" % (part, len(sent[part]))
            assert journal.append(Kind.RECORD, b"r", payload + b"." * 500)
            sent[part].append(payload)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(2)]
    for thread in threads:
        thread.start()
    try:
        counts = [
            in_child(
                lambda n=n: [journal.append(Kind.RECORD, b"c", b"child%d.%d" % (n, m)) for m in range(20)].count(True)
            )
            for n in range(10)
        ]
    finally:
        going[0] = False
    for thread in threads:
        thread.join()
    arrived = [payload.rstrip(b".") for payload in tools.records(tools.drain(journal))]
    children = [b"child%d.%d" % (n, m) for n in range(10) for m in range(20)]
    assert counts == [20] * 10
    assert sorted(arrived) == sorted(sent[0] + sent[1] + children)


def test_a_sealed_segment_is_free_though_a_child_still_has_the_file(make, tools):
    """Between a fork and the child's first instruction, or where other code forked without Python's knowing."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x")
    inherited = os.dup(journal._writer.segment.file.locker)
    journal.close()
    assert tools.records(tools.drain(make())) == [b"x"]
    os.close(inherited)
