"""What a journal may take: bytes on disk and in memory, age, the size of one record."""

from __future__ import annotations

from dataclasses import dataclass, fields

from driftmeter.journal.frames import MAX_PAYLOAD_BYTES

KIB, MIB, GIB = 2**10, 2**20, 2**30
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one journal directory; checked when built.

    Args:
        max_bytes: of all segments together; beyond it the oldest goes, leaving its gap record.
        min_free_bytes: to leave free on the disk, though never more than 5 % of it.
        max_age_s: of a segment; None keeps for ever.
        max_record_bytes: of one frame; a larger record is refused and counted.
        roll_bytes: when a segment is sealed and the next one begun.
        roll_s: the same, by time.
        memory_bytes: of what waits in memory while the disk fails.
        dead_bytes: of records that the backend refused for good.

    >>> Limits(max_bytes=1)
    Traceback (most recent call last):
    ValueError: max_bytes=1 is below 2 x roll_bytes=8388608: allow more, or roll earlier

    """

    max_bytes: int = GIB
    min_free_bytes: int = 512 * MIB
    max_age_s: float | None = 7 * DAY_S
    max_record_bytes: int = 256 * KIB
    roll_bytes: int = 8 * MIB
    roll_s: float = 30.0
    memory_bytes: int = 16 * MIB
    dead_bytes: int = 64 * MIB

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name == "min_free_bytes" else 1e-3
            if value is not None and not value >= least:
                raise ValueError(f"{field.name}={value} is not above zero")
        if self.max_record_bytes > MAX_PAYLOAD_BYTES:
            most = f"the format's {MAX_PAYLOAD_BYTES}"
            raise ValueError(f"max_record_bytes={self.max_record_bytes} is above {most}: allow less")
        if self.max_bytes < 2 * self.roll_bytes:
            way_out = "allow more, or roll earlier"
            raise ValueError(f"max_bytes={self.max_bytes} is below 2 x roll_bytes={self.roll_bytes}: {way_out}")
