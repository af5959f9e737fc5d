"""Which disks and interfaces are worth a series: a few, and the same ones from cycle to cycle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

DEVICES: Final = 8
"""Most disks, and most interfaces, that one process reports."""


def busiest(chosen: frozenset[str], totals: Mapping[str, int], limit: int) -> frozenset[str]:
    """Fill the places up to `limit` with the devices that moved most bytes; who has a place keeps it while present.

    Args:
        chosen: The devices reported until now.
        totals: Bytes moved so far, by device present now.
        limit: Most devices to report.

    >>> sorted(busiest(frozenset({"sdb"}), {"sda": 9, "sdb": 1, "sdc": 5, "loop0": 0}, 2))
    ['sda', 'sdb']

    """
    kept = chosen & totals.keys()
    newcomers = [name for name in totals.keys() - kept if totals[name] > 0]
    newcomers.sort(key=lambda name: (-totals[name], name))
    return kept | frozenset(newcomers[: max(0, limit - len(kept))])


def is_whole_disk(name: str) -> bool:
    """Tell whether a block device is no partition, whose bytes its disk counts already.

    >>> is_whole_disk("no-such-device")
    True

    """
    return not Path("/sys/class/block", name, "partition").exists()
