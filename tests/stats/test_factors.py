from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.factors import CHUNK, LONGEST_TEXT, PROBE, factorise, tally

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=2), st.lists(st.none())
)
LABELS = np.array([f"label {i}" for i in range(400)], object)


class Loud(str):
    """Reads otherwise than it is written."""

    __slots__ = ()

    def __str__(self):
        return self.upper()


def rebuilt(values):
    codes, distinct = factorise(values)
    return [distinct[code] for code in codes.tolist()]


def same(left, right):
    """Equal, or NaN both, and of one type."""
    pairs = zip(left, right, strict=True)
    return all(type(a) is type(b) and (a == b or repr(a) == repr(b)) for a, b in pairs)


@given(st.lists(ANYTHING))
def test_every_row_gets_its_own_value_back(values):
    """Types and all: 1, True and 1.0 stay three values."""
    assert same(rebuilt(values), values)


def _columns():
    rng = np.random.default_rng(11)
    picks = rng.integers(0, 10, CHUNK + 4 * PROBE)
    numbers = rng.choice([0.5, -0.0, 1e308, np.nan, 2.0], picks.size)
    return {
        "shared objects": LABELS[picks],
        "as many shared objects as there are slots to spare": LABELS[rng.integers(0, 400, picks.size)],
        "objects of their own": np.array([f"label {i}" for i in picks], object),
        "objects shared at first": np.concatenate([LABELS[picks], np.array([f"x{i}" for i in picks], object)]),
        "objects of their own, of several lengths": np.array([f"{'x' * (i % 5)} {i}" for i in picks], object),
        "objects of their own, some of them longer": np.array(
            [f"{i:0{1 + k // 800}}" for k, i in enumerate(picks)], object
        ),
        "objects of their own, with holes": np.array([f"label {i}" if i else None for i in picks], object),
        "objects of their own, with zeros": np.array([f"a\0{i}" if i > 4 else f"a{i}" for i in picks], object),
        "objects of their own, beyond ASCII": np.array([f"Zürich {i} \ud800" for i in picks], object),
        "objects of their own, longer than words": np.array([f"{i}" * LONGEST_TEXT for i in picks], object),
        "objects of their own, all different": np.array([f"label {k}" for k in range(picks.size)], object),
        "text of a class of its own": np.array([Loud(f"label {i}") for i in picks], object),
        "objects of several types": np.array([1, True, 1.0, None, "1"], object)[picks % 5],
        "objects that lie apart": LABELS[picks].repeat(2)[::2],
        "text": LABELS.astype(str)[picks],
        "text of odd width": LABELS.astype("U9")[picks],
        "long text": LABELS.astype(f"U{LONGEST_TEXT + 1}")[picks],
        "text of another byte order": LABELS.astype(str)[picks].astype(">U9"),
        "empty text": np.zeros(picks.size, "U0"),
        "text without repeats": np.arange(20_000).astype(str),
        "whole numbers": picks,
        "small numbers": picks.astype(np.int16),
        "truth values": picks > 4,
        "long numbers": numbers.astype(np.longdouble),
        "numbers": numbers,
    }


@pytest.mark.parametrize("values", _columns().values(), ids=_columns().keys())
def test_arrays_get_every_value_back(values):
    """However the rows share their memory."""
    assert same(rebuilt(values), values.tolist())
    assert same(rebuilt(values.tolist()), values.tolist())


@pytest.mark.parametrize("values", _columns().values(), ids=_columns().keys())
def test_a_tally_counts_what_factors_list(values):
    """Whatever is listed twice."""
    counts, distinct = tally(values)
    expected = Counter((type(value), repr(value)) for value in values.tolist())
    found = Counter()
    for value, rows in zip(distinct, counts.tolist(), strict=True):
        found[type(value), repr(value)] += rows
    assert found == expected


@pytest.mark.parametrize(
    "name", ["shared objects", "objects of their own", "text", "text of odd width", "whole numbers", "numbers"]
)
def test_few_values_are_listed_few_times(name):
    """What is looked at value by value afterwards does not grow with the rows."""
    assert len(factorise(_columns()[name]).distinct) <= 10
