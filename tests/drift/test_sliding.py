from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import Columns
from driftmeter.drift import Reference, WindowByRows, WindowByTime
from driftmeter.drift.binning import Binning
from driftmeter.drift.ring import PaneRing
from driftmeter.drift.sliding import SegmentCounts, sliding

BATCHES = st.lists(st.integers(1, 70), min_size=1, max_size=12)


def _counts_of(values):
    def count(rows):
        return np.array([len(values[rows]), int(values[rows].sum())])

    return count


@given(BATCHES, st.integers(1, 6), st.integers(1, 9))
def test_a_window_by_rows_is_the_last_rows_however_they_came(batches, panes, pane_rows):
    """It stops at the same rows for any batches, and then holds exactly the rows before."""
    window = WindowByRows(panes * pane_rows, panes)
    everything = np.arange(sum(batches)) ** 2
    slider, seen, stops = sliding(window, PaneRing(window.panes, 2, 1)), 0, []
    for rows in batches:
        values = everything[seen : seen + rows]
        for position in slider.slide(np.zeros(rows, np.int64), _counts_of(values)):
            stop = seen + position + 1
            stops.append(stop)
            assert slider.ring.total.tolist() == [window.rows, int(everything[stop - window.rows : stop].sum())]
        seen += rows
    assert stops == list(range(window.rows, seen + 1, pane_rows))


@given(st.lists(st.integers(0, 400), min_size=1, max_size=80), BATCHES, st.integers(1, 6))
def test_a_window_by_time_holds_the_rows_of_its_panes(times_s, batches, panes):
    """By the rows' own time, in any order, if one of each batch is on time: the window has what is not too late."""
    slider = sliding(WindowByTime(10 * panes, panes), PaneRing(panes, 2, 1))
    times, taken, late, newest = np.array(times_s) * 10**9, [], 0, None
    for start in range(0, len(times), batches[0]):
        part = np.append(times[start : start + batches[0]], times[: start + 1].max())
        for _ in slider.slide(part, _counts_of(part // 10**9)):
            pass
        for pane, time_s in sorted((t // 10**10, t // 10**9) for t in part.tolist()):
            newest = pane if newest is None else max(newest, pane)
            taken += [(pane, time_s)] if pane > newest - panes else []
            late += pane <= newest - panes
    inside = [time_s for pane, time_s in taken if pane > newest - panes]
    assert slider.late == late
    assert slider.ring.total.tolist() == [len(inside), sum(inside)]


@given(st.lists(st.lists(st.integers(0, 900), min_size=1, max_size=9), min_size=1, max_size=40), st.integers(1, 6))
def test_each_row_is_in_the_window_once_or_late(batches, panes):
    """However time jumps; and it never holds a row of another time than its own."""
    added, window = [], PaneRing(panes, 2, 1)
    slider = sliding(WindowByTime(10 * panes, panes), window)
    for batch in batches:
        before = slider.late
        for _ in slider.slide(np.array(batch) * 10**9, _counts_of(np.array(batch))):
            pass
        added.append(len(batch) - (slider.late - before))
    assert sum(added) + slider.late == sum(map(len, batches))
    assert 0 <= window.total[0] <= sum(added)


@pytest.mark.parametrize("wrong_s", [3_600.0, 86_400.0])
def test_a_row_from_tomorrow_ends_a_window_for_two_panes_only(wrong_s):
    """What came late until then is counted; then the window holds the rows of its time again, and not the wrong one."""
    slider = sliding(WindowByTime(80, 8), PaneRing(8, 2, 1))
    times = np.arange(1_000, 1_400)
    for at, time_s in enumerate(times):
        ahead_s = wrong_s if at == 100 else 0.0
        for _ in slider.slide(np.array([(time_s + ahead_s) * 1e9], np.int64), _counts_of(times[at : at + 1])):
            pass
    assert 10 < slider.late <= 30
    assert slider.ring.total.tolist() == [80, int(times[-80:].sum())]


def test_rows_that_are_late_beside_others_that_are_not_change_no_window():
    """However many: a queue that is worked off beside the live traffic."""
    slider = sliding(WindowByTime(80, 8), PaneRing(8, 2, 1))
    for time_s in range(1_000, 1_200):
        for own_s in (time_s, time_s - 500):
            for _ in slider.slide(np.array([own_s]) * 10**9, _counts_of(np.array([own_s]))):
                pass
    assert slider.late == 200
    assert slider.ring.total.tolist() == [80, sum(range(1_120, 1_200))]


def test_a_window_by_time_ends_where_the_new_pane_begins():
    """After a silence the window is looked at as it stands then, without what has left it meanwhile."""
    slider = sliding(WindowByTime(40, 4), PaneRing(4, 2, 1))
    times = np.array([0, 11, 12, 55]) * 10**9
    looks = [(at, slider.ring.total.tolist()) for at in slider.slide(times, _counts_of(np.array([1, 2, 3, 4])))]
    assert looks == [(1, [1, 1]), (3, [2, 5])]


@given(st.lists(st.floats(), min_size=1, max_size=50), st.sets(st.integers(0, 50), max_size=6), st.data())
def test_segments_add_up_to_any_cut(values, cuts, data):
    """However a batch is cut, the counts between two cuts are those of the rows between them."""
    reference = Reference.from_data({"x": [0.5, 1.5, 2.5]}, model="m")
    binning = Binning(reference)
    batch = binning.read(Columns(["x"], len(values), arrays=[values]), None, len(values))
    inside = {cut for cut in cuts if cut <= len(values)}
    ends = sorted({0, len(values), *inside})
    start, stop = sorted(data.draw(st.lists(st.sampled_from(ends), min_size=2, max_size=2, unique=True)))
    counts = SegmentCounts(binning, batch, inside)
    assert counts(slice(start, stop)).tolist() == binning.count(batch, np.arange(start, stop)).tolist()
