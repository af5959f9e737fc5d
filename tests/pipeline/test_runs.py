"""Calls by turns, read together."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from driftmeter.pipeline.runs import runs


class Reader(NamedTuple):
    stream: str
    shape: int


ONE, ONE_OTHERWISE, TWO = (Reader("1", 0), Reader("1", 1), Reader("2", 0))
READERS = st.sampled_from([ONE, ONE_OTHERWISE, TWO, None])


def _waiting(readers):
    return [(reader, bytes([n])) if reader else n for n, reader in enumerate(readers)]


def _stream_of(call):
    return call[0].stream if isinstance(call, tuple) else None


def test_two_versions_by_turns_are_two_runs():
    """However often they take turns."""
    assert [run.reader for run in runs(_waiting([ONE, TWO] * 20))] == [ONE, TWO]


def test_a_stream_that_changes_its_shape_is_read_in_its_order():
    """Its rows go through windows, also by time."""
    found = runs(_waiting([ONE, TWO, ONE_OTHERWISE, TWO, ONE]))
    assert [run.reader for run in found] == [ONE, TWO, ONE_OTHERWISE, ONE]


@given(st.lists(READERS, max_size=40))
def test_every_call_is_read_once_in_the_order_of_its_stream(readers):
    """And a label behind all predictions that came before it."""
    waiting = _waiting(readers)
    read = list(chain.from_iterable(run.calls for run in runs(waiting)))
    for stream in ("1", "2", None):
        assert [c for c in read if _stream_of(c) == stream] == [c for c in waiting if _stream_of(c) == stream]
    for place, call in enumerate(read):
        if _stream_of(call) is None:
            assert set(read[:place]) == set(waiting[: waiting.index(call)])
    assert all(
        run.reader == (call[0] if isinstance(call, tuple) else None) for run in runs(waiting) for call in run.calls
    )
