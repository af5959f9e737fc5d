import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.capture import DROP, KEEP, Bucket, Hash, Key
from driftmeter.capture.rules import OTHER

hashed = Hash(Key(b"a secret of 16 bytes or more"))
texts = st.text(max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts | st.binary(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=5,
)  # fmt: skip


@given(plain)
def test_kept_is_the_same_and_dropped_is_nothing(value):
    """By the two rules that a caller may also compare with."""
    assert KEEP.apply(value) is value
    assert DROP.apply(value) is None


@given(plain)
def test_pseudonyms_tell_nothing_but_equality(value):
    """32 hexadecimal digits, whatever the value; a list has one for each item; missing stays missing."""
    found = hashed.apply(value)
    assert found == hashed.apply(value)
    if value is None:
        assert found is None
    elif isinstance(value, list):
        assert found == [hashed.apply(item) for item in value]
    else:
        assert len(bytes.fromhex(found)) == 16


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_have_one_pseudonym(number):
    """An array makes floats of them, a form makes text of them: all can be joined."""
    assert hashed.apply(number) == hashed.apply(float(number)) == hashed.apply(str(number))


def test_different_values_have_different_pseudonyms():
    """Among them those that only look alike."""
    values = ["a", "A", "", 0, 1, True, "1.5", b"ab", {"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"}, -1, 0.1]
    assert len({hashed.apply(value) for value in values}) == len(values)


def test_maps_are_pseudonyms_as_a_whole():
    """Their keys may say as much as their values; their order says nothing."""
    assert hashed.apply({"a": 1, "b": b"x"}) == hashed.apply({"b": b"x", "a": 1})


def test_the_key_decides():
    """Another key, other pseudonyms."""
    assert Hash(Key(b"another secret, 16 bytes")).apply("x") != hashed.apply("x")
    assert "secret" not in repr(hashed)


@pytest.mark.parametrize(
    ("value", "width", "expected"),
    [
        (34, 10, "[30, 40)"), (30, 10, "[30, 40)"), (29.999, 10, "[20, 30)"), (0, 10, "[0, 10)"), (-0.0, 10, "[0, 10)"),
        (-1, 10, "[-10, 0)"), (0.3, 0.1, "[0.3, 0.4)"), (0.7, 0.1, "[0.7, 0.8)"), (1e-9, 0.5, "[0, 0.5)"),
        (12345, 1000, "[12000, 13000)"), (2**63 - 1, 2**62, "[4.611686018427388e+18, 9.223372036854776e+18)"),
        (None, 10, None), ("34", 10, OTHER), (True, 10, OTHER), (math.inf, 10, OTHER), ("Infinity", 10, OTHER),
        ({"a": 1}, 10, OTHER), (b"1", 10, OTHER),
    ],
)  # fmt: skip
def test_ranges_of_one_width(value, width, expected):
    """Half-open, in decimal; what is no finite number is `other`."""
    assert Bucket(width=width).apply(value) == expected


def test_ranges_between_edges():
    """What is below or above all of them has a range, too."""
    bucket = Bucket(edges=[0, 0.5, 18])
    assert bucket.apply([-1, 0, 0.5, 17.99, 18, math.nan, None]) == [
        "<0", "[0, 0.5)", "[0.5, 18)", "[0.5, 18)", ">=18", OTHER, None,
    ]  # fmt: skip


@given(st.floats(-1e15, 1e15), st.sampled_from([0.01, 0.25, 1, 7, 1000]))
def test_a_value_lies_in_its_range(value, width):
    """To the rounding of the two ends."""
    low, high = map(float, Bucket(width=width).apply(value)[1:-1].split(", "))
    assert low <= value <= high
    assert high - low == pytest.approx(width, abs=1e-12 * max(1.0, abs(value)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "give a bucket a width, or edges"),
        ({"width": 1, "edges": [1, 2]}, "give a bucket a width, or edges"),
        ({"width": 0}, "positive number, not 0"),
        ({"width": math.inf}, "positive number, not inf"),
        ({"edges": [1, 1]}, r"numbers that rise, not \[1, 1\]"),
        ({"edges": [1, math.nan]}, "numbers that rise"),
    ],
)
def test_wrong_buckets_are_refused(settings, message):
    """When they are built."""
    with pytest.raises(ValueError, match=message):
        Bucket(**settings)
