"""Rows packed on one side are, on the other, exactly what plain values would have made."""

import struct
import uuid

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ScopeLogs

from driftmeter.otlp import Layout, Origin, Table, packer, unpack
from driftmeter.otlp.exact import record_of
from driftmeter.otlp.layout import DTYPES
from driftmeter.otlp.rows import encode_rows

VALUES = {
    "d": st.floats() | st.sampled_from([float("nan"), float("inf"), -0.0]),
    "q": st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200),
    "?": st.booleans(),
    "s": st.text(st.characters(exclude_categories=["Cs"])) | st.text("a", min_size=100, max_size=200),
    "n": st.none(),
}
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COUNTS = st.integers(0, 2**64 - 1)


@st.composite
def layouts(draw, *, coded=True):
    names = draw(st.lists(NAMES, min_size=20, max_size=20, unique=True))
    assume(not {"in", "out", "id", "secs", "rows", "altered", "k"} & set(names))
    tables = []
    for attribute in draw(st.lists(st.sampled_from(["in", "out", None]), max_size=3, unique=True)):
        own = [names.pop() for _ in range(draw(st.integers(0, 5)))]
        if attribute is None or (coded and draw(st.booleans())):
            codes = "".join(draw(st.sampled_from("dq?sn")) for _ in own)
            tables.append(Table(attribute, tuple(own), codes=codes))
        else:
            tables.append(Table(attribute, tuple(own), dtype=draw(st.sampled_from(sorted(DTYPES)))))
    return Layout(
        origin=Origin(scope_name="s"),
        event_name="e",
        body=draw(st.none() | st.text("xy")),
        attributes=(("k", [1, "v"]),),
        id_attribute=draw(st.sampled_from(["id", None])),
        id_kind=draw(st.sampled_from(["uuid", "text"])),
        duration_attribute=draw(st.sampled_from(["secs", None])),
        rows_attribute=draw(st.sampled_from(["rows", None])),
        altered_attribute=draw(st.sampled_from(["altered", None])),
        tables=tuple(tables),
    )


@st.composite
def rows(draw, layout, count):
    tables = []
    for table in layout.tables:
        if table.dtype:
            arrays = hnp.arrays(table.dtype, (count, len(table.names)))
            tables.append(draw(arrays))
        else:
            tables.append(tuple(draw(VALUES[code]) for code in table.codes))
    identity = draw(st.uuids()) if layout.id_kind == "uuid" else draw(VALUES["s"])
    return (
        draw(COUNTS),
        draw(COUNTS),
        draw(st.sampled_from([0, 1, 2**64, 2**128 - 1])),
        draw(st.sampled_from([0, 1, 2**64 - 1])),
        draw(st.integers(0, 255)),
        draw(st.floats() | st.just(float("nan"))),
        count,
        identity,
        tuple(tables),
    )


@st.composite
def batches(draw):
    layout = draw(layouts())
    counts = draw(st.lists(st.sampled_from([1, 1, 1, 0, 2, 3]), min_size=1, max_size=6))
    return layout, [draw(rows(layout, count)) for count in counts]


def packed(layout, row):
    *head, identity, tables = row
    return packer(layout)(*head, identity.bytes if layout.id_kind == "uuid" else identity, *tables)


def same(one, other):
    """Equal, NaN included."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, float):
        return struct.pack("<d", one) == struct.pack("<d", other) or (one != one and other != other)  # noqa: PLR0124
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(batches())
def test_what_was_packed_is_unpacked(batch):
    layout, given_rows = batch
    for row in given_rows:
        *head, identity, tables = row
        found = unpack(layout, packed(layout, row))
        assert same(tuple(found), (*head, str(identity), tables))


def parsed(record):
    message = LogRecord.FromString(record)
    for attribute in message.attributes:
        attribute.value.kvlist_value.values.sort(key=lambda item: item.key) if attribute.value.HasField(
            "kvlist_value"
        ) else None
    message.attributes.sort(key=lambda item: item.key)
    return message.SerializeToString(deterministic=True)


def records_of(layout, payloads):
    parts, unread = encode_rows(layout, payloads)
    found = {}
    for part in parts:
        messages = ScopeLogs.FromString(bytes(part.buffer)).log_records
        assert len(messages) == len(part.indices) == len(part.sizes)
        assert sum(part.sizes) == len(part.buffer)
        start = 0
        for index, size in zip(part.indices.tolist(), part.sizes.tolist(), strict=True):
            (message,) = ScopeLogs.FromString(bytes(part.buffer[start : start + size])).log_records
            found[index] = message.SerializeToString()
            start += size
    return found, unread


@given(batches())
def test_rows_encoded_together_equal_those_encoded_one_by_one(batch):
    layout, given_rows = batch
    payloads = [packed(layout, row) for row in given_rows]
    found, unread = records_of(layout, payloads)
    assert not unread
    assert sorted(found) == list(range(len(payloads)))
    for index, payload in enumerate(payloads):
        assert parsed(found[index]) == parsed(record_of(layout, payload))


def one_table(codes="", dtype="", names="abcdefgh", **more):
    width = len(codes) or 3
    table = Table("in", tuple(names[:width]), codes=codes, dtype=dtype)
    return Layout(origin=Origin(), event_name="e", altered_attribute="altered", tables=(table,), **more)


def values_of(record):
    return {attribute.key: attribute.value for attribute in LogRecord.FromString(record).attributes}


def pack_one(layout, values, rows=1):
    return packer(layout)(1, 2, 0, 0, 0, float("nan"), rows, uuid.UUID(int=5).bytes, values)


def test_missing_numbers_are_values_without_a_kind():
    """As the SDK writes None; the rows beside them are not disturbed."""
    layout = one_table("dd")
    payloads = [pack_one(layout, (1.5, 2.5)), pack_one(layout, (float("nan"), 3.5))]
    found, _ = records_of(layout, payloads)
    first, second = (values_of(found[index])["in"].kvlist_value.values for index in (0, 1))
    assert [item.value.double_value for item in first] == [1.5, 2.5]
    assert [item.value.WhichOneof("value") for item in second] == [None, "double_value"]
    assert "altered" not in values_of(found[1])


def test_infinity_is_a_word_and_marked():
    layout = one_table("dd")
    found, _ = records_of(layout, [pack_one(layout, (float("-inf"), float("inf")))])
    values = values_of(found[0])
    assert [item.value.string_value for item in values["in"].kvlist_value.values] == ["-Infinity", "Infinity"]
    assert values["altered"].bool_value


def test_integers_beyond_64_bits_are_digits_and_marked():
    layout = one_table(dtype="<u8")
    found, _ = records_of(layout, [pack_one(layout, np.array([[1, 2**63 - 1, 2**63]], np.uint64))])
    values = values_of(found[0])
    first, second, third = (item.value for item in values["in"].kvlist_value.values)
    assert (first.int_value, second.int_value, third.string_value) == (1, 2**63 - 1, str(2**63))
    assert values["altered"].bool_value


def test_narrow_floats_are_widened_as_python_widens_them():
    layout = one_table(dtype="<f4")
    given_row = np.array([[0.1, 1e-40, 3.4e38]], np.float32)
    found, _ = records_of(layout, [pack_one(layout, given_row)])
    items = values_of(found[0])["in"].kvlist_value.values
    assert [item.value.double_value for item in items] == [float(value) for value in given_row[0]]


@pytest.mark.parametrize("rows", [0, 2, 5000])
def test_batches_are_lists(rows):
    layout = one_table(dtype="<i8", rows_attribute="rows")
    table = np.arange(3 * rows, dtype=np.int64).reshape(rows, 3) - 7
    found, _ = records_of(layout, [pack_one(layout, table, rows)])
    values = values_of(found[0])
    for item, column in zip(values["in"].kvlist_value.values, table.T, strict=True):
        assert [value.int_value for value in item.value.array_value.values] == column.tolist()
        assert item.value.HasField("array_value")
    assert values["rows"].int_value == rows


@given(st.data())
def test_any_bytes_are_records_or_refused(data):
    """Nothing is raised, and those beside them are not disturbed."""
    layout, given_rows = data.draw(batches())
    good = [packed(layout, row) for row in given_rows]
    bad = []
    for payload in good:
        place = data.draw(st.integers(0, len(payload)))
        bad.append(payload[:place] + data.draw(st.binary(max_size=9)) + payload[place + data.draw(st.integers(0, 9)) :])
    found, unread = records_of(layout, [*bad, *good])
    assert sorted([*found, *unread]) == list(range(len(bad) + len(good)))
    for index, payload in enumerate(good, len(bad)):
        assert parsed(found[index]) == parsed(record_of(layout, payload))


def test_sizes_that_are_claimed_are_not_believed():
    """A few bytes cannot ask for gigabytes."""
    layout = one_table(dtype="<f8")
    payload = bytearray(pack_one(layout, np.zeros((1, 3))))
    struct.pack_into("<I", payload, 49, 2**32 - 1)
    assert encode_rows(layout, [bytes(payload)]) == ([], [0])
    empty = Layout(origin=Origin(), event_name="e", tables=(Table("in", (), dtype="<f8"),))
    good, bad = (packer(empty)(1, 1, 0, 0, 0, 0.0, rows, bytes(16), b"") for rows in (1, 2**31))
    assert encode_rows(empty, [good, bad])[1] == [1]
    text = one_table("s")
    payload = bytearray(pack_one(text, ("abc",)))
    struct.pack_into("<I", payload, len(payload) - 7, 2**32 - 1)
    assert encode_rows(text, [bytes(payload)]) == ([], [0])


def test_text_that_is_not_utf8_is_refused_alone():
    """Also where two texts are valid only together."""
    layout = one_table("ss")
    whole = pack_one(layout, ("é", "ab"))
    fixed = len(whole) - 4
    broken = whole[: fixed - 8] + struct.pack("<II", 1, 3) + whole[fixed:]
    found, unread = records_of(layout, [whole, broken, whole])
    assert (sorted(found), unread) == ([0, 2], [1])
