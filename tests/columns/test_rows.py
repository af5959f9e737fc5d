"""Rows are read at once, and as they would have been read later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import SNAPSHOT_BYTES, read_inputs, read_outputs, snapshot
from driftmeter.columns.rows import read_rows

VALUES = st.floats() | st.sampled_from([1, True, None, "x"])
NAMES = st.sampled_from(["a", "b", "c", 1, "1"])
ROWS = st.lists(st.dictionaries(NAMES, st.floats(), max_size=3), min_size=1, max_size=4) | st.lists(
    st.dictionaries(NAMES, VALUES, max_size=3) | st.lists(VALUES, max_size=3) | st.tuples(VALUES),
    min_size=1,
    max_size=4,
)


def values(read, given):
    try:
        table = read(given)
    except (ValueError, AttributeError, TypeError) as fault:
        return type(fault)
    return table.rows, table.names, [repr(np.asarray(table[name], object).tolist()) for name in table.names]


@given(ROWS)
def test_rows_are_read_at_once_as_they_would_be_later(rows):
    for read in (read_inputs, read_outputs):
        assert values(read, snapshot(rows)) == values(read, rows)


@pytest.mark.parametrize("rows", [[{"a": 1.0}, {"a": 2.0}], [[1.0], [2.0]]], ids=["mappings", "lists"])
def test_later_changes_do_not_reach_what_was_read(rows):
    """Also those inside a row."""
    kept = read_inputs(snapshot(rows))
    rows[0]["a" if type(rows[0]) is dict else 0] = 7.0
    assert np.asarray(kept[kept.names[0]]).tolist() == [1.0, 2.0]


def test_what_is_large_or_no_float_is_left_for_later():
    assert read_rows([[1.0] * (SNAPSHOT_BYTES // 8)]) is not None
    for rows in (
        [[1.0] * (SNAPSHOT_BYTES // 8 + 1)],
        [[]],
        [{}],
        [[1.0], [1]],
        [{"a": 1.0}, {"b": 1.0}],
        [[1.0], [1.0, 2.0]],
    ):
        assert read_rows(rows) is None
