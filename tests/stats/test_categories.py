from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.categories import Categories, label_text

anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=2),
    st.binary(max_size=2), st.sampled_from(["a", "b", "1", "True"]),
)  # fmt: skip


class Hostile:
    """Raises whatever is asked of it."""

    def __eq__(self, other):
        raise RuntimeError

    def __hash__(self):
        raise RuntimeError

    def __str__(self):
        raise RuntimeError


class Missing:
    """Answers a comparison with itself, as pandas' NA does."""

    def __eq__(self, other):
        return self

    def __ne__(self, other):
        return self

    def __bool__(self):
        raise TypeError

    __hash__ = object.__hash__


Missing.__name__ = "NAType"


def tail(categories, values):
    counts = categories.count(values)
    return dict(zip(["other", "below", "above", "missing", "unseen"], counts[-5:].tolist(), strict=True))


def moments(text):
    return [np.datetime64(text, unit) for unit in ("ms", "us", "ns")]


OSLO = dt.timezone(dt.timedelta(hours=1))


def test_labels_are_counted_in_their_order():
    assert Categories(["b", "a"]).count(["a", "b", "a"]).tolist() == [1, 2, 0, 0, 0, 0, 0]


def test_a_new_label_is_unseen_where_the_reference_named_all_of_its_own():
    assert tail(Categories(["a"]), ["new"])["unseen"] == 1
    assert tail(Categories(["a"]), ["new"])["other"] == 0


def test_a_further_label_is_other_where_the_reference_had_such():
    assert tail(Categories(["a"], others=True), ["new"])["other"] == 1


@pytest.mark.parametrize(
    "value", [None, math.nan, np.float64("nan"), np.datetime64("NaT", "ns"), Decimal("NaN"), Missing()]
)
def test_what_is_absent_is_missing(value):
    assert tail(Categories(["a"]), ["a", value])["missing"] == 1


class Colour(str):
    """Shown otherwise than it is written, as a member of an enumeration may be."""

    __slots__ = ()

    def __str__(self):
        return f"Colour.{self.upper()}"


@pytest.mark.parametrize("rows", [1, 2000])
def test_text_of_a_class_of_its_own_is_what_it_holds(rows):
    """Else the same rows would count otherwise in another batch: equal labels are looked up once."""
    assert Categories(["red"]).count([Colour("red"), "red"] * rows)[0] == 2 * rows
    assert Categories(["red"]).count(["red", Colour("red")] * rows)[0] == 2 * rows


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("2026-01-01", [dt.date(2026, 1, 1), np.datetime64("2026-01-01")]),
        ("2026-01-01T00:00:00", [pd.Timestamp("2026-01-01").to_pydatetime(), *moments("2026-01-01T00:00:00")]),
        ("2026-01-01T08:30:00.250000", [pd.Timestamp("2026-01-01T08:30:00.25"), *moments("2026-01-01T08:30:00.250")]),
        (
            "2026-01-01T08:30:00.000000001",
            [pd.Timestamp("2026-01-01T08:30:00.000000001"), np.datetime64("2026-01-01T08:30:00.000000001")],
        ),
        (
            "90s",
            [dt.timedelta(seconds=90), pd.Timedelta(90, "s"), np.timedelta64(90, "s"), np.timedelta64(90_000, "ms")],
        ),
        ("0.5s", [dt.timedelta(seconds=0.5), pd.Timedelta("500ms"), np.timedelta64(500_000_000, "ns")]),
        (
            "432000s",
            [dt.timedelta(days=5), np.timedelta64(5, "D"), np.timedelta64(120, "h"), np.timedelta64(7_200, "m")],
        ),
        ("1209600s", [np.timedelta64(2, "W")]),
        ("2 months", [np.timedelta64(2, "M")]),
        (
            "2026-01-01T08:00:00",
            [
                dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC),
                dt.datetime(2026, 1, 1, 9, tzinfo=OSLO),
                pd.Timestamp("2026-01-01T09:00:00", tz="Europe/Oslo"),
                pl.Series([dt.datetime(2026, 1, 1, 9, tzinfo=OSLO)]).to_numpy()[0],
                pa.array([dt.datetime(2026, 1, 1, 9, tzinfo=OSLO)]).to_numpy(zero_copy_only=False)[0],
            ],
        ),
        (
            "9999-12-31T23:59:59-05:00",
            [dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.timezone(-dt.timedelta(hours=5)))],
        ),
    ],
)
def test_a_time_is_one_label_whoever_made_it(label, values):
    """A frame of one row gives pandas' own, one of many NumPy's, a request Python's."""
    assert {label_text(value) for value in values} == {label}


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("3", [Decimal(3), Decimal("3.00"), Decimal("0.3E1"), 3.0]),
        ("1.5", [Decimal("1.5"), Decimal("1.500"), 1.5]),
        ("0", [Decimal(0), Decimal("-0.00"), Decimal("0E+9"), 0.0]),
        ("1234567890123456789012345678901234567890", [Decimal("1234567890123456789012345678901234567890.0")]),
        ("1E+100000", [Decimal("1E+100000"), Decimal("10E+99999")]),
        ("Infinity", [Decimal("Infinity")]),
    ],
)
def test_a_decimal_is_one_label_however_many_zeros_it_has(label, values):
    """A table's column has its own number of places; equal labels are looked up once."""
    assert {label_text(value) for value in values} == {label}


@pytest.mark.parametrize("value", [[], {}, np.zeros(2), Hostile(), 10**5000], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("others", [False, True])
def test_what_is_no_label_is_unseen_and_takes_no_neighbour_along(value, others):
    counts = Categories(["a"], others=others).count(["a", value, "a"])
    assert (counts[0], counts[-1]) == (2, 1)


def test_equal_numbers_of_different_types_keep_their_own_names():
    """In a dict True, 1 and 1.0 are one key."""
    counts = Categories(["True", "1", "1.5"]).count([True, 1, 1.0, np.int64(1), np.True_, 1.5, "1"])
    assert counts[:3].tolist() == [2, 4, 1]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (1.0, "1"), (-0.0, "0"), (0.1, "0.1"), (False, "False"), (math.inf, "inf"), (np.float32(2), "2"),
     (np.float32(0.1), str(np.array([0.1], np.float32).tolist()[0])), (np.longdouble(0.5), "0.5"), (np.nan, "nan"),
     (np.int8(3), "3"), (np.str_("x"), "x"), (dt.date(2020, 1, 2), "2020-01-02")],
)  # fmt: skip
def test_labels_are_written_in_one_way(value, text):
    assert label_text(value) == text
    assert type(label_text(value)) is str


@given(st.lists(anything), st.lists(anything), st.booleans())
def test_two_halves_merged_equal_the_whole(left, right, others):
    categories = Categories(["a", "1", "True"], others=others)
    whole = categories.count(left + right)
    np.testing.assert_array_equal(categories.count(left) + categories.count(right), whole)
    assert whole.sum() == len(left) + len(right)
    assert whole[-4] == whole[-3] == 0


@given(st.lists(anything))
def test_counting_is_placing_one_by_one(values):
    categories = Categories(["a", "1"])
    places = [categories.place(value) for value in values]
    np.testing.assert_array_equal(categories.count(values), np.bincount(places, minlength=categories.bins + 4))


def test_arrays_and_iterators_count_as_lists():
    categories = Categories(["a", "b"])
    expected = categories.count(["a", "b", "b"]).tolist()
    assert categories.count(np.array(["a", "b", "b"])).tolist() == expected
    assert categories.count(iter("abb")).tolist() == expected


def test_a_label_given_twice_is_refused():
    with pytest.raises(ValueError, match="'a' is given twice"):
        Categories(["a", "b", "a"])
