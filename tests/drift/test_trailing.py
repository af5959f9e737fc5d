from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.ring import PaneRing
from driftmeter.drift.trailing import TrailingRing

ADDITIONS = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 1000)), max_size=80)


@given(ADDITIONS, st.integers(1, 9))
def test_the_window_before_holds_what_was_added_to_its_panes(additions, panes):
    """At every step, through gaps and late additions; and the window itself is that of a plain ring."""
    ring, plain = TrailingRing(panes, 1, 1), PaneRing(panes, 1, 1)
    taken: list[tuple[int, int]] = []
    for pane, count in additions:
        inside = ring.add(pane, np.array([count]))
        assert inside == plain.add(pane, np.array([count]))
        taken += [(pane, count)] if inside else []
        assert ring.total.tolist() == plain.total.tolist()
        begins = ring.newest - panes
        assert ring.behind.total.tolist() == [sum(n for at, n in taken if begins - panes < at <= begins)]


def test_time_that_passes_without_rows_moves_the_panes_on():
    """Behind the window, and then out of it."""
    ring = TrailingRing(2, 1, 1)
    ring.add(5, np.array([7]))
    totals = []
    for pane in (6, 7, 8, 9):
        ring.advance(pane)
        totals.append((ring.total.tolist()[0], ring.behind.total.tolist()[0]))
    assert totals == [(7, 0), (0, 7), (0, 7), (0, 0)]
