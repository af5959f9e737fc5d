"""How a journal fares: taken from the directory, never from what somebody remembers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from driftmeter.journal.backlog import Backlog
from driftmeter.journal.dead import DeadLetters
from driftmeter.journal.directory import Directory
from driftmeter.journal.writer import Writer


@dataclass(frozen=True, slots=True)
class Status:
    """One look at a journal.

    Args:
        mode: "disk", or "memory" while the disk fails.
        bytes: of all segments in the directory, of every process.
        segments: how many.
        oldest_age_s: of the oldest segment; 0 when there is none.
        memory_records, memory_bytes: what waits in memory.
        dead_bytes: of dead letters.
        buried: dead letters of this process.
        appended: records that this process wrote to the disk.
        lost: records by reason, known to this process.
        adopted: segments of other processes that this one took over.
        corrupt, torn: damaged stretches, and writes that were cut short, that this process stepped over.
        foreign: files of another version, or not segments at all, left alone.
        refusals: times that the disk said no.
        fsync_errors: files whose last half second may not survive a power cut.
        slow_writes: that took more than 50 ms.
        write_p99_us: 99 % of the writes took at most this; a power of two of nanoseconds.

    """

    mode: str
    bytes: int
    segments: int
    oldest_age_s: float
    memory_records: int
    memory_bytes: int
    dead_bytes: int
    buried: int
    appended: int
    lost: dict[str, int] = field(default_factory=dict)
    adopted: int = 0
    corrupt: int = 0
    torn: int = 0
    foreign: int = 0
    refusals: int = 0
    fsync_errors: int = 0
    slow_writes: int = 0
    write_p99_us: float = 0.0


def take_stock(directory: Directory, dead: DeadLetters, writer: Writer, backlog: Backlog) -> Status:
    """The status now; a directory that cannot be read counts as empty."""
    sizes, oldest_ns, strangers = [], None, 0
    with contextlib.suppress(OSError):
        names = directory.names()
        sizes = [directory.size(name) for name in names]
        oldest_ns = names[0].created_ns if names else None
        strangers = directory.strangers()
    age_s = 0.0 if oldest_ns is None else max(0.0, (writer.almanac.now_ns() - oldest_ns) / 1e9)
    return Status(
        mode="memory" if writer.ring.held and writer.tail is None else "disk",
        bytes=sum(sizes),
        segments=len(sizes),
        oldest_age_s=age_s,
        memory_records=writer.ring.held,
        memory_bytes=writer.ring.bytes,
        dead_bytes=dead.bytes(),
        buried=dead.buried,
        appended=writer.appended,
        lost=writer.losses.counts(),
        adopted=backlog.adopted,
        corrupt=backlog.corrupt,
        torn=backlog.torn,
        foreign=len(backlog.foreign) + strangers,
        refusals=writer.refusals,
        fsync_errors=writer.fsync_errors + backlog.fsync_errors,
        slow_writes=writer.slow_writes,
        write_p99_us=_quantile_us(writer.took, 0.99),
    )


def _quantile_us(took: list[int], share: float) -> float:
    wanted, seen = sum(took) * share, 0
    for bits, count in enumerate(took):
        seen += count
        if count and seen >= wanted:
            return float(2**bits) / 1000
    return 0.0
