"""The values of one record of a layout as bytes, and back: a fixed part of one size, then arrays, then texts.

    head (times, trace, duration, rows) | the UUID | float64, int64, bool in order | u32 length of each text
    | each array, rows x columns | the texts: the id, if it is text, then columns

Little endian, nothing padded. The fixed part makes many records readable as one array.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from opentelemetry.util.types import AnyValue

from driftmeter.otlp.decoding import Undecodable
from driftmeter.otlp.layout import Layout

HEAD = "QQ16sQBdI"
_ROWS, _ROWS_AT = struct.Struct("<I"), struct.calcsize("<" + HEAD[:-1])
NUMBERS = {"d": "<f8", "q": "<i8", "?": "u1"}
"""Codes of fixed size, and the NumPy types to read them by."""
_HEAD_FIELDS = (
    ("time", "<u8"),
    ("observed", "<u8"),
    ("trace0", "<u8"),  # an id's bytes as they are, in two numbers because NumPy copies those fastest
    ("trace1", "<u8"),
    ("span", "<u8"),
    ("flags", "u1"),
    ("duration", "<f8"),
    ("rows", "<u4"),
)

TableValues: TypeAlias = "tuple[AnyValue, ...] | NDArray[np.generic]"
Packer: TypeAlias = Callable[..., bytes]


class Packed(NamedTuple):
    """What one ROWS payload holds."""

    time_ns: int
    observed_ns: int
    trace_id: int
    span_id: int
    trace_flags: int
    duration_s: float
    """NaN where nothing was timed."""
    rows: int
    id: str
    tables: tuple[TableValues, ...]
    """Per table one value for each column, or an array of rows x columns."""


class Shape:
    """Sizes and places of a layout's payloads.

    `runs` names stretches of columns of one code, and where each column of a number stands: run and place in it.
    """

    def __init__(self, layout: Layout) -> None:
        codes = layout.codes
        self.layout = layout
        self.id_is_text = layout.id_kind == "text"
        self.fixed = [place for place, code in enumerate(codes) if code in NUMBERS]
        self.texts = [place for place, code in enumerate(codes) if code == "s"]
        self.text_count = len(self.texts) + self.id_is_text
        self.row_bytes = sum(len(layout.tables[index].names) * dtype.itemsize for index, dtype in layout.arrays)
        self.runs: dict[str, tuple[str, int]] = {}
        self.run_of: dict[int, tuple[str, int]] = {}
        for code, places in groupby(self.fixed, codes.__getitem__):
            name, members = f"run{len(self.runs)}", list(places)
            self.runs[name] = NUMBERS[code], len(members)
            self.run_of |= {place: (name, index) for index, place in enumerate(members)}
        kinds = "".join(codes[place] for place in self.fixed)
        self.struct = struct.Struct(f"<{HEAD}{'' if self.id_is_text else '16s'}{kinds}{self.text_count}I")

    def dtype(self, rows: int | None = None) -> np.dtype[np.void]:
        """The fixed part as one element of an array; with the arrays, of so many rows, if `rows` says."""
        kinds: list[tuple[str, str] | tuple[str, str | np.dtype[np.generic], tuple[int, ...]]] = [*_HEAD_FIELDS]
        if not self.id_is_text:
            kinds.append(("id", "u1", (16,)))
        kinds += [(name, kind, (width,)) for name, (kind, width) in self.runs.items()]
        kinds.append(("lengths", "<u4", (self.text_count,)))
        if rows is not None:
            widths = {index: len(self.layout.tables[index].names) for index, _dtype in self.layout.arrays}
            kinds += [(f"table{index}", dtype, (rows, widths[index])) for index, dtype in self.layout.arrays]
        return np.dtype(kinds)


@lru_cache(64)
def shape_of(layout: Layout) -> Shape:
    """A layout's shape, worked out once."""
    return Shape(layout)


def packer(layout: Layout) -> Packer:
    """A function that packs one record, for the caller's thread.

    It takes `(time_ns, observed_ns, trace_id, span_id, trace_flags, duration_s, rows, id, *tables)`: integers, 0 for no
    trace and NaN for no duration; `id` the 16 bytes of a UUID, or text, as the layout says; per table a sequence with
    one value for each column, of the kinds that its codes name, or an array of its dtype with rows x columns elements,
    or the bytes of such an array in C order. It raises `struct.error`, `ValueError`, `TypeError`, `AttributeError` or
    `OverflowError` for values that do not fit.
    """
    return _pack_any(layout, shape_of(layout))


def numbers_packer(layout: Layout) -> Packer | None:
    """A function that packs the fixed part alone: all of a record of numbers, but for arrays. None where there is more.

    It is for a caller's thread that cannot afford the other: `struct.pack`, which takes `(time_ns, observed_ns, trace,
    span_id, trace_flags, duration_s, rows, id, *numbers)`: as for `packer`, but the trace's id is 16 bytes, big endian,
    and the numbers of all tables follow one another. Its bytes and then the arrays' are those that `packer` gives.
    """
    shape = shape_of(layout)
    return None if shape.text_count or len(shape.fixed) != len(layout.codes) else shape.struct.pack


def _pack_any(layout: Layout, shape: Shape) -> Packer:
    """For whatever a layout may hold."""
    pack, coded, id_is_text = shape.struct.pack, layout.coded, shape.id_is_text
    arrays_of = _arrays_of(layout) if layout.arrays else None
    fixed, texts, width = _picker(shape.fixed), _picker(shape.texts), len(layout.codes)

    def pack_any(  # noqa: PLR0917  # names would cost the caller
        time_ns: int,
        observed_ns: int,
        trace_id: int,
        span_id: int,
        trace_flags: int,
        duration_s: float,
        rows: int,
        id: Any,  # noqa: A002  # bytes or text, as the layout says
        *tables: Any,  # sequences and arrays, as the layout says
    ) -> bytes:
        row = [value for place in coded for value in tables[place]]
        if len(row) != width:
            raise ValueError(f"{len(row)} values for {width} columns")
        tail = [text.encode() for text in texts(row)]
        ids = () if id_is_text else (id,)
        if id_is_text:
            tail.insert(0, id.encode())
        trace, lengths = trace_id.to_bytes(16, "big"), map(len, tail)
        head = pack(time_ns, observed_ns, trace, span_id, trace_flags, duration_s, rows, *ids, *fixed(row), *lengths)
        return b"".join([head, *(arrays_of(tables, rows) if arrays_of else ()), *tail])

    return pack_any


def _arrays_of(layout: Layout) -> Callable[[Sequence[Any], int], list[bytes]]:
    """The bytes of the arrays among tables, one after the other."""
    arrays = [(index, dtype, len(layout.tables[index].names) * dtype.itemsize) for index, dtype in layout.arrays]

    def arrays_of(tables: Sequence[Any], rows: int) -> list[bytes]:
        found: list[bytes] = []
        for index, dtype, row_bytes in arrays:
            table = tables[index]
            found.append(content := table if isinstance(table, bytes) else _content(table, dtype))
            if len(content) != rows * row_bytes:
                raise ValueError(f"{len(content)} bytes where {rows} rows of {row_bytes} belong")
        return found

    return arrays_of


def _content(table: NDArray[np.generic], dtype: np.dtype[np.generic]) -> bytes:
    if table.dtype != dtype:
        raise ValueError(f"an array of {table.dtype} where one of {dtype} belongs")
    return table.tobytes()


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What stands at these places, as a tuple whatever their number."""
    if len(places) > 1:
        return itemgetter(*places)
    if places:
        place = places[0]
        return lambda row: (row[place],)
    return lambda _row: ()


def rows_in(payload: bytes) -> int:
    """How many rows a payload says it has."""
    return int(_ROWS.unpack_from(payload, _ROWS_AT)[0])


def unpack(layout: Layout, payload: bytes) -> Packed:
    """What a packer of the layout has packed.

    Raises:
        Undecodable: the bytes are no payload of this layout.

    """
    shape = shape_of(layout)
    if len(payload) < shape.struct.size:
        raise Undecodable("a payload shorter than its layout")
    time_ns, observed_ns, trace, span_id, flags, duration_s, rows, *rest = shape.struct.unpack_from(payload)
    lengths = rest[len(rest) - shape.text_count :]
    if len(payload) != shape.struct.size + rows * shape.row_bytes + sum(lengths):
        raise Undecodable("a payload of another size than its layout says")
    position = shape.struct.size
    arrays: dict[int, NDArray[np.generic]] = {}
    for index, dtype in layout.arrays:
        width = len(layout.tables[index].names)
        found = np.frombuffer(payload, dtype, rows * width, position)
        arrays[index] = found.reshape(rows, width)
        position += found.nbytes
    texts = []
    for length in lengths:
        texts.append(_text(payload[position : position + length]))
        position += length
    identity = texts.pop(0) if shape.id_is_text else str(uuid.UUID(bytes=rest.pop(0)))
    row: list[AnyValue] = [None] * len(layout.codes)
    for place, value in zip([*shape.fixed, *shape.texts], [*rest[: len(shape.fixed)], *texts], strict=True):
        row[place] = value
    tables: list[TableValues] = []
    for index, table in enumerate(layout.tables):
        tables.append(arrays[index] if table.dtype else tuple(row[: len(table.names)]))
        del row[: len(table.codes)]
    trace_id = int.from_bytes(trace, "big")
    return Packed(time_ns, observed_ns, trace_id, span_id, flags, duration_s, rows, identity, tuple(tables))


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        raise Undecodable("text that is not UTF-8") from fault
