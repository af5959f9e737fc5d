from __future__ import annotations

import pytest

from driftmeter.drift import WindowByRows, WindowByTime
from driftmeter.drift.budget import LEAST_HALVINGS, MONTH_S, Budget, FixedChance


def _budget(window, *, interval_s=MONTH_S, shares=1, running_s=0.0):
    return Budget(interval_s, window, shares=shares, running_s=lambda: running_s)


def test_a_window_by_time_looks_once_per_pane():
    """A month has 5,760 panes of an hour's eighth; traffic does not matter."""
    budget = _budget(WindowByTime(3600))
    assert budget.looks(1) == budget.looks(10**9) == 5760
    assert 2.0 ** -budget.halvings(0) <= 1 / 5760


def test_few_looks_are_no_licence():
    """A page a month, looked at once a day: each look is still held to four standard errors."""
    assert _budget(WindowByTime(86_400, 1)).halvings(0) == LEAST_HALVINGS


def test_a_window_by_rows_looks_as_often_as_rows_come():
    """A row per second and panes of 250 rows: 10,368 looks a month."""
    budget = _budget(WindowByRows(2000), running_s=500_000.0)
    assert budget.looks(500_000) == pytest.approx(10_368)
    assert 2.0 ** -budget.halvings(500_000) <= 1 / 10_368


def test_windows_share_the_budget():
    """Each of four may have a quarter."""
    alone, one_of_four = (_budget(WindowByTime(60), shares=shares) for shares in (1, 4))
    assert one_of_four.halvings(0) == alone.halvings(0) + 2


def test_the_first_seconds_are_taken_for_an_hour():
    """A burst at the start does not make the traffic of a month."""
    assert _budget(WindowByRows(2000)).looks(2000) == _budget(WindowByRows(2000), running_s=3600.0).looks(2000)


def test_a_rarer_page_and_more_traffic_need_more_evidence():
    """Never less."""
    budgets = [_budget(WindowByRows(2000), interval_s=days * 86_400.0) for days in (1, 7, 30, 365)]
    halvings = [budget.halvings(rows) for budget in budgets for rows in (2000, 10**6, 10**9)]
    assert halvings[:3] == sorted(halvings[:3])
    assert [halvings[at] for at in (0, 3, 6, 9)] == sorted(halvings[at] for at in (0, 3, 6, 9))


@pytest.mark.parametrize("interval_s", [0.0, 59.0, -1.0, float("inf"), float("nan")])
def test_an_interval_that_is_none_is_refused(interval_s):
    """When the monitor is built."""
    with pytest.raises(ValueError, match="an interval of a minute or more"):
        _budget(WindowByRows(10), interval_s=interval_s)


@pytest.mark.parametrize("alpha", [0, 0.5, -1, float("nan"), "0.01", None])
def test_a_chance_that_is_none_is_refused(alpha):
    """With the value, whatever it is."""
    with pytest.raises(ValueError, match=f"alpha is {alpha!r}; a false-alarm probability lies between 0 and 0.5"):
        FixedChance(alpha)
