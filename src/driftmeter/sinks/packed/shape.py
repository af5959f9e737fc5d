"""All that calls of one kind share, settled at the first of them: names, layout, what may be stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from driftmeter.otlp import Layout, packer
from driftmeter.pipeline import Guard
from driftmeter.pipeline.contracts import Draft, Loose, Parts
from driftmeter.plain import MAX_STRING_CHARACTERS, MAX_VALUES_BYTES
from driftmeter.record import Prediction, Predictions, Record
from driftmeter.sinks.packed.forms import Form, Unpackable
from driftmeter.sinks.packed.unpacking import PREFIXES, read_together

MAX_NAME_CHARACTERS: Final = 256
"""Of the value of a slice or tag, as `as_text` has it."""
PLACES: Final = {"inputs": 0, "outputs": 1, "scores": 2, "slices": 3, "tags": 4}
"""Where a part stands among a call's."""


class Part(NamedTuple):
    """One table of a shape: where its values are found, and how they are packed."""

    name: str
    form: Form


class Stored(NamedTuple):
    """What may be stored of calls of a shape, where that is not all that was packed for the worker."""

    layout: Layout
    parts: tuple[Part, ...]


class Shape:
    """Packs calls of one kind, and reads them again.

    Args:
        alike: what the calls have in common, without values.
        layout: of all that the worker needs.
        parts: the layout's tables, in its order.
        stored: what is stored as an event; None where nothing is. Of the same parts if all may be stored.

    """

    def __init__(self, alike: Prediction, layout: Layout, parts: Sequence[Part], stored: Stored | None) -> None:
        self.alike = alike
        self.layout = layout
        self.parts = tuple(parts)
        self.definition = b"" if stored is None else stored.layout.to_bytes()
        self._rows_of = _rows(self.parts)
        self._pack = _packing(layout, self.parts)
        same = stored is None or stored.parts == self.parts
        self._pack_stored = None if same or stored is None else _packing(stored.layout, stored.parts)

    def pack(self, loose: Loose) -> tuple[bytes, bytes]:
        """A call's payload for the worker, and the one to be stored, often the same.

        Raises:
            Exception: of any kind, where the values are not quite what they looked like.

        """
        rows = self._rows_of(loose[1])
        payload = stored = self._pack(loose, rows)
        if self._pack_stored is not None:
            stored = self._pack_stored(loose, rows)
        if len(stored) > MAX_VALUES_BYTES and self.definition:
            raise Unpackable  # the long way cuts it; the journal would refuse all of it
        return payload, stored

    def read(self, drafts: Sequence[Draft], guard: Guard) -> Sequence[Predictions]:  # noqa: ARG002  # the contract's
        """Calls of this shape, read in one piece."""
        payloads = [draft.payload for draft in drafts if isinstance(draft, PackedCall)]
        return [read_together(self.alike, self.layout, self.parts, payloads)]


class PackedCall:
    """A call as bytes, waiting for the worker."""

    __slots__ = ("payload", "shape")

    OVERHEAD_BYTES = 128

    def __init__(self, shape: Shape, payload: bytes) -> None:
        self.shape = shape
        self.payload = payload

    def settle(self, guard: Guard) -> int:  # noqa: ARG002  # the contract's
        """Nothing is left to copy; what waits in memory."""
        return self.OVERHEAD_BYTES + len(self.payload)

    def record(self, guard: Guard) -> Record | None:
        """The call by itself."""
        [together] = self.shape.read([self], guard)
        return together.calls[0]


def _rows(parts: Sequence[Part]) -> Callable[[Parts], int]:
    """How many rows a call has, which must be the same in all its tables."""
    tables = [part for part in parts if part.name not in PREFIXES]
    arrays = [(PLACES[part.name], part.form.rows) for part in tables if part.form.dtype]
    if not arrays:
        return lambda _given: 1
    place, rows_of = arrays[0]
    others = arrays[1:]
    one_row = len(arrays) < len(tables)

    def rows(given: Parts) -> int:
        found: int = rows_of(given[place])
        if not found or (one_row and found != 1):
            raise Unpackable
        for other, each in others:
            if each(given[other]) != found:
                raise Unpackable
        return found

    return rows


def _packing(layout: Layout, parts: Sequence[Part]) -> Callable[[Loose, int], bytes]:
    pack, now_ns = packer(layout), time.time_ns
    getters = [(PLACES[part.name], part.form.values, _longest(part)) for part in parts]

    def pack_any(loose: Loose, rows: int) -> bytes:
        _, given, time_ns, (trace_id, span_id, flags, _), duration_s, own_id = loose
        tables: list[Any] = []
        for place, values_of, longest in getters:
            values = values_of(given[place])
            if longest and max(len(value) for value in values if type(value) is str) > longest:
                raise Unpackable
            tables.append(values)
        return pack(time_ns, now_ns(), trace_id, span_id, flags, duration_s, rows, own_id, *tables)

    if len(getters) != 2 or any(longest for _, _, longest in getters):
        return pack_any
    (first, first_of, _), (second, second_of, _) = getters

    def pack_two(loose: Loose, rows: int) -> bytes:
        """As above, for numbers in and numbers out, by far the most usual."""
        _, given, time_ns, (trace_id, span_id, flags, _), duration_s, own_id = loose
        one, other = first_of(given[first]), second_of(given[second])
        return pack(time_ns, now_ns(), trace_id, span_id, flags, duration_s, rows, own_id, one, other)

    return pack_two


def _longest(part: Part) -> int:
    """How long a text may be, to be stored as it is; 0 where there is none."""
    if "s" not in part.form.codes:
        return 0
    return MAX_NAME_CHARACTERS if part.name in PREFIXES else MAX_STRING_CHARACTERS
