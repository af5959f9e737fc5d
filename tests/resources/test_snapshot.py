import json
import os
import subprocess
import sys
import threading

import psutil
import pytest

from driftmeter.resources import Snapshot
from driftmeter.resources.process import ProcessReader


@pytest.fixture
def now():
    """A clock that the test moves."""
    return [1_000.0]


def test_one_cycle_reads_once_however_many_ask(now, monkeypatch):
    """Every callback of every reader sees the same snapshot until it is old enough."""
    reads = []
    monkeypatch.setattr(psutil.Process, "num_threads", lambda self: reads.append(1) or len(reads))
    snapshot = Snapshot({"process"}, min_interval_s=1, clock=lambda: now[0])
    seen = [snapshot.points("process.thread.count")[0].value for _ in range(3)]
    now[0] += 0.9
    seen.append(snapshot.points("process.thread.count")[0].value)
    now[0] += 0.2
    seen.append(snapshot.points("process.thread.count")[0].value)
    assert seen == [1, 1, 1, 1, 2]


def test_failing_reading_is_left_out_and_counted(now, monkeypatch):
    """Its neighbours stay, it is never 0, and it comes back when it works again."""

    def refuse(process):
        raise psutil.AccessDenied(process.pid)

    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "num_fds", refuse)
        snapshot = Snapshot({"process"}, clock=lambda: now[0])
        assert snapshot.points("process.unix.file_descriptor.count") == ()
        assert snapshot.points("process.memory.usage")[0].value > 0
        now[0] += 1
        snapshot.points("process.uptime")
        assert snapshot.faults() == {("process.file_descriptors", "AccessDenied"): 2}
    now[0] += 1
    assert snapshot.points("process.unix.file_descriptor.count")[0].value > 0


def test_process_that_cannot_be_opened_leaves_the_group_out(monkeypatch):
    """The other group is read as ever."""

    def gone(self, clock):
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(ProcessReader, "__init__", gone)
    snapshot = Snapshot()
    assert snapshot.points("process.uptime") == ()
    assert snapshot.points("system.uptime")[0].value > 0
    assert snapshot.faults() == {("process", "NoSuchProcess"): 1}


def test_group_that_is_off_is_not_read():
    """Nor does it count as failed."""
    snapshot = Snapshot({"process"})
    assert snapshot.points("system.memory.limit") == ()
    assert snapshot.faults() == {}


def test_unknown_group_is_refused():
    """With the groups that there are."""
    with pytest.raises(ValueError, match=r"unknown resource groups \['gpu'\]; use any of process, system"):
        Snapshot({"gpu"})


@pytest.mark.parametrize("interval_s", [0, -1, float("nan")])
def test_interval_must_be_positive(interval_s):
    """Utilization over no time has no meaning."""
    with pytest.raises(ValueError, match="must be above 0"):
        Snapshot(min_interval_s=interval_s)


def test_threads_share_a_cycle():
    """Asked by many at once, the machine is read once and everybody gets the answer."""
    snapshot, seen, start = Snapshot({"system"}, min_interval_s=3600), [], threading.Barrier(8)

    def ask():
        start.wait()
        seen.append(snapshot.points("system.memory.usage"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert all(points is seen[0] for points in seen)


def in_child(work):
    """Fork, run there, and bring back what it returned."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        answer = "null"
        try:
            answer = json.dumps(work())
        finally:
            os.write(writing, answer.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = json.loads(pipe.read())
    os.waitpid(pid, 0)
    return answer


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_forked_child_reads_itself():
    """Its own memory, not its parent's, which is what a kept psutil.Process would give."""
    snapshot = Snapshot({"process"}, min_interval_s=3600)
    parent = snapshot.points("process.memory.usage")[0].value

    def work():
        ballast = b"\1" * 200_000_000
        usage = snapshot.points("process.memory.usage")[0].value
        own = psutil.Process(os.getpid()).memory_info().rss
        return [usage, own, len(ballast), snapshot.points("process.uptime")[0].value, snapshot._cycles.pid]

    usage, own, ballast, uptime_s, pid = in_child(work)
    assert usage == pytest.approx(own, rel=0.05)
    assert usage > ballast
    assert uptime_s < snapshot.points("process.uptime")[0].value
    assert pid != os.getpid()
    assert snapshot.points("process.memory.usage")[0].value == parent


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_child_forked_while_a_thread_was_reading_does_not_hang():
    """The parent's lock, held at that moment, is not the child's."""
    snapshot = Snapshot({"process"})
    with snapshot._cycles._lock:
        # Not exactly one: what other tests have left alive may start its threads anew in a child.
        assert in_child(lambda: snapshot.points("process.thread.count")[0].value) >= 1


def test_psutil_is_imported_by_the_first_reading_only():
    """It takes tens of milliseconds, which everybody would pay who imports driftmeter."""
    program = (
        "import sys; from driftmeter.resources import Snapshot; s = Snapshot(); before = 'psutil' in sys.modules;"
        "s.points('process.uptime'); print(before, 'psutil' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
