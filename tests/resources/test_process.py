import os
import resource
import threading
from types import SimpleNamespace

import psutil
import pytest

from driftmeter.resources.process import ProcessReader, available_cpus


def value(points, name, **attributes):
    wanted = {key.replace("_", "."): text for key, text in attributes.items()}
    (found,) = (point.value for point in points[name] if wanted.items() <= dict(point.attributes).items())
    return found


def test_memory_is_that_of_this_process():
    """psutil, asked at the same moment, says nearly the same."""
    points, memory = ProcessReader().readings["memory"](), psutil.Process().memory_info()
    assert value(points, "process.memory.usage") == pytest.approx(memory.rss, rel=0.1)
    assert value(points, "process.memory.virtual") == pytest.approx(memory.vms, rel=0.1)


def test_cpu_time_is_that_of_this_process():
    """The kernel's other account of the same time, in ticks, agrees within a few of them."""
    points, times = ProcessReader().readings["cpu"](), psutil.Process().cpu_times()
    assert value(points, "process.cpu.time", cpu_mode="user") == pytest.approx(times.user, abs=0.2)
    assert value(points, "process.cpu.time", cpu_mode="system") == pytest.approx(times.system, abs=0.2)


def test_threads_and_descriptors_are_counted_when_they_appear():
    """One more thread and one more pipe are one and two more."""
    reader, gate = ProcessReader(), threading.Event()
    threads = reader.readings["threads"]()["process.thread.count"][0].value
    descriptors = reader.readings["file_descriptors"]()["process.unix.file_descriptor.count"][0].value
    thread = threading.Thread(target=gate.wait)
    thread.start()
    ends = os.pipe()
    try:
        assert reader.readings["threads"]()["process.thread.count"][0].value == threads + 1
        after = reader.readings["file_descriptors"]()["process.unix.file_descriptor.count"][0].value
        assert after == descriptors + 2
    finally:
        gate.set()
        thread.join()
        for end in ends:
            os.close(end)


def test_disk_io_never_falls():
    """Both directions are counters."""
    reader = ProcessReader()
    before, after = reader.readings["disk"](), reader.readings["disk"]()
    for direction in ("read", "write"):
        name = "process.disk.io"
        assert value(after, name, disk_io_direction=direction) >= value(before, name, disk_io_direction=direction) >= 0


@pytest.fixture
def usage(monkeypatch):
    """CPU time that the test sets."""
    spent = SimpleNamespace(ru_utime=0.0, ru_stime=0.0, ru_nvcsw=0, ru_nivcsw=0)
    monkeypatch.setattr(resource, "getrusage", lambda who: spent)
    return spent


def test_utilization_is_the_difference_per_second_and_cpu(usage):
    """After the first cycle only what was used since the last one counts."""
    now = [1_000.0]
    reader = ProcessReader(lambda: now[0])
    reader.readings["cpu"]()
    usage.ru_utime, usage.ru_stime, now[0] = 0.3, 0.1, 1_002.0
    points = reader.readings["cpu"]()
    cpus = available_cpus()
    assert value(points, "process.cpu.utilization", cpu_mode="user") == pytest.approx(0.3 / 2 / cpus)
    assert value(points, "process.cpu.utilization", cpu_mode="system") == pytest.approx(0.1 / 2 / cpus)


def test_first_utilization_is_that_since_the_process_started(usage):
    """Not a false 0, as psutil's first cpu_percent is."""
    usage.ru_utime = 0.01
    reader = ProcessReader()
    points = reader.readings["cpu"]()
    uptime_s = value(reader.readings["uptime"](), "process.uptime")
    expected = 0.01 / uptime_s / available_cpus()
    assert value(points, "process.cpu.utilization", cpu_mode="user") == pytest.approx(expected, rel=0.1)


def test_utilization_without_elapsed_time_is_left_out(usage):
    """There is no difference to speak of, and the next cycle's starts where the last one ended."""
    reader = ProcessReader(lambda: 5.0)
    reader._measured = 5.0
    assert "process.cpu.utilization" not in reader.readings["cpu"]()
    assert "process.cpu.time" in reader.readings["cpu"]()


def test_utilization_never_exceeds_one(usage):
    """The kernel accounts in ticks, which may fall into the wrong interval."""
    now = [0.0]
    reader = ProcessReader(lambda: now[0])
    reader.readings["cpu"]()
    usage.ru_utime, now[0] = 1_000.0, 1.0
    assert value(reader.readings["cpu"](), "process.cpu.utilization", cpu_mode="user") == 1.0


def test_uptime_does_not_follow_the_wall_clock(monkeypatch):
    """A clock set back by a day while running takes nothing from the uptime."""
    now = [50.0]
    reader = ProcessReader(lambda: now[0])
    before = value(reader.readings["uptime"](), "process.uptime")
    monkeypatch.setattr("time.time", lambda: 0.0)
    now[0] = 60.0
    assert value(reader.readings["uptime"](), "process.uptime") == pytest.approx(before + 10)
