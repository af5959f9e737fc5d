from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import as_floats
from driftmeter.drift.values import as_aligned_floats, as_numbers, as_objects

ANYTHING = st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=3), st.booleans(), st.binary(max_size=2))


@given(st.lists(ANYTHING, max_size=30))
def test_aligned_numbers_are_those_of_as_floats(values):
    """The same numbers and the same unreadable ones, only each in its row."""
    floats, unreadable = as_floats(values)
    aligned, unread = as_aligned_floats(values)
    assert len(aligned) == len(values)
    kept = aligned if unread is None else aligned[~unread]
    assert np.array_equal(kept, floats, equal_nan=True)
    assert (0 if unread is None else int(unread.sum())) == unreadable


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10**400, -(10**400), 1], [np.inf, -np.inf, 1]),
        ([None, 10**400], [np.nan, np.inf]),
        (np.array([1, None, 2.5], dtype=object), [1, np.nan, 2.5]),
        (np.array([True, False]), [1, 0]),
        (np.array([3], np.uint8), [3]),
        ([], []),
    ],
)
def test_known_numbers(values, expected):
    """Huge integers are infinite, None is missing, small types are numbers."""
    assert np.array_equal(as_aligned_floats(values)[0], expected, equal_nan=True)


def test_one_long_text_among_numbers_takes_no_memory():
    """numpy would make every row as wide as the longest text."""
    assert as_numbers([1.0] * 1000 + ["x" * 10_000_000]) is None


def test_arrays_become_plain_objects():
    """So that text compares as text and a batch is counted at once."""
    assert type(as_objects(np.array(["a", "b"]))[0]) is str
    assert type(as_objects(np.array([1.5]))[0]) is float
