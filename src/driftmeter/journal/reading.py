"""What a reader hands over, and how damage is turned into a number of lost records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from driftmeter.journal.frames import HEAD, Damage, Frame, Kind
from driftmeter.journal.losses import Loss

NUMBERED = frozenset({Kind.RECORD, Kind.ROWS, Kind.GAP, Kind.ERASED})
WITH_DEFINITION = frozenset({Kind.RECORD, Kind.ROWS})


class Entry(NamedTuple):
    """One record as it was appended; `payload` is without the definition's id."""

    kind: int
    seq: int
    definition: bytes
    payload: bytes


class Source(Protocol):
    """What a batch came from."""

    def acknowledge(self, batch: Batch) -> None:
        """Never hand this batch over again."""

    def release(self, batch: Batch) -> None:
        """Hand it over again some other time."""


class Batch(NamedTuple):
    """Entries of one writer in order, and where they end.

    Args:
        entries: what is to be sent.
        writer: 16 hexadecimal digits; with `Entry.seq` it names a record among all processes.
        source: where they came from.
        end: where the next batch begins; bytes of a segment, or records of memory.
        gaps: gap records of the header that are behind us then.

    """

    entries: list[Entry]
    writer: str
    source: Source
    end: int
    gaps: int = 0


class Reader(Protocol):
    """One lane: hands the same batch over until it is acknowledged."""

    def next(self, max_records: int, max_bytes: int) -> Batch | None:
        """The oldest entries that are not acknowledged; at least one, whatever it weighs; None when there is none."""

    def acknowledge(self, batch: Batch) -> None:
        """The batch has arrived: never again."""

    def release(self, batch: Batch) -> None:
        """The batch was given up for now: it may be moved, or be handed to somebody else."""

    def close(self) -> None:
        """Leave what is not acknowledged to whoever comes next."""


class Gone(NamedTuple):
    """A damaged stretch, and how many numbered records it held."""

    start: int
    end: int
    first_seq: int
    last_seq: int
    lost: int
    torn: bool


def resolve(
    found: Iterable[Frame | Damage], end: int, *, last_seq: int | None, final_seq: int, explained: Iterable[Loss] = ()
) -> Iterator[Frame | Gone]:
    """The frames of a scan, with a count for each damaged stretch.

    The count follows from the numbers of the sound frames on both sides, and is never more than would have fitted.

    Args:
        found: what `scan` gave.
        end: where the scan began.
        last_seq: the number before the first frame; None where it is not known.
        final_seq: the last number that the writer sealed the segment with; 0 where it did not.
        explained: losses known otherwise, whose numbers are not lost twice.

    """
    pending: Damage | None = None
    for item in found:
        end = item.end
        if isinstance(item, Damage):
            if pending is not None:
                yield _gone(pending, last_seq, None, explained)
            pending = item
            continue
        numbered = item.kind in NUMBERED
        if pending is not None and numbered:
            yield _gone(pending, last_seq, item.seq, explained)
            pending = None
        yield item
        if numbered:
            last_seq = item.seq
    if pending is not None:
        yield _gone(pending, last_seq, final_seq + 1 if final_seq else None, explained)
    elif last_seq is not None and final_seq > last_seq:
        yield Gone(end, end, last_seq + 1, final_seq, final_seq - last_seq, torn=True)


def _gone(damage: Damage, before: int | None, after: int | None, explained: Iterable[Loss]) -> Gone:
    start, end, torn = damage
    if before is None or after is None or not before < after:
        first = 0 if before is None else before + 1
        return Gone(start, end, first, first, 0 if torn else 1, torn)
    known = sum(loss.count for loss in explained if before < loss.first_seq and loss.last_seq < after)
    fitting = after - before - 1 if torn else min(after - before - 1, max((end - start) // HEAD.size, 1))
    return Gone(start, end, before + 1, max(after - 1, before + 1), max(fitting - known, 0), torn)
