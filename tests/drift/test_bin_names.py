from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.bin_names import label_names, range_names


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=30, unique=True), st.booleans())
def test_bins_have_unique_names(edges, integral):
    """However close or far apart the edges are, no two bins share a name."""
    rising = np.unique(np.array(edges) + 0.0).tolist()
    names = range_names(rising, integral=integral)
    assert len(set(names)) == len(rising) - 1


@given(st.lists(st.text(), max_size=30, unique=True))
def test_labels_have_unique_printable_names(labels):
    """Labels never collide with the bins that every column has, and can be written as UTF-8."""
    names = label_names(labels)
    assert len({*names, "other", "below", "above", "missing", "unseen"}) == len(labels) + 5
    assert all(name.encode("utf-8") is not None for name in names)


@pytest.mark.parametrize(
    ("edges", "integral", "names"),
    [
        ([0.0, 0.1, 0.25], False, ("[0,0.1)", "[0.1,0.25]")),
        ([1.0, 2.0, 3.0, 10.0], True, ("1", "2", "[3,10]")),
        ([1.0, 2.0, 3.0, 4.0], False, ("[1,2)", "[2,3)", "[3,4]")),
        ([1.00001, 1.00002, 1.00003], False, ("[1.00001,1.00002)", "[1.00002,1.00003]")),
        ([3.5, float(np.nextafter(3.5, 4))], False, ("3.5",)),
        ([1e20, 1e21], False, ("[1e+20,1e+21]",)),
    ],
)
def test_names_are_short_and_readable(edges, integral, names):
    """As few digits as tell the edges apart; a bin with a single value is called by it."""
    assert range_names(edges, integral=integral) == names


def test_lone_surrogates_get_names_that_can_be_sent():
    """Two labels that are the same once made printable still differ."""
    names = label_names(["\ud800", "\udfff", "?"])
    assert len(set(names)) == 3
