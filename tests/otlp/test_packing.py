"""The caller's side packs fast and refuses what does not fit; reading checks sizes before it believes them."""

import math
import struct

import numpy as np
import pytest

from driftmeter.otlp import Layout, Origin, Table, Undecodable, numbers_packer, packer, unpack

ID = bytes(range(16))


def layout(*tables, **more):
    return Layout(origin=Origin(), event_name="e", tables=tables, **more)


def pack(made, *tables, rows=1, identity=ID):
    return packer(made)(1, 2, 3, 4, 1, 0.5, rows, identity, *tables)


def test_one_row_of_floats_takes_their_bytes_and_a_head():
    """Nothing is repeated that the layout says."""
    made = layout(Table("in", ("a", "b"), codes="dd"))
    assert len(pack(made, (1.5, 2.5))) == 53 + 16 + 16


def test_the_head_is_read_back():
    found = unpack(made := layout(Table("in", ("a",), codes="d")), pack(made, (1.5,)))
    assert found[:7] == (1, 2, 3, 4, 1, 0.5, 1)
    assert found.id == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert found.tables == ((1.5,),)


def test_nothing_timed_is_nan():
    made = layout(Table("in", ("a",), codes="d"))
    payload = packer(made)(1, 2, 0, 0, 0, math.nan, 1, ID, (1.5,))
    assert math.isnan(unpack(made, payload).duration_s)


def test_arrays_may_lie_in_any_order():
    """Fortran order and slices are packed as rows."""
    made = layout(Table("in", ("a", "b", "c"), dtype="<f8"))
    table = np.arange(24.0).reshape(8, 3)[::2]
    for given in (table, np.asfortranarray(table)):
        assert np.array_equal(unpack(made, pack(made, given, rows=4)).tables[0], table)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("kind", [{"codes": "dd"}, {"dtype": "<f8"}])
def test_table_may_have_no_columns(place, kind):
    """It is packed by the position of the others all the same."""
    tables = [Table("in", ("a", "b"), **kind), Table("out", ("c",), codes="d")]
    values = [np.ones((1, 2)) if "dtype" in kind else (1.0, 1.0), (2.0,)]
    tables.insert(place, Table(None, (), codes=""))
    values.insert(place, ())
    found = unpack(made := layout(*tables), pack(made, *values, rows=1)).tables
    assert [np.ravel(table).tolist() for table in found] == [np.ravel(table).tolist() for table in values]


@pytest.mark.parametrize(
    ("tables", "values", "rows"),
    [
        ([Table("in", ("a", "b"), codes="dd")], [(1.0,)], 1),
        ([Table("in", ("a",), codes="d")], [("text",)], 1),
        ([Table("in", ("a",), codes="q")], [(2**63,)], 1),
        ([Table("in", ("a",), codes="s")], [(None,)], 1),
        ([Table("in", ("a",), codes="s")], [("\ud800",)], 1),
        ([Table("in", ("a", "b"), codes="sn")], [("x",)], 1),
        ([Table("in", ("a", "b"), dtype="<f8")], [np.zeros((1, 2), np.float32)], 1),
        ([Table("in", ("a", "b"), dtype="<f8")], [np.zeros((2, 2))], 1),
        ([Table("in", ("a",), dtype="<f8"), Table(None, ("b",), codes="s")], [np.zeros((2, 1)), ("x",)], 1),
    ],
)
def test_values_that_do_not_fit_are_refused(tables, values, rows):
    """The caller then writes the record another way."""
    with pytest.raises((struct.error, ValueError, TypeError, AttributeError, OverflowError)):
        pack(layout(*tables), *values, rows=rows)


@pytest.mark.parametrize("id_kind", ["uuid", "text"])
def test_every_truncation_is_noticed(id_kind):
    made = layout(
        Table("in", ("a", "b"), codes="ds"), Table("out", ("p",), dtype="<f4"), id_attribute="id", id_kind=id_kind
    )
    payload = pack(made, (1.5, "é"), np.ones((2, 1), np.float32), rows=2, identity=ID if id_kind == "uuid" else "né")
    assert unpack(made, payload).tables[0] == (1.5, "é")
    for size in range(len(payload)):
        with pytest.raises(Undecodable):
            unpack(made, payload[:size])
    with pytest.raises(Undecodable):
        unpack(made, payload + b"x")


ARRAY = Table("in", ("a", "b"), dtype="<f8")


@pytest.mark.parametrize(
    ("tables", "values", "numbers", "arrays"),
    [
        ([ARRAY, Table("out", ("p",), codes="d")], [np.ones((1, 2)), (2.5,)], (2.5,), np.ones(2).tobytes()),
        ([Table("out", ("p",), codes="d"), ARRAY], [(2.5,), np.ones((1, 2))], (2.5,), np.ones(2).tobytes()),
        (
            [Table("in", ("a", "b"), codes="dq"), Table("out", ("p",), codes="?")],
            [(1.5, 7), (True,)],
            (1.5, 7, True),
            b"",
        ),
    ],
    ids=["array and value", "value and array", "two rows"],
)
def test_numbers_alone_are_packed_alike_either_way(tables, values, numbers, arrays):
    """A caller that cannot wait leaves out what only texts need."""
    made, trace = layout(*tables), (3).to_bytes(16)
    assert numbers_packer(made)(1, 2, trace, 4, 1, 0.5, 1, ID, *numbers) + arrays == pack(made, *values)


@pytest.mark.parametrize(("codes", "id_kind"), [("s", "uuid"), ("n", "uuid"), ("d", "text")])
def test_what_is_no_number_takes_the_other_packer(codes, id_kind):
    assert numbers_packer(layout(Table("in", ("a",), codes=codes), id_kind=id_kind)) is None
