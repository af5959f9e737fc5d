"""Readings of this machine.

CPU time is summed over the CPUs: per logical CPU, a host of 128 would give 1,792 series, and that from each of its
workers. Disks and interfaces are bounded too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import psutil

from driftmeter.resources import catalogue as names
from driftmeter.resources.devices import DEVICES, busiest, is_whole_disk
from driftmeter.resources.point import Point, Points, Reading

ROOT: Final = "/"
_FIELDS: Final = MappingProxyType(
    {
        "user": ("user",),
        "nice": ("nice",),
        "system": ("system",),
        "idle": ("idle",),
        "iowait": ("iowait",),
        "interrupt": ("irq", "softirq", "interrupt"),
        "steal": ("steal",),
    }
)
"""psutil's fields by `cpu.mode`; which of them exist depends on the platform."""
_ROOT_USED: Final = MappingProxyType({names.FILESYSTEM_MOUNTPOINT: ROOT, names.FILESYSTEM_STATE: "used"})
_ROOT_FREE: Final = MappingProxyType({names.FILESYSTEM_MOUNTPOINT: ROOT, names.FILESYSTEM_STATE: "free"})
_ROOT_RESERVED: Final = MappingProxyType({names.FILESYSTEM_MOUNTPOINT: ROOT, names.FILESYSTEM_STATE: "reserved"})
_ROOT: Final = MappingProxyType({names.FILESYSTEM_MOUNTPOINT: ROOT})


class SystemReader:
    """Reads the machine on which it runs, or what a container shows of it.

    >>> points = SystemReader().readings["memory"]()
    >>> states = sum(point.value for point in points["system.memory.usage"])
    >>> states == points["system.memory.limit"][0].value
    True

    """

    def __init__(self) -> None:
        self._cpu_before: dict[str, float] | None = None
        self._disks: frozenset[str] = frozenset()
        self._interfaces: frozenset[str] = frozenset()
        self.readings: Mapping[str, Reading] = MappingProxyType(
            {
                "cpu": self._cpu,
                "memory": _memory,
                "disk": self._disk,
                "network": self._network,
                "filesystem": _filesystem,
                "uptime": _uptime,
            }
        )

    def _cpu(self) -> Points:
        times, now = psutil.cpu_times(), {}
        for mode, fields in _FIELDS.items():
            present = [getattr(times, field) for field in fields if hasattr(times, field)]
            if present:
                now[mode] = float(sum(present))
        by_mode = tuple(Point(time_s, {names.CPU_MODE: mode}) for mode, time_s in now.items())
        points = {names.SYSTEM_CPU_TIME.name: by_mode}
        # Since boot, an average would say nothing of now, so the first cycle has no utilization.
        if self._cpu_before is not None and (shares := _shares(self._cpu_before, now)):
            points[names.SYSTEM_CPU_UTILIZATION.name] = shares
        self._cpu_before = now
        return points

    def _disk(self) -> Points:
        # With nowrap, psutil would keep a global lock, which a forked child might inherit locked.
        counters = psutil.disk_io_counters(perdisk=True, nowrap=False)
        totals = {
            name: io.read_bytes + io.write_bytes
            for name, io in counters.items()
            if name in self._disks or is_whole_disk(name)
        }
        self._disks = busiest(self._disks, totals, DEVICES)
        points = []
        for name in sorted(self._disks):
            for direction, value in (("read", counters[name].read_bytes), ("write", counters[name].write_bytes)):
                points.append(Point(value, {names.SYSTEM_DEVICE: name, names.DISK_IO_DIRECTION: direction}))
        return {names.SYSTEM_DISK_IO.name: tuple(points)}

    def _network(self) -> Points:
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
        totals = {name: io.bytes_recv + io.bytes_sent for name, io in counters.items()}
        self._interfaces = busiest(self._interfaces, totals, DEVICES)
        points = []
        for name in sorted(self._interfaces):
            for direction, value in (("receive", counters[name].bytes_recv), ("transmit", counters[name].bytes_sent)):
                points.append(Point(value, {names.NETWORK_INTERFACE_NAME: name, names.NETWORK_IO_DIRECTION: direction}))
        return {names.SYSTEM_NETWORK_IO.name: tuple(points)}


def _shares(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[Point, ...]:
    # The kernel's idle and iowait times are known to step back now and then.
    spent = {mode: max(0.0, value - before.get(mode, value)) for mode, value in now.items()}
    total = sum(spent.values())
    return tuple(Point(value / total, {names.CPU_MODE: mode}) for mode, value in spent.items()) if total > 0 else ()


def _memory() -> Points:
    memory = psutil.virtual_memory()
    if hasattr(memory, "buffers") and hasattr(memory, "cached"):
        states = {"free": memory.free, "buffers": memory.buffers, "cached": memory.cached}
    else:
        states = {"free": memory.available}
    # psutil's `used` overlaps with buffers and cached; the convention's states add up to the limit.
    states["used"] = memory.total - sum(states.values())
    return {
        names.SYSTEM_MEMORY_USAGE.name: tuple(Point(v, {names.MEMORY_STATE: state}) for state, v in states.items()),
        names.SYSTEM_MEMORY_UTILIZATION.name: tuple(
            Point(v / memory.total, {names.MEMORY_STATE: state}) for state, v in states.items()
        ),
        names.SYSTEM_MEMORY_LIMIT.name: (Point(memory.total),),
    }


def _filesystem() -> Points:
    root = os.statvfs(ROOT)
    used, free = (root.f_blocks - root.f_bfree) * root.f_frsize, root.f_bavail * root.f_frsize
    points: dict[str, tuple[Point, ...]] = {
        names.SYSTEM_FILESYSTEM_USAGE.name: (
            Point(used, _ROOT_USED),
            Point(free, _ROOT_FREE),
            Point((root.f_bfree - root.f_bavail) * root.f_frsize, _ROOT_RESERVED),
        )
    }
    if used + free > 0:
        points[names.SYSTEM_FILESYSTEM_UTILIZATION.name] = (Point(used / (used + free), _ROOT),)
    return points


def _uptime() -> Points:
    if sys.platform == "linux":
        uptime_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    else:
        uptime_s = time.time() - psutil.boot_time()
    return {names.SYSTEM_UPTIME.name: (Point(uptime_s),)}
