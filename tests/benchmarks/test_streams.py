"""What the study of false alarms counts, and what it counts it on."""

from __future__ import annotations

import math

import counting
import numpy as np
import pytest
import streams
from scipy import stats


@pytest.mark.parametrize("phi", [0.7, 0.95])
def test_a_chain_is_standard_normal_and_resembles_its_past_by_phi(phi):
    """So that only the dependence differs from the independent stream."""
    rows = streams.autocorrelated(phi)(np.random.default_rng(1), 200_000)[:, 0]
    assert rows.std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(rows[:-1], rows[1:])[0, 1] == pytest.approx(phi, abs=0.01)


def test_a_day_of_the_seasonal_stream_is_like_every_other_day():
    """Whole days have one distribution, parts of a day have not."""
    days = streams.seasonal(np.random.default_rng(2), 40 * streams.DAY_ROWS)[:, 0].reshape(40, streams.DAY_ROWS)
    assert stats.ks_2samp(days[0], days[1:].ravel()).pvalue > 0.01
    assert stats.ks_2samp(days[0, :500], days[1:].ravel()).pvalue < 1e-6


def test_categories_keep_their_shares_until_five_points_move():
    """The one shift of the study that has to find its rows by chance."""
    random = np.random.default_rng(3)
    rows = streams.categories(random, 100_000)
    moved = streams._move_share(rows, random)
    before, after = (np.bincount(each[:, 0].astype(int), minlength=10) / len(each) for each in (rows, moved))
    assert before == pytest.approx(streams.SHARES, abs=0.006)
    assert after - before == pytest.approx([-0.05, 0, 0, 0.05, 0, 0, 0, 0, 0, 0], abs=0.003)


def test_cases_are_the_same_every_time_and_hold_whole_windows():
    """Fixed seeds; the shift begins after two windows, in the third, and leaves room for five."""
    first, second = (streams.shift_cases(streams.SHORT) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        for stream, again in zip(one.streams, other.streams, strict=True):
            assert np.array_equal(stream.live, again.live)
            assert len(stream.live) % one.window == 0
            assert 2 * one.window <= stream.onset < 3 * one.window
            assert stream.onset + 5 * one.window <= len(stream.live)


def test_nothing_changes_before_the_onset():
    """One deviation up from the onset on, and not one row sooner."""
    [case] = [case for case in streams.shift_cases(streams.SHORT) if case.name == "mean + 1 sd | 2000"]
    before = np.concatenate([stream.live[: stream.onset] for stream in case.streams])
    after = np.concatenate([stream.live[stream.onset :] for stream in case.streams])
    assert before.mean() == pytest.approx(0, abs=0.05)
    assert after.mean() == pytest.approx(1, abs=0.05)


def test_a_window_has_an_alarm_where_any_column_reaches_its_limit():
    """One stream, three windows, two columns; no answer is no alarm."""
    verdict = counting.Windowed([[[0.5, 1.0], [0.9, 0.2], [math.nan, 2.0]]], 100)
    assert verdict.alarmed(None).tolist() == [[True, False, True]]
    assert verdict.alarmed(1.5).tolist() == [[False, False, True]]


def test_looks_of_a_sliding_window_count_for_the_window_that_they_end_in():
    """Looks after rows 100, 150, 200, 250: one in the first window, two in the second, one in the third."""
    verdict = counting.Windowed([[[0], [2], [0], [3]]], 100, step=50)
    assert verdict.alarmed(None).tolist() == [[False, True, True]]
    assert verdict.delays(None, [160], 100) == [90]
    assert verdict.alarmed(verdict.setting_for(1)).tolist() == [[False, False, True]]


@pytest.mark.parametrize("hits", [0, 1, 7, 400])
def test_a_tuned_limit_lets_exactly_so_many_windows_alarm(hits):
    """The same observed rate for everybody."""
    verdict = counting.Windowed(np.random.default_rng(4).random((10, 40, 3)), 100)
    assert verdict.alarmed(verdict.setting_for(hits)).sum() == min(hits, 399)


def test_an_alarm_that_stands_counts_in_every_window_that_it_touches():
    """Raised after row 150, cleared after row 320: windows 2, 3 and 4 of a hundred rows; an instant counts once."""
    verdict = counting.Spanned({1.0: [[(150, 320)], [(200, 200)], []]}, 1.0, rows=500, window=100)
    assert verdict.alarmed(None).tolist() == [
        [False, True, True, True, False],
        [False, True, False, False, False],
        [False] * 5,
    ]
    assert verdict.pages() == 2


def test_a_delay_runs_from_the_onset_to_the_end_of_the_window_or_the_row_that_spoke():
    """Infinite where nobody spoke; an alarm from before the onset is known when its window is over."""
    windowed = counting.Windowed([[[0], [0], [0], [2]], [[2], [0], [0], [0]]], 100)
    assert windowed.delays(None, [250, 250], 100) == [150, math.inf]
    spanned = counting.Spanned({1.0: [[(260, 300)], [(90, 100)], [(90, 900)]]}, 1.0, rows=400, window=100)
    assert spanned.delays(None, [250, 250, 250], 100) == [10, math.inf, 50]


def test_a_setting_is_the_loosest_that_is_quiet_enough_or_none():
    """Settings stand loosest first."""
    verdict = counting.Spanned({0.1: [[(10, 10), (110, 110)]], 0.01: [[(10, 10)]]}, 0.1, rows=200, window=100)
    assert verdict.setting_for(2) == 0.1
    assert verdict.setting_for(1) == 0.01
    assert math.isnan(verdict.setting_for(0))


def test_the_median_delay_is_infinite_unless_half_were_found():
    """Half found: the slowest of them."""
    assert counting.median_delay([3.0, 1.0, math.inf, math.inf]) == 3.0
    assert counting.median_delay([3.0, math.inf, math.inf]) == math.inf
    assert counting.found_within([3.0, 1.0, math.inf], 2) == (1, 3)


def test_the_interval_of_a_rate_is_wilsons():
    """Against scipy."""
    for hits, of in ((0, 400), (3, 400), (400, 400)):
        expected = stats.binomtest(hits, of).proportion_ci(method="wilson")
        assert counting.Rate(hits, of).interval() == pytest.approx((expected.low, expected.high), abs=1e-6)
