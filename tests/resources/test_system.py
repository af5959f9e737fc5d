from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from driftmeter.resources.system import SystemReader


def by(points, name, attribute):
    return {point.attributes[attribute]: point.value for point in points[name]}


def test_memory_states_add_up_to_the_limit():
    """And the limit is the machine's memory as the kernel states it."""
    points = SystemReader().readings["memory"]()
    (limit,) = (point.value for point in points["system.memory.limit"])
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    assert limit == int(meminfo["MemTotal"].split()[0]) * 1024
    assert sum(by(points, "system.memory.usage", "system.memory.state").values()) == limit
    assert sum(by(points, "system.memory.utilization", "system.memory.state").values()) == pytest.approx(1)
    assert set(by(points, "system.memory.usage", "system.memory.state")) == {"used", "free", "buffers", "cached"}


def test_memory_of_a_platform_without_buffers_has_two_states(monkeypatch):
    """What could be had is free, the rest is used."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=100, available=30))
    points = SystemReader().readings["memory"]()
    assert by(points, "system.memory.usage", "system.memory.state") == {"free": 30, "used": 70}


def test_cpu_time_is_the_machines():
    """Every mode grows from what the kernel said before."""
    before, points = psutil.cpu_times(), SystemReader().readings["cpu"]()
    modes = by(points, "system.cpu.time", "cpu.mode")
    assert set(modes) == {"user", "nice", "system", "idle", "iowait", "interrupt", "steal"}
    assert modes["user"] >= before.user
    assert modes["user"] == pytest.approx(before.user, abs=30)


def times(**modes):
    return SimpleNamespace(**dict.fromkeys(("user", "system", "idle", "irq", "softirq"), 0.0) | modes)


@pytest.fixture
def cpu_times(monkeypatch):
    """CPU times that the test sets, one after the other."""
    given = []
    monkeypatch.setattr(psutil, "cpu_times", lambda: given.pop(0))
    return given


def test_utilization_is_the_share_of_each_mode(cpu_times):
    """The modes add up to the whole machine; interrupts of both kinds count together."""
    cpu_times += [times(user=10, idle=90), times(user=11, idle=97, irq=0.5, softirq=1.5)]
    reader = SystemReader()
    reader.readings["cpu"]()
    shares = by(reader.readings["cpu"](), "system.cpu.utilization", "cpu.mode")
    assert shares == {"user": 0.1, "system": 0.0, "idle": 0.7, "interrupt": 0.2}


def test_first_utilization_is_left_out(cpu_times):
    """The average since boot says nothing of now, and 0 would be false."""
    cpu_times += [times(user=10, idle=90)]
    assert "system.cpu.utilization" not in SystemReader().readings["cpu"]()


def test_idle_time_that_steps_back_makes_no_negative_share(cpu_times):
    """The kernel's idle time is known to do that."""
    cpu_times += [times(user=10, idle=90), times(user=11, idle=89)]
    reader = SystemReader()
    reader.readings["cpu"]()
    shares = by(reader.readings["cpu"](), "system.cpu.utilization", "cpu.mode")
    assert shares == {"user": 1.0, "system": 0.0, "idle": 0.0, "interrupt": 0.0}


def test_network_is_told_by_interface_and_direction():
    """The counters are the kernel's."""
    points = SystemReader().readings["network"]()
    counters = psutil.net_io_counters(pernic=True)
    for point in points["system.network.io"]:
        assert set(point.attributes) == {"network.interface.name", "network.io.direction"}
        io = counters[point.attributes["network.interface.name"]]
        expected = io.bytes_recv if point.attributes["network.io.direction"] == "receive" else io.bytes_sent
        assert point.value <= expected


def test_disks_are_bounded_and_partitions_left_out(monkeypatch):
    """Of a hundred disks eight are reported, in both directions, and the same ones in the next cycle."""
    disks = {f"disk{i}": SimpleNamespace(read_bytes=i, write_bytes=2 * i) for i in range(100)}
    monkeypatch.setattr(psutil, "disk_io_counters", lambda **_: disks)
    reader = SystemReader()
    first = reader.readings["disk"]()["system.disk.io"]
    assert len(first) == 16
    assert {point.attributes["system.device"] for point in first} == {f"disk{i}" for i in range(92, 100)}
    disks["disk0"] = SimpleNamespace(read_bytes=10**9, write_bytes=0)
    assert reader.readings["disk"]()["system.disk.io"] == first


def test_root_filesystem_is_the_kernels():
    """Used, free and reserved space, and the share that df shows."""
    points, disk = SystemReader().readings["filesystem"](), psutil.disk_usage("/")
    states = by(points, "system.filesystem.usage", "system.filesystem.state")
    assert set(states) == {"used", "free", "reserved"}
    assert sum(states.values()) == disk.total
    (utilization,) = points["system.filesystem.utilization"]
    assert utilization.value == pytest.approx(disk.percent / 100, abs=0.01)
    assert dict(utilization.attributes) == {"system.filesystem.mountpoint": "/"}


def test_uptime_is_the_machines():
    """The kernel's own figure, moments later."""
    (point,) = SystemReader().readings["uptime"]()["system.uptime"]
    assert point.value == pytest.approx(float(Path("/proc/uptime").read_text().split()[0]), abs=5)
