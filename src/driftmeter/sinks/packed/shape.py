"""All that calls of one kind share, settled at the first of them: names, layout, what may be stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time_ns as now_ns
from typing import Any, Final, NamedTuple, TypeAlias

from driftmeter.otlp import Layout, packer, rows_in
from driftmeter.pipeline import Guard
from driftmeter.pipeline.contracts import Loose
from driftmeter.plain import MAX_STRING_CHARACTERS, MAX_VALUES_BYTES
from driftmeter.record import Prediction, Predictions
from driftmeter.sinks.packed.forms import Form, Unpackable
from driftmeter.sinks.packed.unpacking import PREFIXES, read_together

MAX_NAME_CHARACTERS: Final = 256
"""Of the value of a slice or tag, as `as_text` has it."""
Pack: TypeAlias = Callable[..., bytes]
"""Packs a call, whose rows may be given where its tables do not tell them."""

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
        self._pack = _packing(layout, self.parts)
        same = stored is None or stored.parts == self.parts
        self._pack_stored = None if same or stored is None else _packing(stored.layout, stored.parts)

    def pack(self, loose: Loose) -> tuple[bytes, bytes]:
        """A call's payload for the worker, and the one to be stored, often the same.

        Raises:
            Exception: of any kind, where the values are not quite what they looked like.

        """
        payload = stored = self._pack(loose)
        if self._pack_stored is not None:
            stored = self._pack_stored(loose, rows_in(payload))
        if len(stored) > MAX_VALUES_BYTES and self.definition:
            raise Unpackable  # the long way cuts it; the journal would refuse all of it
        return payload, stored

    def read(self, payloads: Sequence[bytes], guard: Guard) -> Sequence[Predictions]:  # noqa: ARG002  # the contract's
        """Calls of this shape, read in one piece."""
        return [read_together(self.alike, self.layout, self.parts, payloads)]


def _packing(layout: Layout, parts: Sequence[Part]) -> Pack:
    longest = [_longest(part) for part in parts]
    if [part.name for part in parts] == ["inputs", "outputs"] and not any(longest) and not parts[1].form.dtype:
        return _packing_row(layout, *parts)
    pack, rows_of = packer(layout), _rows(parts)
    getters = [(PLACES[part.name], part.form.values, most) for part, most in zip(parts, longest, strict=True)]

    def pack_any(loose: Loose, rows: int = 0) -> bytes:
        _, given, _, time_ns, (trace_id, span_id, flags, _), duration_s, own_id = loose
        tables: list[Any] = []
        for place, values_of, most in getters:
            values = values_of(given[place])
            if most and max(len(value) for value in values if type(value) is str) > most:
                raise Unpackable
            tables.append(values)
        rows = rows or rows_of(tables)
        return pack(time_ns, now_ns(), trace_id, span_id, flags, duration_s, rows, own_id, *tables)

    return pack_any


def _packing_row(layout: Layout, inputs: Part, outputs: Part) -> Pack:
    """As above, for one row of numbers in and numbers out, by far the most usual."""
    pack, inputs_of, outputs_of = packer(layout), inputs.form.values, outputs.form.values

    def pack_row(loose: Loose, rows: int = 1) -> bytes:
        _, (given, answer, _, _, _), _, time_ns, (trace_id, span_id, flags, _), duration_s, own_id = loose
        values, answers = inputs_of(given), outputs_of(answer)
        return pack(time_ns, now_ns(), trace_id, span_id, flags, duration_s, rows, own_id, values, answers)

    return pack_row


def _rows(parts: Sequence[Part]) -> Callable[[Sequence[bytes]], int]:
    """How many rows a call has, of what is packed of its tables: the packer refuses what has more or less."""
    places = [(place, part.form.row_bytes) for place, part in enumerate(parts) if part.form.dtype]
    if not places:
        return lambda _tables: 1
    [(place, row_bytes), *_] = places
    one_row = any(part.name not in PREFIXES and not part.form.dtype for part in parts)

    def rows(tables: Sequence[bytes]) -> int:
        found = len(tables[place]) // row_bytes
        if not found or (one_row and found != 1):
            raise Unpackable
        return found

    return rows


def _longest(part: Part) -> int:
    """How long a text may be, to be stored as it is; 0 where there is none."""
    if "s" not in part.form.codes:
        return 0
    return MAX_NAME_CHARACTERS if part.name in PREFIXES else MAX_STRING_CHARACTERS
