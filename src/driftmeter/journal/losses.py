"""Losses to the record: how many, why, between which numbers, when; and how they become gap records."""

from __future__ import annotations

import json
import struct
import threading
from dataclasses import asdict, astuple, dataclass, replace

_LOSS = struct.Struct("<16s8sQQQQQ")
LOSS_BYTES = _LOSS.size


@dataclass(frozen=True, slots=True)
class Loss:
    """Records of one writer that will never arrive, for one reason.

    The numbers bound the loss; `count` says how many between them (both included) are gone.
    """

    reason: str
    writer: str
    first_seq: int
    last_seq: int
    count: int
    first_ns: int
    last_ns: int

    def with_more(self, other: Loss) -> Loss:
        """Both as one; they share reason and writer."""
        return replace(
            self,
            first_seq=min(self.first_seq, other.first_seq),
            last_seq=max(self.last_seq, other.last_seq),
            count=self.count + other.count,
            first_ns=min(self.first_ns, other.first_ns),
            last_ns=max(self.last_ns, other.last_ns),
        )

    def payload(self) -> bytes:
        """The payload of the gap record.

        >>> Loss("too_large", "00" * 8, 7, 7, 1, 5, 5).payload()[:44]
        b'{"reason":"too_large","writer":"000000000000'

        """
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    def to_bytes(self) -> bytes:
        """A fixed number of bytes, to be kept in a segment's header."""
        return _LOSS.pack(self.reason.encode(), bytes.fromhex(self.writer), *astuple(self)[2:])

    @staticmethod
    def from_bytes(stored: bytes) -> Loss:
        """What `to_bytes` gave."""
        reason, writer, *numbers = _LOSS.unpack(stored)
        return Loss(reason.rstrip(b"\0").decode("ascii", "replace"), writer.hex(), *numbers)


def told_count(payload: bytes) -> int:
    """How many records a gap record's payload gives up; 0 for one that cannot be read.

    >>> told_count(Loss("too_large", "00" * 8, 7, 9, 3, 5, 5).payload())
    3

    """
    try:
        return max(int(json.loads(payload)["count"]), 0)
    except (ValueError, KeyError, TypeError):
        return 0


class Losses:
    """What this process knows to be lost, by reason; any thread may add.

    >>> losses = Losses()
    >>> losses.add(Loss("too_large", "00" * 8, 7, 7, 1, 5, 5))
    >>> losses.counts()
    {'too_large': 1}

    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[tuple[str, str], Loss] = {}

    def add(self, loss: Loss) -> None:
        """Count this loss; those of one reason and writer become one."""
        key = (loss.reason, loss.writer)
        with self._lock:
            known = self._known.get(key)
            self._known[key] = loss if known is None else known.with_more(loss)

    def all(self) -> list[Loss]:
        """Every loss since the process began, joined by reason and writer."""
        with self._lock:
            return list(self._known.values())

    def counts(self) -> dict[str, int]:
        """Lost records by reason."""
        counts: dict[str, int] = {}
        for loss in self.all():
            counts[loss.reason] = counts.get(loss.reason, 0) + loss.count
        return counts

    def total(self) -> int:
        """Lost records."""
        return sum(self.counts().values())
