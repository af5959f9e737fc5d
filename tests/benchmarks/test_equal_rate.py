"""How two rules are held against each other at one rate of false alarms, and how sure of it the study may be."""

from __future__ import annotations

import math

import counting
import delays
import equal_rate
import independent
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftmeter.drift.budget import Budget

RATES = np.array([8.0, 2.0, 0.5])
DELAYS = np.array([[100.0, 10.0], [200.0, 14.0], [400.0, 20.0]])


def _found(false, delays):
    return equal_rate.Found([f"setting {place}" for place in range(len(false))], np.array(false), np.array(delays))


def _drawn(seed, *, streams=400, slower=0.0):
    """Three settings that alarm once in 2, 8 and 32 streams, and find two shifts the later the rarer they alarm."""
    random = np.random.default_rng(seed)
    false = random.poisson([[1 / 2], [1 / 8], [1 / 32]], (3, streams))
    delays = random.gamma(4, DELAYS[..., None] / 4, (3, 2, 1_000)) + slower
    return _found(false, delays)


def test_at_its_own_rates_a_rule_has_its_own_delays_and_between_them_what_lies_between():
    """A rate twice and half of its neighbours' lies in their middle: rates are told by their logarithms."""
    assert np.allclose(equal_rate.at_rates(RATES, DELAYS, RATES), DELAYS)
    assert np.allclose(equal_rate.at_rates(RATES, DELAYS, np.array([4.0, 1.0])), [[150, 12], [300, 17]])


def test_beyond_its_settings_only_what_favours_the_rule_stands():
    """Rarer alarms take no less time than its rarest do; looser ones might be sooner by any measure."""
    at = equal_rate.at_rates(RATES, DELAYS, np.array([0.01, 100.0]))
    assert at[0].tolist() == [400, 20]
    assert np.isnan(at[1]).all()


@given(st.lists(st.floats(1e-3, 8.0), min_size=2, max_size=8), st.permutations(range(3)))
def test_a_rarer_alarm_is_never_sooner_where_the_settings_say_so(wanted, order):
    """In whatever order the settings stand."""
    asked = np.sort(wanted)
    at = equal_rate.at_rates(RATES[order], DELAYS[order], asked)
    assert (np.diff(at, axis=0) <= 1e-9).all()
    assert ((at >= DELAYS.min(axis=0) - 1e-9) & (at <= DELAYS.max(axis=0) + 1e-9)).all()


@given(st.lists(st.one_of(st.integers(1, 50).map(float), st.just(math.inf)), min_size=1, max_size=30))
def test_the_median_is_that_of_the_tables_by_window(delays):
    """Infinite unless half were found."""
    assert equal_rate.medians(np.array([[delays]]))[0, 0] == counting.median_delay(delays)


def test_a_rule_is_neither_sooner_nor_later_than_itself():
    """Both are shown the same streams in every draw, so that nothing is left to chance."""
    found = _drawn(1)
    later = equal_rate.compared(found, found, 1_000, draws=50).later
    assert np.allclose(later, 0)


def test_what_is_slower_by_so_many_rows_is_found_to_be_and_what_cannot_be_told_apart_is_not():
    """Ten rows are much for the second shift and little for the first."""
    slow, quick = _drawn(2, slower=10), _drawn(3)
    outcome = equal_rate.compared(slow, quick, 1_000, draws=300)
    assert (outcome.later.low[1] < 10).all()
    assert (outcome.later.high[1] > 10).all()
    assert equal_rate.verdict(outcome, (1, 1)) == "later"
    assert equal_rate.verdict(outcome, (1, 0)) == "not told apart"
    assert equal_rate.verdict(equal_rate.compared(quick, slow, 1_000, draws=300), (1, 1)) == "sooner"


def test_a_rule_that_never_alarmed_has_no_rate_to_compare_at():
    """However late or soon it is."""
    silent = _drawn(4)
    silent.false[2] = 0
    outcome = equal_rate.compared(silent, _drawn(5, slower=1_000), 1_000, draws=50)
    assert equal_rate.verdict(outcome, (2, 1)) == "at an unknown rate"
    assert equal_rate.verdict(outcome, (1, 1)) == "sooner"


def test_intervals_are_those_of_theory_where_theory_has_them():
    """Garwood's (1936) of a Poisson rate and the binomial one of a median, which know the law; these do not."""
    found = _drawn(6, streams=2_000)
    outcome = equal_rate.compared(found, found, 1_000, draws=1_000)
    count = found.false[0].sum()
    exact = np.array([stats.chi2.ppf(0.025, 2 * count), stats.chi2.ppf(0.975, 2 * count + 2)]) / 2 / 2.0
    assert [outcome.our_rates.low[0], outcome.our_rates.high[0]] == pytest.approx(exact, rel=0.03)
    low, high = (int(stats.binom.ppf(tail, 1_000, 0.5)) for tail in (0.025, 0.975))
    ordered = np.sort(found.delays[0, 0])
    assert outcome.our_delays.low[0, 0] == pytest.approx(ordered[low], rel=0.02)
    assert outcome.our_delays.high[0, 0] == pytest.approx(ordered[high], rel=0.02)


def test_alarms_that_come_together_are_worth_less():
    """Twenty alarms of one stream tell less of a rate than one each of twenty."""
    delays = np.ones((1, 1, 10))
    alone, together = np.zeros((1, 100), np.int64), np.zeros((1, 100), np.int64)
    alone[0, :20], together[0, 0] = 1, 20
    rates = [
        equal_rate.compared(_found(each, delays), _found(each, delays), 1_000, draws=500).our_rates
        for each in (alone, together)
    ]
    assert rates[0].value == rates[1].value
    assert rates[0].low > rates[1].low
    assert rates[0].high < rates[1].high


def test_streams_shift_from_their_onset_on_and_are_the_same_for_everyone():
    """The onset lies in the fifth thousand; the rows ahead of it do not know the shift."""
    stream, again = independent.to_shift(7), independent.to_shift(7)
    assert np.array_equal(stream.reference, again.reference)
    assert 4_000 <= stream.onset < 5_000
    assert len(stream.live) - stream.onset > independent.AFTER_ROWS
    moved = independent.shifted(stream, 0.5) - again.live
    assert (moved[: stream.onset] == 0).all()
    assert np.allclose(moved[stream.onset :], 0.5)


def test_every_stream_has_rows_of_its_own():
    """What is counted on one is independent of what is counted on another."""
    drawn = [independent.quiet(0, 500), independent.quiet(1, 500), independent.to_shift(0), independent.to_shift(1)]
    firsts = {float(part[0, 0]) for stream in drawn for part in (stream.reference, stream.live)}
    assert len(firsts) == 8


def test_what_a_look_is_asked_for_has_settled_before_anything_shifts(monkeypatch):
    """Else delays would be told at other limits than rates: a clock that is ahead makes traffic look thin."""
    asked, settle = set(), Budget.halvings

    def noted(budget, rows):
        halvings = settle(budget, rows)
        if rows > independent.BEFORE_ROWS:
            asked.add((budget._window, halvings))
        return halvings

    monkeypatch.setattr(Budget, "halvings", noted)
    stream = independent.to_shift(0)
    known = delays.references(stream.reference)
    for setting in delays.SETTINGS:
        asked.clear()
        assert list(delays.raised(known[setting.timed], np.tile(stream.live, (3, 1)), setting.days)) == []
        assert len(asked) == len({window for window, _ in asked}) == 2
