"""Definitions say all that rows need, and wrong ones are refused, loudly here and quietly there."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.otlp import Layout, Origin, Table, Undecodable
from driftmeter.otlp.wire import any_value

LAYOUT = Layout(
    origin=Origin(resource=(("service.name", "air"), ("n", [1, None, b"x"])), scope_attributes=(("k", True),)),
    event_name="e",
    severity_number=17,
    severity_text="ERROR",
    body={"nested": [1.5]},
    attributes=(("a", 1), ("b", {"c": [b"\xff", None]})),
    id_attribute="id",
    id_kind="text",
    rows_attribute="rows",
    tables=(Table("in", ("x", "y"), codes="ds"), Table(None, ("tag",), codes="s"), Table("out", ("p",), dtype="<f4")),
)


def test_a_definition_brings_the_layout_back():
    found = Layout.from_bytes(LAYOUT.to_bytes())
    assert found == LAYOUT
    assert hash(found) == hash(LAYOUT)
    assert (found.origin, found.tables, found.attributes) == (LAYOUT.origin, LAYOUT.tables, LAYOUT.attributes)


def test_a_definition_is_read_once():
    """It comes with every record."""
    definition = LAYOUT.to_bytes()
    assert Layout.from_bytes(definition) is Layout.from_bytes(bytes(bytearray(definition)))
    origin = LAYOUT.origin.to_bytes()
    assert Origin.from_bytes(origin) is Origin.from_bytes(bytes(bytearray(origin)))


@pytest.mark.parametrize(
    "table",
    [
        lambda: Table("in", ("a",), codes="dd"),
        lambda: Table("in", ("a",), codes="x"),
        lambda: Table("in", ("a", "a"), codes="dd"),
        lambda: Table("in", ("a",), codes="d", dtype="<f8"),
        lambda: Table("in", ("a",), dtype=">f8"),
        lambda: Table("in", ("a",), dtype="<f16"),
        lambda: Table("in", ("a",), dtype="|O"),
        lambda: Table(None, ("a",), dtype="<f8"),
    ],
)
def test_a_wrong_table_is_refused_when_it_is_built(table):
    with pytest.raises(ValueError, match=r"[a-z]"):
        table()


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": (("id", 1),), "id_attribute": "id"},
        {"tables": (Table("a", (), codes=""), Table(None, ("a",), codes="d"))},
        {"attributes": (("a", 1), ("a", 2))},
        {"id_kind": "number"},
        {"body": 2**64},
    ],
)
def test_a_wrong_layout_is_refused_when_it_is_built(wrong):
    with pytest.raises(ValueError, match=r"[a-z]"):
        Layout(origin=Origin(), event_name="e", **wrong)


@given(st.binary(max_size=200), st.integers(0), st.integers(0, 20))
def test_any_bytes_are_a_definition_or_undecodable(noise, place, removed):
    """Never another fault."""
    whole = LAYOUT.to_bytes()
    place %= len(whole)
    for definition in (noise, b"L" + noise, b"O" + noise, whole[:place] + noise + whole[place + removed :]):
        for kind in (Layout, Origin):
            with contextlib.suppress(Undecodable):
                assert isinstance(kind.from_bytes(definition), kind)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab<f8dL", max_size=4) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=10,
)
FACTS = (
    *("origin", "event_name", "severity_number", "severity_text", "body", "attributes", "id_attribute"),
    *("id_kind", "duration_attribute", "rows_attribute", "altered_attribute", "tables"),
)


@given(st.dictionaries(st.sampled_from(FACTS), PLAIN), st.sampled_from(FACTS), PLAIN)
def test_any_facts_are_a_definition_or_undecodable(some, one, value):
    """A map that is well formed may still say anything."""
    good = dict.fromkeys(FACTS) | {"event_name": "", "severity_number": 1, "severity_text": "", "id_kind": "text"}
    good |= {"origin": Origin().to_bytes(), "attributes": {}, "tables": []}
    for facts in (some, good | some, good | {one: value}, good | {"tables": [value]}):
        with contextlib.suppress(Undecodable):
            assert isinstance(Layout.from_bytes(b"L" + any_value(facts)), Layout)
