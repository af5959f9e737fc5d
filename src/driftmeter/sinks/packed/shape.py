"""All that calls of one kind share, settled at the first of them: names, layout, what may be stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from time import time_ns as now_ns
from typing import Any, Final, NamedTuple, TypeAlias

from driftmeter.otlp import Layout, numbers_packer, packer
from driftmeter.pipeline import Guard
from driftmeter.pipeline.contracts import Loose
from driftmeter.plain import MAX_STRING_CHARACTERS, MAX_VALUES_BYTES
from driftmeter.record import Prediction, Predictions
from driftmeter.sinks.packed.forms import Form, Unpackable, alone, content
from driftmeter.sinks.packed.unpacking import PREFIXES, read_together

MAX_NAME_CHARACTERS: Final = 256
"""Of the value of a slice or tag, as `as_text` has it."""
Pack: TypeAlias = Callable[..., bytes]
"""Packs a call, whose rows may be given where its tables do not tell them."""

GIVEN: Final[dict[str, Callable[[Loose], Any]]] = {
    "inputs": lambda call: call.left[0],
    "outputs": lambda call: call.left[1],
    "scores": lambda call: call.left[2],
    "slices": lambda call: call.labels and call.labels[0],
    "tags": lambda call: call.labels and call.labels[1],
}
"""What was given of a part."""


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

    Attributes:
        pack: a call's payload for the worker.
        pack_stored: the one to be stored, if that is another. Both raise exceptions of any kind where the values are
            not quite what they looked like, or too many to be stored together: the long way cuts them.

    """

    def __init__(self, alike: Prediction, layout: Layout, parts: Sequence[Part], stored: Stored | None) -> None:
        self.alike = alike
        self.layout = layout
        self.parts = tuple(parts)
        self.definition = b"" if stored is None else stored.layout.to_bytes()
        if stored is None or stored.parts == self.parts:
            self.pack = _packing(layout, self.parts, is_stored=stored is not None)
            self.pack_stored: Pack | None = None
        else:
            self.pack = _packing(layout, self.parts, is_stored=False)
            self.pack_stored = _packing(stored.layout, stored.parts, is_stored=True)

    def read(self, payloads: Sequence[bytes], guard: Guard) -> Sequence[Predictions]:  # noqa: ARG002  # the contract's
        """Calls of this shape, read in one piece."""
        return [read_together(self.alike, self.layout, self.parts, payloads)]


def _packing(layout: Layout, parts: Sequence[Part], *, is_stored: bool) -> Pack:
    if [part.name for part in parts] == ["inputs", "outputs"] and (numbers := numbers_packer(layout)) is not None:
        [inputs, outputs] = parts
        if not inputs.form.dtype and not outputs.form.dtype:
            return _packing_rows(numbers, inputs, outputs)
        if inputs.form.dtype and outputs.form.codes and outputs.form.width == 1:
            return _packing_array_and_value(numbers, inputs, outputs)
    longest = [_longest(part) for part in parts]
    pack, rows_of = packer(layout), _rows(parts)
    getters = [(GIVEN[part.name], part.form.values, most) for part, most in zip(parts, longest, strict=True)]

    def pack_any(call: Loose, rows: int = 0) -> bytes:
        trace_id, span_id, flags, _ = call.link
        duration_s = nan if call.duration_s is None else call.duration_s
        tables: list[Any] = []
        for given_of, values_of, most in getters:
            values = values_of(given_of(call))
            if most and max(len(value) for value in values if type(value) is str) > most:
                raise Unpackable
            tables.append(values)
        rows = rows or rows_of(tables)
        payload = pack(call.time_ns, now_ns(), trace_id, span_id, flags, duration_s, rows, call.identity, *tables)
        if is_stored and len(payload) > MAX_VALUES_BYTES:
            raise Unpackable  # the journal would refuse all of it
        return payload

    return pack_any


def _packing_array_and_value(pack: Pack, inputs: Part, outputs: Part) -> Pack:
    """As above, for an array of one row and one number out, by far the most usual: no function is called on the way."""
    content_of, answers_of, row_bytes = inputs.form.values, outputs.form.values, inputs.form.row_bytes
    is_content, is_alone = content_of is content, answers_of is alone

    def pack_array_and_value(call: Loose, rows: int = 1) -> bytes:
        given, answer, _ = call.left
        if not is_content or type(given) is not bytes:
            given = content_of(given)
        if len(given) != row_bytes:
            raise Unpackable
        if not is_alone:
            (answer,) = answers_of(answer)
        trace_id, span_id, flags, _ = call.link
        trace, duration_s = trace_id.to_bytes(16), nan if call.duration_s is None else call.duration_s
        head = pack(call.time_ns, now_ns(), trace, span_id, flags, duration_s, rows, call.identity, answer)
        return head + given

    return pack_array_and_value


def _packing_rows(pack: Pack, inputs: Part, outputs: Part) -> Pack:
    """Likewise, for a mapping or list of numbers in."""
    values_of, answers_of = inputs.form.values, outputs.form.values

    def pack_rows(call: Loose, rows: int = 1) -> bytes:
        given, answer, _ = call.left
        trace_id, span_id, flags, _ = call.link
        trace, duration_s = trace_id.to_bytes(16), nan if call.duration_s is None else call.duration_s
        numbers = *values_of(given), *answers_of(answer)
        return pack(call.time_ns, now_ns(), trace, span_id, flags, duration_s, rows, call.identity, *numbers)

    return pack_rows


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
