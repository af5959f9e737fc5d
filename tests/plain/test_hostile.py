"""Values whose classes raise, lie or never return, wherever Python lets a class say something."""

import collections
import datetime as dt
import decimal
import enum
import fractions
import types
import uuid
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._internal import _encode_value

from driftmeter.plain import MAX_VALUES_BYTES, Plain
from driftmeter.testing.decoding import plain as decoded

CALLED = []

SPECIAL = [
    "__str__", "__repr__", "__len__", "__iter__", "__next__", "__eq__", "__ne__", "__lt__", "__hash__", "__bool__",
    "__format__", "__getattribute__", "__getattr__", "__getitem__", "__contains__", "__int__", "__float__",
    "__index__", "__bytes__", "__array__", "__reversed__", "__missing__", "__length_hint__", "__add__", "__radd__",
    "__mul__", "__array_ufunc__", "__array_function__", "__dir__", "__sizeof__", "__abs__", "__ceil__", "keys",
    "items", "values", "get", "copy", "tolist", "item", "isoformat", "utcoffset", "total_seconds", "as_tuple",
    "is_nan", "adjusted", "encode", "isascii", "decode", "hex", "to_numpy", "detach", "numpy", "cpu", "shape",
    "dtype", "ndim", "nbytes", "name",
]  # fmt: skip


def refuse(*_args, **_kwargs):
    CALLED.append("foreign code")
    raise RuntimeError("foreign code ran")


class Lie(type):
    """A class whose own class lies about it, too."""

    __instancecheck__ = __subclasscheck__ = __repr__ = __len__ = __iter__ = refuse
    __name__ = __module__ = property(refuse)

    def __eq__(cls, _other):
        return refuse()

    def __hash__(cls):
        return refuse()


def hostile(base, *, metaclass=type):
    """A subclass of `base` in which everything that can be overridden refuses."""
    body = dict.fromkeys((name for name in SPECIAL), refuse)
    body["__class__"] = property(refuse)
    return types.new_class(
        f"Hostile{base.__name__.title()}", (base,), {"metaclass": metaclass}, lambda ns: ns.update(body)
    )


class Zone(dt.tzinfo):
    utcoffset = dst = tzname = refuse


class Array(np.ndarray):
    __getitem__ = __len__ = __iter__ = __array_wrap__ = tolist = __str__ = __repr__ = refuse
    dtype = shape = ndim = property(refuse)


class Masked(np.ma.MaskedArray):
    tolist = refuse


class Key(str):
    __str__ = __repr__ = __len__ = __iter__ = isascii = encode = refuse
    __slots__ = ()


class Mood(enum.Enum):
    SOUR = Key("sour")
    value = property(refuse)


class Endless(Mapping):
    """A map without an end."""

    def __len__(self):
        return 2**62

    def __iter__(self):
        while True:
            CALLED.append("endless")
            yield "key"

    def __getitem__(self, key):
        return self


def cyclic_list():
    held = []
    held += [held, held, held]
    return held


def cyclic_map():
    held = {}
    held["a"] = [held, {"b": held}]
    return held


def holding_itself():
    array = np.empty(2, object)
    array[0] = array[1] = array
    return array


def deep(levels):
    held = 1
    for _ in range(levels):
        held = [held]
    return held


def later(make, strategy=None):
    """Values that are made inside the test, since Hypothesis itself asks values for their text and hash."""
    return st.just(lambda: make()) if strategy is None else strategy.map(lambda drawn: lambda: make(drawn))  # noqa: PLW0108  # hidden


texts = st.text(st.characters(exclude_categories=()), max_size=40)
lists, sets, maps = st.lists(texts, max_size=5), st.sets(texts, max_size=5), st.dictionaries(texts, texts, max_size=5)
floats = st.lists(st.floats(), max_size=5)
KINDS = {
    "str": later(hostile(str), texts),
    "int": later(hostile(int), st.integers()),
    "float": later(hostile(float), st.floats()),
    "bytes": later(hostile(bytes), st.binary()),
    "bytearray": later(hostile(bytearray), st.binary()),
    "list": later(hostile(list), lists),
    "tuple": later(hostile(tuple), lists),
    "dict": later(hostile(dict), maps),
    "keys": later(lambda held: {Key(key): value for key, value in held.items()}, maps),
    "ordered": later(collections.OrderedDict, maps),
    "set": later(hostile(set), sets),
    "frozenset": later(hostile(frozenset), sets),
    "date": later(lambda d: hostile(dt.date)(d.year, d.month, d.day), st.dates()),
    "datetime": later(lambda d: hostile(dt.datetime)(*d.timetuple()[:6]), st.datetimes()),
    "time": later(lambda t: hostile(dt.time)(t.hour, t.minute), st.times()),
    "timedelta": later(lambda s: hostile(dt.timedelta)(seconds=s), st.integers(-(10**6), 10**6)),
    "zone": later(lambda d: d.replace(tzinfo=Zone()), st.datetimes()),
    "decimal": later(hostile(decimal.Decimal), st.decimals()),
    "digits": later(lambda n: decimal.Decimal("1" * n), st.integers(1, 10**4)),
    "fraction": later(type("Own", (fractions.Fraction,), {"__str__": refuse}), st.fractions()),
    "uuid": later(lambda u: type("Own", (uuid.UUID,), {"__str__": refuse})(int=u.int), st.uuids()),
    "object": later(hostile(object)),
    "metaclass": later(hostile(object, metaclass=Lie)),
    "lying text": later(hostile(str, metaclass=Lie), texts),
    "enum": later(lambda: Mood.SOUR),
    "float64": later(hostile(np.float64), st.floats()),
    "str_": later(hostile(np.str_), texts),
    "array": later(lambda v: np.array(v).view(Array), floats),
    "masked": later(lambda v: np.ma.masked_array(v).view(Masked), floats),
    "objects": later(lambda v: np.array([*map(hostile(str), v), None], object), lists),
    "huge": later(lambda n: np.broadcast_to(1.5, (n, 10**9)), st.integers(1, 10**9)),
    "integer": later(lambda n: 1 << n, st.integers(1, 10**5)),
    "cycle": st.sampled_from([cyclic_list, cyclic_map, holding_itself]),
    "deep": later(deep, st.integers(0, 5000)),
    "endless": later(Endless),
    "proxy": later(lambda: types.MappingProxyType(hostile(dict)({"a": 1}))),
    "missing": later(lambda v: v, st.sampled_from([pd.NA, pd.NaT, None, float("nan"), np.datetime64("NaT", "s")])),
    "surrogates": later(str, st.text(st.characters(categories=["Cs", "Cc", "Cf"]), max_size=5000)),
    "module": later(type("Odd", (), {"__module__": hostile(str)("torch")})),
    "iterator": later(lambda: iter(int, 1)),
}
nested = st.recursive(
    st.one_of(*KINDS.values()),
    lambda inner: (
        later(lambda each: [make() for make in each], st.lists(inner, max_size=4))
        | later(lambda each: {key: make() for key, make in each.items()}, st.dictionaries(texts, inner, max_size=4))
    ),
    max_leaves=8,
)


def come_through(make):
    """What is made of a value can be encoded, is read back as it was made, and is bounded; no foreign code ran."""
    hostile_value = make()
    CALLED.clear()
    made = Plain().value(hostile_value)
    assert CALLED == []
    encoded = _encode_value(made)
    assert decoded(encoded) == made
    assert encoded.ByteSize() <= MAX_VALUES_BYTES


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=settings.default.max_examples // 4)
@given(st.data())
def test_each_kind_comes_through(kind, data):
    """By itself."""
    come_through(data.draw(KINDS[kind]))


@settings(max_examples=settings.default.max_examples * 3)
@given(nested)
def test_all_kinds_come_through_inside_each_other(make):
    """Whatever stands beside them."""
    come_through(make)


def test_kinds_are_read_by_what_they_are_underneath():
    """A subclass's own value, not what it says of itself."""
    given = [
        hostile(str)("x"), hostile(int)(7), hostile(float)(1.5), hostile(bytes)(b"x"), hostile(list)([1]),
        hostile(tuple)([1]), hostile(dict)({"a": 1}), hostile(set)({1}), hostile(dt.date)(2015, 7, 1),
        hostile(decimal.Decimal)("1.5"), hostile(np.float64)(1.5), np.array([1.5]).view(Array), Mood.SOUR,
        hostile(dt.datetime)(2015, 7, 1), hostile(dt.timedelta)(1), hostile(str, metaclass=Lie)("x"),
    ]  # fmt: skip
    CALLED.clear()
    plain = Plain()
    assert plain.value(given) == [
        "x", 7, 1.5, b"x", [1], [1], {"a": 1}, [1], "2015-07-01", "1.5", 1.5, [1.5], "sour", "2015-07-01T00:00:00",
        86_400.0, "x",
    ]  # fmt: skip
    assert (plain.altered, CALLED) == (False, [])


def test_what_hides_values_or_runs_code_is_named_alone():
    """A masked array of one's own class, a foreign time zone, maps that are no dicts, iterators."""
    plain = Plain()
    given = [
        np.ma.masked_array([1], [1]).view(Masked), dt.datetime(2015, 7, 1, tzinfo=Zone()), Endless(),
        types.MappingProxyType({}), iter([1]), hostile(object)(),
    ]  # fmt: skip
    CALLED.clear()
    assert plain.value(given) == [
        "<Masked>",
        "<datetime>",
        "<Endless>",
        "<mappingproxy>",
        "<list_iterator>",
        "<HostileObject>",
    ]
    assert (plain.altered, CALLED) == (True, [])
