import datetime as dt
import decimal
import enum
import math
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._internal import _encode_value

from driftmeter.sinks.plain import MAX_DEPTH, MAX_ITEMS, MAX_STRING_CHARACTERS, Plain
from driftmeter.testing.decoding import plain as decoded


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, 1), (1.5, 1.5), (True, True), ("x", "x"), (b"x", b"x"), (None, None),
        (np.float32(1.5), 1.5), (np.int8(3), 3), (np.bool_(True), True), (np.str_("x"), "x"), (np.array(2), 2),
        (math.nan, None), (np.float64("nan"), None), (pd.NA, None), (pd.NaT, None), (np.datetime64("NaT", "ns"), None),
        (np.array([1.5, math.nan]), [1.5, None]), (np.ma.masked_array([1, 2], [0, 1]), [1, None]),
        ((1, [2, {"a": (3,)}]), [1, [2, {"a": [3]}]]),
        (Colour.RED, "red"), (decimal.Decimal("1.10"), "1.10"), (uuid.UUID(int=7), str(uuid.UUID(int=7))),
        (dt.date(2015, 7, 1), "2015-07-01"), (dt.time(1, 2), "01:02:00"),
        (pd.Timestamp("2015-07-01T01:02"), "2015-07-01T01:02:00"),
        (np.datetime64("2015-07-01T01:02", "ns"), "2015-07-01T01:02:00.000000000"),
        (np.array(["2015-07-01"], "M8[ns]"), ["2015-07-01T00:00:00.000000000"]),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
    ],
    ids=repr,
)  # fmt: skip
def test_values_are_kept(given, expected):
    """As OpenTelemetry's own types."""
    plain = Plain()
    found = plain.value(given)
    assert (found, type(found)) == (expected, type(expected))
    assert not plain.altered


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (2**63, str(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (10**5000, "int of 16610 bits"),
        ("x" * 5000, "x" * MAX_STRING_CHARACTERS),
        (b"x" * 5000, b"x" * MAX_STRING_CHARACTERS),
        ("a\ud800", "a?"),
        (decimal.Decimal("1" * 5000), "1" * MAX_STRING_CHARACTERS),
        ({1, 2}, "<set>"),
        (object(), "<object>"),
        (1j, "<complex>"),
        (np.longdouble(1), "<longdouble>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_kept_is_marked(given, expected):
    """No `__str__` of a stranger is called."""
    plain = Plain()
    assert plain.value(given) == expected
    assert plain.altered


def test_limits_of_64_bits_are_kept():
    """To the last integer."""
    plain = Plain()
    assert plain.value([2**63 - 1, -(2**63)]) == [2**63 - 1, -(2**63)]
    assert not plain.altered


def test_lists_are_bounded():
    """Over all of one record, and large arrays are not read whole."""
    plain = Plain()
    found = plain.value([list(range(6000)), np.arange(10**7)])
    assert sum(map(len, found)) + len(found) == MAX_ITEMS
    assert plain.altered


def test_depth_is_bounded():
    """Whether a value holds itself or is just deep."""
    table = {}
    table["self"] = table
    array = np.empty((), object)
    array[()] = array
    for endless in (table, array):
        plain = Plain()
        plain.value(endless)
        assert plain.altered
    nested = [[[[[[["too deep"]]]]]]]
    assert str(Plain().value(nested)).count("[") == MAX_DEPTH


def test_denied_keys_are_left_out_at_any_depth():
    """A password is one inside a map, too."""
    plain = Plain(lambda key: key != "password")
    assert plain.value({"user": {"name": "x", "password": "y"}, "password": "z"}) == {"user": {"name": "x"}}


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.datetimes() | st.uuids()
    | st.decimals(allow_nan=False) | st.complex_numbers() | st.text(st.characters(exclude_categories=()))
)  # fmt: skip
values = st.recursive(
    scalars | st.sets(st.integers()),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(scalars, inner),
)


@given(values)
def test_every_value_can_be_encoded(given):
    """And is read back from the wire as it was made."""
    made = Plain().value(given)
    assert decoded(_encode_value(made)) == made
