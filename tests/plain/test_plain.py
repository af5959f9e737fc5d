import collections
import datetime as dt
import decimal
import enum
import itertools
import math
import sys
import types
import uuid
import zoneinfo
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._internal import _encode_value

from driftmeter.plain import MAX_DEPTH, MAX_ITEMS, MAX_STRING_CHARACTERS, MAX_VALUES_BYTES, Plain
from driftmeter.testing.decoding import plain as decoded


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, 1), (1.5, 1.5), (True, True), ("x", "x"), (b"x", b"x"), (None, None),
        (np.float32(1.5), 1.5), (np.int8(3), 3), (np.bool_(True), True), (np.str_("x"), "x"), (np.array(2), 2),
        (math.nan, None), (np.float64("nan"), None), (pd.NA, None), (pd.NaT, None), (np.datetime64("NaT", "ns"), None),
        (np.array([1.5, math.nan]), [1.5, None]), (np.ma.masked_array([1, 2], [0, 1]), [1, None]),
        ((1, [2, {"a": (3,)}]), [1, [2, {"a": [3]}]]),
        (Colour.RED, "red"), (Level.HIGH, 2), (uuid.UUID(int=7), str(uuid.UUID(int=7))),
        (decimal.Decimal("1.10"), "1.10"), (decimal.Decimal("1E+400"), "1E+400"),
        (decimal.Decimal("NaN"), None), (decimal.Decimal("sNaN"), None),
        (dt.date(2015, 7, 1), "2015-07-01"), (dt.time(1, 2), "01:02:00"),
        (dt.datetime(2015, 7, 1, 1, 2, 3, 4, dt.UTC), "2015-07-01T01:02:03.000004+00:00"),
        (dt.datetime(2015, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Oslo")), "2015-07-01T00:00:00+02:00"),
        (dt.datetime(2015, 7, 1, tzinfo=tz.tzoffset(None, 3600)), "2015-07-01T00:00:00+01:00"),
        (dt.timedelta(hours=1), 3600.0), (pd.Timedelta("1.5s"), 1.5), (np.timedelta64(90, "m"), 5400.0),
        (np.timedelta64(5, "ns"), 5e-9), (np.timedelta64(2, "M"), "2 months"), (np.timedelta64("NaT", "s"), None),
        (pd.Timestamp("2015-07-01", tz="Europe/Oslo"), "2015-07-01T00:00:00+02:00"),
        (pd.Timestamp("2015-07-01T00:00:00.000000007"), "2015-07-01T00:00:00.000000007"),
        (pd.Period("2015-07"), "2015-07"), (pd.Interval(0, 1), "(0, 1]"), (pd.Series([1, 2]), [1, 2]),
        (np.longdouble(1.5), 1.5), (np.void(b"x"), b"x"), (bytearray(b"x"), b"x"), (memoryview(b"xy"), b"xy"),
        (np.array([(1, "a")], "i4,U1"), [[1, "a"]]), (np.float64(1.5), 1.5), (np.uint64(7), 7),
        ({3, 1, 2}, [1, 2, 3]), (frozenset({"b", "a"}), ["a", "b"]), ({None, 1, "x"}, [None, 1, "x"]),
        (collections.OrderedDict(b=1), {"b": 1}), (collections.Counter("aab"), {"a": 2, "b": 1}),
        ("\x00\x1b[31m\u202e", "\x00\x1b[31m\u202e"),
        (pd.Timestamp("2015-07-01T01:02"), "2015-07-01T01:02:00"),
        (np.datetime64("2015-07-01T01:02", "ns"), "2015-07-01T01:02:00.000000000"),
        (np.array(["2015-07-01"], "M8[ns]"), ["2015-07-01T00:00:00.000000000"]),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
    ],
    ids=lambda value: type(value).__name__,  # what is the same in every process
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
        ("a\ud800", "a\\ud800"),
        ("x" * 4095 + "\ud800", "x" * 4095 + "\\"),
        (decimal.Decimal("1" * 50_000), "<Decimal>"),
        (decimal.Decimal("-Infinity"), "-Infinity"),
        (pd.DataFrame({"a": [1]}), "<DataFrame>"),
        (collections.UserDict(a=1), "<UserDict>"),
        (memoryview(np.zeros((2, 2))), "<memoryview>"),
        (bytearray(5000), bytes(MAX_STRING_CHARACTERS)),
        (range(3), "<range>"),
        ({1: "a", "1": "b"}, {"1": "b"}),
        (pd.NA.__class__, "<type>"),
        (object(), "<object>"),
        (1j, "<complex>"),
        (np.array([np.uint64(2**63)]), [str(2**63)]),
        (np.array([1.5, math.inf]), [1.5, "Infinity"]),
        (np.clongdouble(1), "<clongdouble>"),
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


ITEMS = [st.floats(), st.integers(-(2**65), 2**65), st.booleans()]


def room_in(plain):
    """How many more numbers it takes, nearly filled first."""
    for _ in range(MAX_VALUES_BYTES // 4200):
        plain.value(b"x" * 4096)
    return next(count for count in itertools.count() if plain.value(1.5) is None)


@given(st.one_of(*(st.lists(kind) for kind in [*ITEMS, st.one_of(*ITEMS)])), st.booleans())
def test_a_list_is_read_as_its_items_are(items, frozen):
    """Whether at once or one by one, also to the mark and to the room that is left."""
    whole, alone = Plain(), Plain()
    found = whole.value(tuple(items) if frozen else items)
    assert repr(found) == repr([alone.value(item) for item in items])
    assert whole.altered == alone.altered
    assert found is not items
    assert room_in(alone) - room_in(whole) == 1  # the list itself


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


def test_the_whole_record_is_bounded():
    """As encoded, in bytes, whatever it is made of; and what is left out is marked."""
    wide = "\N{GRINNING FACE}" * MAX_STRING_CHARACTERS
    for values in (
        [wide] * 1000,
        {f"{n:04}{wide}": wide for n in range(1000)},
        [b"x" * 4096] * 1000,
        [2**63 - 1] * 20_000,
        [[[]] * 3] * 5000,
        [{"a": None}] * 6000,
        np.zeros((5000, 2)),
        [np.array([1.5, np.nan])] * 5000,
    ):
        plain = Plain()
        made = plain.value(values)
        assert _encode_value(made).ByteSize() <= MAX_VALUES_BYTES
        assert plain.altered
        assert len(made) >= 7


@given(st.integers(0, 6), st.dictionaries(st.text(min_size=1, max_size=40), st.none(), min_size=1, max_size=30))
def test_what_has_no_room_for_its_key_is_left_out(blocks, row):
    """A key that is cut would be another's."""
    plain = Plain()
    plain.value([b"x" * 4096] * 59)
    plain.value(b"x" * (500 * blocks))
    found = plain.value(row)
    whole = Plain().value(row)
    assert list(found or {}) == list(whole)[: len(found or {})]
    assert plain.altered or found == whole


def test_a_full_record_still_has_room_for_its_name():
    """Identity comes last, and must not be cut."""
    plain = Plain()
    plain.value([b"x" * 4096] * 100)
    assert not plain.fits("")
    assert plain.value("x") is None
    assert plain.text("m" * 256) == "m" * 256
    assert plain.text("m" * 300) == "m" * 256


def test_logs_may_keep_longer_texts():
    """A trace of calls is longer than any feature; the record is bounded all the same."""
    plain = Plain(longest=32_768)
    assert plain.value(["x" * 32_768]) == ["x" * 32_768]
    assert plain.text("x" * 32_768) == "x" * 32_768
    assert not plain.altered
    assert sum(map(len, plain.value(["x" * 40_000] * 10))) < MAX_VALUES_BYTES
    assert plain.altered


def test_what_is_altered_is_counted_by_reason():
    """Each value once; the words are ours."""
    reasons = Counter()
    plain = Plain(count=lambda reason: reasons.update([reason]))
    plain.value([math.inf, 2**64, "x" * 5000, "\ud800", object(), [[[[[[[1]]]]]]], {1: 1, "1": 1}])
    plain.value(list(range(20_000)))
    assert reasons == {
        "out_of_range": 2, "too_long": 1, "not_utf8": 1, "unknown_type": 1, "too_deep": 1, "same_key": 1, "too_many": 1,
    }  # fmt: skip


class Tensor:
    """As torch has it."""

    __module__ = "torch"

    def __init__(self, array, device="cpu"):
        self.array = np.asarray(array)
        self.ndim = self.array.ndim
        self.device = types.SimpleNamespace(type=device)

    def detach(self):
        return types.SimpleNamespace(numpy=lambda: self.array, item=self.array.item)


def test_tensors_are_read_where_they_are(monkeypatch):
    """Those in main memory; one on another device would have to be waited for."""
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(Tensor=Tensor))
    assert Plain().value([Tensor(1.5), Tensor([1, 2])]) == [1.5, [1, 2]]
    plain = Plain()
    assert plain.value([Tensor(1.5, "cuda"), Tensor([1, 2], "cuda")]) == ["<Tensor>", "<Tensor>"]
    assert plain.altered


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
