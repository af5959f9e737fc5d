"""Entries of any kinds together: in their order, by origin, and what is no record given back."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from driftmeter.otlp import Layout, Origin, Table, encode, log_record, packer, request


class Entry(NamedTuple):
    definition: bytes
    payload: bytes


HERE = Origin(resource=(("service.name", "here"),), scope_name="one")
BESIDE = Origin(resource=(("service.name", "here"),), scope_name="two")
THERE = Origin(resource=(("service.name", "there"),), scope_name="one")


def single(origin, number):
    return Entry(origin.to_bytes(), log_record(time_ns=number, observed_ns=1))


def row(origin, number, *, code="d", value=1.5, trace_id=0):
    layout = Layout(origin=origin, event_name="row", tables=(Table("in", ("a",), codes=code),))
    return Entry(layout.to_bytes(), packer(layout)(number, 1, trace_id, 0, 0, 0.5, 1, bytes(16), (value,)))


def sent(groups):
    parsed = ExportLogsServiceRequest.FromString(request(groups))
    return [
        (resource.resource.attributes[0].value.string_value, scope.scope.name, [one.time_unix_nano for one in records])
        for resource in parsed.resource_logs
        for scope in resource.scope_logs
        for records in [scope.log_records]
    ]


def test_records_keep_their_order_whatever_way_they_took():
    """Single ones, rows of two layouts, with and without a trace, a value or a number."""
    entries = [
        single(HERE, 1),
        row(HERE, 2),
        row(HERE, 3, value=float("nan")),
        row(HERE, 4, code="s", value="text"),
        single(HERE, 5),
        row(HERE, 6, value=float("inf")),
        row(HERE, 7, trace_id=9),
        row(HERE, 8, code="s", value=""),
        row(HERE, 9),
    ]
    (group,) = encode(entries).groups
    assert sent([group]) == [("here", "one", list(range(1, 10)))]
    assert group.positions.tolist() == list(range(9))
    assert len(group.records()) == len(group) == 9


def test_each_origin_has_its_own_records():
    """Scopes of one resource share it."""
    entries = [single(HERE, 1), row(THERE, 2), single(BESIDE, 3), row(HERE, 4), single(THERE, 5)]
    groups = encode(entries).groups
    expected = [("here", "one", [1, 4]), ("here", "two", [3]), ("there", "one", [2, 5])]
    assert sent(groups) == expected
    assert [group.positions.tolist() for group in groups] == [[0, 3], [1, 4], [2]]


def test_what_is_no_record_is_given_back():
    """With its place, so that it can be buried; the others go their way."""
    good = row(HERE, 3)
    entries = [Entry(b"", b""), good, good._replace(payload=good.payload[:-1]), Entry(b"Lx", b""), single(HERE, 4)]
    encoding = encode(entries)
    assert [position for position, _reason in encoding.refused] == [0, 2, 3]
    assert sent(encoding.groups) == [("here", "one", [3, 4])]


@pytest.mark.parametrize("make", [single, row])
def test_a_group_can_be_cut_anywhere(make):
    """To halve a request, down to the one record that is refused."""
    (group,) = encode([make(HERE, number) for number in range(7)]).groups
    for start in range(7):
        for stop in range(start + 1, 8):
            part = group.part(start, stop)
            assert sent([part]) == [("here", "one", list(range(start, stop)))]
            assert part.positions.tolist() == list(range(start, stop))
            assert part.part(0, 1).records() == group.records()[start : start + 1]


def test_nothing_is_an_empty_request():
    assert encode([]) == ([], [])
    (group,) = encode([single(HERE, 1)]).groups
    assert request([group.part(0, 0)]) == b""


DEFINITIONS = [entry.definition for entry in (single(HERE, 1), row(HERE, 1), row(HERE, 1, code="s", value="x"))]


@given(st.lists(st.builds(Entry, st.sampled_from(DEFINITIONS) | st.binary(), st.binary(max_size=120))))
def test_each_entry_is_a_record_or_refused(entries):
    """Never both, never neither, and nothing is raised."""
    encoding = encode(entries)
    places = [place for group in encoding.groups for place in group.positions.tolist()]
    assert sorted(places + [position for position, _ in encoding.refused]) == list(range(len(entries)))
    for group in encoding.groups:
        assert group.offsets[0] == 0
        assert group.offsets[-1] == len(group.buffer)
        assert (np.diff(group.offsets) > 0).all()
