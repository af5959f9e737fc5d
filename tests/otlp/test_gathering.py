"""Many rows as columns, in their order and of their own kinds."""

import math
import uuid

import numpy as np
import pytest

from driftmeter.otlp import Layout, Origin, Table, Undecodable, columns_of, packer


def layout(*tables, **more):
    return Layout(origin=Origin(), event_name="e", tables=tables, **more)


def test_rows_of_floats_are_one_matrix():
    made = layout(Table("in", ("a", "b"), codes="dd"), Table("out", ("p",), codes="d"))
    pack = packer(made)
    payloads = [
        pack(10 + n, 20 + n, n, 30 + n, 1, 0.5 * n, 1, uuid.UUID(int=n).bytes, (n, -n), (math.nan,)) for n in range(5)
    ]
    found = columns_of(made, payloads)
    assert found.tables[0].tolist() == [[n, -n] for n in range(5)]
    assert np.isnan(found.tables[1]).all()
    assert found.tables[1].shape == (5, 1)
    assert found.time_ns.tolist() == [10, 11, 12, 13, 14]
    assert found.observed_ns.tolist() == [20, 21, 22, 23, 24]
    assert found.span_ids.tolist() == [30, 31, 32, 33, 34]
    assert [int.from_bytes(row.tobytes(), "big") for row in found.trace_ids] == list(range(5))
    assert [uuid.UUID(bytes=row.tobytes()).int for row in found.ids] == list(range(5))
    assert found.duration_s.tolist() == [0, 0.5, 1, 1.5, 2]
    assert found.rows.tolist() == [1] * 5


def test_columns_of_other_kinds_stand_alone():
    made = layout(Table("in", tuple("abcde"), codes="dqs?n"), id_kind="text")
    pack = packer(made)
    payloads = [pack(1, 1, 0, 0, 0, 0.0, 1, f"id{n}", (n, n - 2, "é" * n, n > 0, None)) for n in range(3)]
    found = columns_of(made, payloads)
    floats, integers, texts, truths, nothing = found.tables[0]
    assert (floats.tolist(), integers.tolist(), texts) == ([0, 1, 2], [-2, -1, 0], ["", "é", "éé"])
    assert (truths.tolist(), nothing, found.ids) == ([False, True, True], None, ["id0", "id1", "id2"])


@pytest.mark.parametrize("with_text", [False, True])
def test_batches_stand_one_below_the_other_in_order(with_text):
    """However many rows each has."""
    texts = (Table(None, ("tag",), codes="s"),) if with_text else ()
    made = layout(Table("in", ("a", "b"), dtype="<f4"), *texts)
    counts = [3, 1, 0, 3, 2]
    arrays = [np.full((count, 2), place, np.float32) for place, count in enumerate(counts)]
    more = [(("x" * place,),) if with_text else () for place in range(len(counts))]
    pack = packer(made)
    payloads = [
        pack(place, 1, 0, 0, 0, 0.0, count, bytes(16), arrays[place], *more[place])
        for place, count in enumerate(counts)
    ]
    found = columns_of(made, payloads)
    assert np.array_equal(found.tables[0], np.concatenate(arrays))
    assert (found.rows.tolist(), found.time_ns.tolist()) == (counts, [0, 1, 2, 3, 4])
    if with_text:
        assert found.tables[1] == [["", "x", "xx", "xxx", "xxxx"]]


def test_nothing_has_columns_too():
    made = layout(Table("in", ("a", "b"), codes="dd"), Table("x", ("s",), codes="s"), Table("y", ("f",), dtype="<i4"))
    found = columns_of(made, [])
    assert [table.shape if isinstance(table, np.ndarray) else table for table in found.tables] == [(0, 2), [[]], (0, 1)]


def test_a_payload_of_another_layout_is_refused():
    made = layout(Table("in", ("a",), codes="d"))
    payload = packer(made)(1, 1, 0, 0, 0, 0.0, 1, bytes(16), (1.0,))
    with pytest.raises(Undecodable, match="1 of 2"):
        columns_of(made, [payload, payload[1:]])
