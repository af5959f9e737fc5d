from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.ring import PaneRing

ADDITIONS = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 1000)), max_size=80)


@given(ADDITIONS, st.integers(1, 9))
def test_the_total_is_what_was_added_to_the_panes_inside(additions, panes):
    """At every step, in any order of panes, through gaps and late additions."""
    ring = PaneRing(panes, 2, 1)
    taken: list[tuple[int, int]] = []
    newest = None
    for pane, count in additions:
        newest = pane if newest is None else max(newest, pane)
        inside = ring.add(pane, np.array([count, 1]))
        assert inside == (pane > newest - panes)
        taken += [(pane, count)] if inside else []
        counts = [n for at, n in taken if at > newest - panes]
        assert ring.head.tolist() == [sum(counts)]
        assert ring.total.tolist() == [sum(counts), len(counts)]


@given(ADDITIONS, st.integers(1, 9))
def test_what_was_held_stays_what_it_was(additions, panes):
    """Whatever comes later, to old panes or new ones; and what was added is left alone."""
    ring = PaneRing(panes, 2, 1)
    held, expected, added = [], [], []
    for pane, count in additions:
        added.append(np.array([count, 1]))
        ring.add(pane, added[-1])
        held.append(ring.held())
        expected.append(ring.total.tolist())
    assert [each.whole().tolist() for each in held] == expected
    assert [each.head.tolist() for each in held] == [each[:1] for each in expected]
    assert [each.tolist() for each in added] == [[count, 1] for _, count in additions]


def test_time_that_passes_without_rows_empties_the_ring():
    """Panes leave though nothing enters."""
    ring = PaneRing(3, 1, 1)
    ring.add(5, np.array([7]))
    ring.advance(7)
    assert ring.total.tolist() == [7]
    ring.advance(8)
    assert ring.total.tolist() == [0]
    assert not ring.add(5, np.array([7]))
