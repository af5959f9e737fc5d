"""Readings of this process.

CPU time and context switches come from `getrusage`: it is finer than the ticks of `/proc/self/stat`, and it counts
the switches of all threads where `/proc/self/status`, and so psutil, counts those of the main thread only.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import psutil

from driftmeter.resources import catalogue as names
from driftmeter.resources.point import Point, Points, Reading

USER: Final = MappingProxyType({names.CPU_MODE: "user"})
SYSTEM: Final = MappingProxyType({names.CPU_MODE: "system"})
READ: Final = MappingProxyType({names.DISK_IO_DIRECTION: "read"})
WRITE: Final = MappingProxyType({names.DISK_IO_DIRECTION: "write"})
VOLUNTARY: Final = MappingProxyType({names.CONTEXT_SWITCH_TYPE: "voluntary"})
INVOLUNTARY: Final = MappingProxyType({names.CONTEXT_SWITCH_TYPE: "involuntary"})


class ProcessReader:
    """Reads the process in which it was built; a forked child needs its own.

    >>> points = ProcessReader().readings["memory"]()
    >>> points["process.memory.usage"][0].value > 1_000_000
    True

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._process = psutil.Process()
        # The wall clock may be set while we run, so it is asked once; from then on uptime is monotonic.
        self._started = clock() - max(0.0, time.time() - self._process.create_time())
        # A process starts with no CPU time, so the first utilization is that since its start, not a false 0.
        self._user_s, self._system_s, self._measured = 0.0, 0.0, self._started
        self.readings: Mapping[str, Reading] = MappingProxyType(
            {
                "cpu": self._cpu,
                "memory": self._memory,
                "disk": self._disk,
                "threads": self._threads,
                "file_descriptors": self._file_descriptors,
                "uptime": self._uptime,
            }
        )

    def _cpu(self) -> Points:
        now, usage = self._clock(), resource.getrusage(resource.RUSAGE_SELF)
        capacity_s = (now - self._measured) * available_cpus()
        user_s, system_s = usage.ru_utime - self._user_s, usage.ru_stime - self._system_s
        points = {
            names.PROCESS_CPU_TIME.name: (Point(usage.ru_utime, USER), Point(usage.ru_stime, SYSTEM)),
            names.PROCESS_CONTEXT_SWITCHES.name: (
                Point(usage.ru_nvcsw, VOLUNTARY),
                Point(usage.ru_nivcsw, INVOLUNTARY),
            ),
        }
        if capacity_s > 0:
            points[names.PROCESS_CPU_UTILIZATION.name] = (
                Point(min(1.0, user_s / capacity_s), USER),
                Point(min(1.0, system_s / capacity_s), SYSTEM),
            )
            self._user_s, self._system_s, self._measured = usage.ru_utime, usage.ru_stime, now
        return points

    def _memory(self) -> Points:
        memory = self._process.memory_info()
        return {
            names.PROCESS_MEMORY_USAGE.name: (Point(memory.rss),),
            names.PROCESS_MEMORY_VIRTUAL.name: (Point(memory.vms),),
        }

    def _disk(self) -> Points:
        io = self._process.io_counters()
        return {names.PROCESS_DISK_IO.name: (Point(io.read_bytes, READ), Point(io.write_bytes, WRITE))}

    def _threads(self) -> Points:
        return {names.PROCESS_THREAD_COUNT.name: (Point(self._process.num_threads()),)}

    def _file_descriptors(self) -> Points:
        return {names.PROCESS_FILE_DESCRIPTOR_COUNT.name: (Point(self._process.num_fds()),)}

    def _uptime(self) -> Points:
        return {names.PROCESS_UPTIME.name: (Point(self._clock() - self._started),)}


def available_cpus() -> int:
    """Count the CPUs on which this process may run; the machine's where the platform cannot tell.

    >>> available_cpus() >= 1
    True

    """
    if hasattr(os, "sched_getaffinity"):
        # By number, for 0 would mean the calling thread, which may be pinned apart from the process.
        return len(os.sched_getaffinity(os.getpid()))
    return os.cpu_count() or 1
