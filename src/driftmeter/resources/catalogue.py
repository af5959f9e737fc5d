"""The resource metrics, by group.

Names, units, kinds and attributes are OpenTelemetry's own, from semantic conventions 1.44.0 (`process.*` release
candidate, `system.*` development); nothing here is an invention of driftmeter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from driftmeter.semconv import Metric

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"

Group: TypeAlias = Literal["process", "system"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)

CPU_MODE: Final = "cpu.mode"
DISK_IO_DIRECTION: Final = "disk.io.direction"
NETWORK_IO_DIRECTION: Final = "network.io.direction"
NETWORK_INTERFACE_NAME: Final = "network.interface.name"
CONTEXT_SWITCH_TYPE: Final = "process.context_switch.type"
SYSTEM_DEVICE: Final = "system.device"
MEMORY_STATE: Final = "system.memory.state"
FILESYSTEM_STATE: Final = "system.filesystem.state"
FILESYSTEM_MOUNTPOINT: Final = "system.filesystem.mountpoint"


def _counter(name: str, unit: str, description: str) -> Metric:
    return Metric(name, "observable_counter", unit, description)


def _level(name: str, unit: str, description: str) -> Metric:
    return Metric(name, "observable_up_down_counter", unit, description)


def _gauge(name: str, unit: str, description: str) -> Metric:
    return Metric(name, "observable_gauge", unit, description)


PROCESS_CPU_TIME: Final = _counter("process.cpu.time", "s", "CPU seconds of this process, by mode.")
PROCESS_CPU_UTILIZATION: Final = _gauge(
    "process.cpu.utilization", "1", "CPU time since the last measurement, per elapsed time and CPU available."
)
PROCESS_CONTEXT_SWITCHES: Final = _counter(
    "process.context_switches", "{context_switch}", "Times the process was switched off a CPU."
)
PROCESS_MEMORY_USAGE: Final = _level("process.memory.usage", "By", "Physical memory in use by this process.")
PROCESS_MEMORY_VIRTUAL: Final = _level("process.memory.virtual", "By", "Virtual memory committed by this process.")
PROCESS_DISK_IO: Final = _counter("process.disk.io", "By", "Bytes this process moved from and to disks.")
PROCESS_THREAD_COUNT: Final = _level("process.thread.count", "{thread}", "Threads of this process.")
PROCESS_FILE_DESCRIPTOR_COUNT: Final = _level(
    "process.unix.file_descriptor.count", "{file_descriptor}", "File descriptors open in this process."
)
PROCESS_UPTIME: Final = _gauge("process.uptime", "s", "Time this process has been running.")

SYSTEM_CPU_TIME: Final = _counter("system.cpu.time", "s", "CPU seconds of the machine over all CPUs, by mode.")
SYSTEM_CPU_UTILIZATION: Final = _gauge(
    "system.cpu.utilization", "1", "Share of all CPUs' time since the last measurement, by mode."
)
SYSTEM_MEMORY_USAGE: Final = _level("system.memory.usage", "By", "Memory of the machine, by state.")
SYSTEM_MEMORY_UTILIZATION: Final = _gauge("system.memory.utilization", "1", "Share of the memory, by state.")
SYSTEM_MEMORY_LIMIT: Final = _level("system.memory.limit", "By", "Memory of the machine.")
SYSTEM_DISK_IO: Final = _counter("system.disk.io", "By", "Bytes moved from and to the machine's disks.")
SYSTEM_NETWORK_IO: Final = _counter("system.network.io", "By", "Bytes received and transmitted, by interface.")
SYSTEM_FILESYSTEM_USAGE: Final = _level("system.filesystem.usage", "By", "Space of the root filesystem, by state.")
SYSTEM_FILESYSTEM_UTILIZATION: Final = _gauge(
    "system.filesystem.utilization", "1", "Share of the root filesystem's usable space that is used."
)
SYSTEM_UPTIME: Final = _gauge("system.uptime", "s", "Time the machine has been running.")

CATALOGUE: Final[Mapping[Group, tuple[Metric, ...]]] = MappingProxyType(
    {
        "process": (
            PROCESS_CPU_TIME,
            PROCESS_CPU_UTILIZATION,
            PROCESS_CONTEXT_SWITCHES,
            PROCESS_MEMORY_USAGE,
            PROCESS_MEMORY_VIRTUAL,
            PROCESS_DISK_IO,
            PROCESS_THREAD_COUNT,
            PROCESS_FILE_DESCRIPTOR_COUNT,
            PROCESS_UPTIME,
        ),
        "system": (
            SYSTEM_CPU_TIME,
            SYSTEM_CPU_UTILIZATION,
            SYSTEM_MEMORY_USAGE,
            SYSTEM_MEMORY_UTILIZATION,
            SYSTEM_MEMORY_LIMIT,
            SYSTEM_DISK_IO,
            SYSTEM_NETWORK_IO,
            SYSTEM_FILESYSTEM_USAGE,
            SYSTEM_FILESYSTEM_UTILIZATION,
            SYSTEM_UPTIME,
        ),
    }
)
"""What each group can emit, one row per metric. `system` describes the whole machine: from N workers on one host it
arrives N times, told apart by `service.instance.id` only, so average it over instances and never sum it."""


def known_groups(groups: Collection[str]) -> tuple[Group, ...]:
    """Give these groups in the catalogue's order.

    Raises:
        ValueError: If one is unknown.

    >>> known_groups({"system", "process"})
    ('process', 'system')

    """
    if unknown := set(groups) - set(GROUPS):
        raise ValueError(f"unknown resource groups {sorted(unknown)}; use any of {', '.join(GROUPS)}")
    return tuple(group for group in GROUPS if group in groups)
