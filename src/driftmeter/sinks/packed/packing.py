"""A call as bytes: one function for each kind of shape, which takes everything from where it lies.

It runs on the caller's thread between two calls of a model, when none of it is left in the processor's caches. So the
usual calls are packed without calling further functions of ours, at the price of a few lines that stand thrice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from time import time_ns as now_ns
from typing import Any, Final, TypeAlias

from driftmeter.otlp import Layout, numbers_packer, packer
from driftmeter.pipeline.contracts import Loose
from driftmeter.plain import MAX_STRING_CHARACTERS
from driftmeter.sinks.packed.forms import Form, Part, Unpackable, alone, content
from driftmeter.sinks.packed.unpacking import PREFIXES

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


def packing(layout: Layout, parts: Sequence[Part], most_bytes: float) -> Pack:
    """A function that packs calls of one shape for the caller's thread.

    It raises exceptions of any kind where the values are not quite what they looked like, or take over `most_bytes`.
    """
    if [part.name for part in parts] == ["inputs", "outputs"] and (numbers := numbers_packer(layout)) is not None:
        [inputs, outputs] = parts
        if inputs.form.dtype and outputs.form.dtype:
            return _packing_arrays(numbers, inputs.form, outputs.form, most_bytes)
        if inputs.form.dtype and outputs.form.width == 1:
            return _packing_array_and_value(numbers, inputs.form, outputs.form)
        if not inputs.form.dtype and not outputs.form.dtype:
            return _packing_rows(numbers, inputs.form, outputs.form)
    return _packing_any(layout, parts, most_bytes)


def _packing_array_and_value(pack: Pack, inputs: Form, outputs: Form) -> Pack:
    """For an array of one row in and one number out: of one size, and far below any limit."""
    content_of, answers_of, row_bytes = inputs.values, outputs.values, inputs.row_bytes
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


def _packing_arrays(pack: Pack, inputs: Form, outputs: Form, most_bytes: float) -> Pack:
    """For arrays in and out, of however many rows."""
    content_of, answers_of, row_bytes, answer_bytes = inputs.values, outputs.values, inputs.row_bytes, outputs.row_bytes

    def pack_arrays(call: Loose, rows: int = 0) -> bytes:
        given, answer, _ = call.left
        given, answer = content_of(given), answers_of(answer)
        rows = len(given) // row_bytes
        if not rows or len(given) != rows * row_bytes or len(answer) != rows * answer_bytes:
            raise Unpackable
        trace_id, span_id, flags, _ = call.link
        trace, duration_s = trace_id.to_bytes(16), nan if call.duration_s is None else call.duration_s
        head = pack(call.time_ns, now_ns(), trace, span_id, flags, duration_s, rows, call.identity)
        payload: bytes = head + given + answer
        if len(payload) > most_bytes:
            raise Unpackable
        return payload

    return pack_arrays


def _packing_rows(pack: Pack, inputs: Form, outputs: Form) -> Pack:
    """For a mapping or list of numbers in and numbers out: one row."""
    values_of, answers_of = inputs.values, outputs.values

    def pack_rows(call: Loose, rows: int = 1) -> bytes:
        given, answer, _ = call.left
        trace_id, span_id, flags, _ = call.link
        trace, duration_s = trace_id.to_bytes(16), nan if call.duration_s is None else call.duration_s
        numbers = *values_of(given), *answers_of(answer)
        return pack(call.time_ns, now_ns(), trace, span_id, flags, duration_s, rows, call.identity, *numbers)

    return pack_rows


def _packing_any(layout: Layout, parts: Sequence[Part], most_bytes: float) -> Pack:
    """For whatever a shape may hold."""
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
        if len(payload) > most_bytes:
            raise Unpackable
        return payload

    return pack_any


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
