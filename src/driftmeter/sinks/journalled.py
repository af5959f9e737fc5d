"""The door through which events are safe before the caller goes on: packed if they can be, else read and written.

What it gives back for the worker holds the same values, so that nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from driftmeter.journal import Kind
from driftmeter.otlp import rows_in
from driftmeter.pipeline import Draft, Guard, Sink
from driftmeter.pipeline.contracts import Packed
from driftmeter.pipeline.stages import Naming, Once
from driftmeter.record import Prediction, Record
from driftmeter.sinks.packed.packer import CallPacker

Append: TypeAlias = Callable[[int, bytes, bytes], object]

ROWS: Final = int(Kind.ROWS)
"""A plain number, which is looked up and packed faster than a member of an enumeration."""

READ_WEIGHT_BYTES = 512


class Packing:
    """Packs what can be packed, for the worker alone: where events go another way, or nowhere.

    Args:
        packer: knows the shapes of calls.
        guard: contains the faults.

    """

    def __init__(self, packer: CallPacker, guard: Guard) -> None:
        self._packer = packer
        self._guard = guard

    def write(self, draft: Draft, /) -> Draft | Packed:
        """The draft as bytes; as it came where it cannot be packed, or has an id that another source may bring."""
        try:
            loose = draft.loose(self._guard)
            if (
                loose is not None
                and type(loose.identity) is bytes
                and (shape := self._packer.shape_of(loose)) is not None
            ):
                return shape, shape.pack(loose)
        except Exception:  # noqa: BLE001, S110  # values that are not what they look like: they are read the long way
            pass
        return draft


class Journalled(Packing):
    """Appends each event to the journal.

    Args:
        packer: knows the shapes of calls.
        guard: contains the faults.
        append: writes one frame.
        sink: writes the events of records that had to be read, to the same journal.
        naming: completes those records.

    """

    def __init__(self, packer: CallPacker, guard: Guard, *, append: Append, sink: Sink, naming: Naming) -> None:
        super().__init__(packer, guard)
        self._append = append
        self._sink = sink
        self._naming = naming
        self._once = Once()

    def renew(self) -> None:
        """A lock that no other thread can hold: what a forked child needs."""
        self._once.renew()

    def write(self, draft: Draft, /) -> Draft | Packed:
        """Write the event; the draft that comes back is packed, or read already."""
        try:
            loose = draft.loose(self._guard)
            if loose is not None and (shape := self._packer.shape_of(loose)) is not None:
                payload = stored = shape.pack(loose)
                if shape.pack_stored is not None:
                    stored = shape.pack_stored(loose, rows_in(payload))
                if type(own_id := loose.identity) is str and not self._once.first(own_id, shape.alike.source):
                    return Read(None)
                self._append(ROWS, shape.definition, stored)
                return shape, payload
        except Exception:  # noqa: BLE001, S110  # values that are not what they look like: they are read the long way
            pass
        return self._read(draft)

    def _read(self, draft: Draft) -> Draft:
        try:
            weight_bytes = draft.settle(self._guard)
            record = draft.record(self._guard)
            if isinstance(record, Prediction):
                record = self._naming(record) if self._once.first(record.id, record.source) else None
            if record is not None:
                self._sink.accept([record])
        except Exception:  # noqa: BLE001
            return draft  # on which the worker meets the same fault, and counts it
        return Read(record, weight_bytes)


class Read:
    """A draft that was read already; of None there is nothing left to record."""

    __slots__ = ("_record", "_weight_bytes")

    def __init__(self, record: Record | None, weight_bytes: int = 0) -> None:
        self._record = record
        self._weight_bytes = READ_WEIGHT_BYTES + weight_bytes

    def settle(self, guard: Guard) -> int:  # noqa: ARG002  # the contract's
        """Nothing is left to copy; what the record keeps alive."""
        return self._weight_bytes

    def loose(self, guard: Guard) -> None:
        """It was read already."""

    def record(self, guard: Guard) -> Record | None:  # noqa: ARG002  # the contract's
        """The record."""
        return self._record
