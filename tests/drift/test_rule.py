from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.budget import FixedChance
from driftmeter.drift.evaluation import Glance
from driftmeter.drift.limits import FLOOR, Limits
from driftmeter.drift.rule import BudgetRule
from driftmeter.stats.distances import log_ratio, psi_of
from driftmeter.stats.distances import shares as shares_of
from driftmeter.stats.hypothesis_tests import chi2_of
from driftmeter.stats.null import psi_threshold

ALPHA = 2.0**-20
N = 10_000


def _seen(psi, rows=1000, bins=10, chi2=1e9):
    psi = np.atleast_1d(np.asarray(psi, np.float64))
    return Glance(np.full(psi.size, rows), np.full(psi.size, bins), psi, np.full(psi.size, chi2))


def _n(seen):
    return np.full(seen.psi.size, N)


def _rule(alpha=ALPHA):
    return BudgetRule(Limits(), FixedChance(alpha))


UPPER = psi_threshold(N, 1000, 10, ALPHA)
LOWER = psi_threshold(N, 1000, 10, 2.0**-7)


def _judged(values, enough=True):
    """The alarm after each of some looks at one column."""
    rule = _rule()
    standing, alarms = rule.start(1), []
    for value in values:
        seen = _seen(value)
        standing = rule.judge(seen, _n(seen), np.array([enough]), standing, 0)
        alarms.append(bool(standing.alarms[0]))
    return alarms


def test_what_is_far_beyond_chance_alarms_at_once():
    """One look is enough where chance is out of the question."""
    assert _judged([1.6 * UPPER]) == [True]


def test_what_is_just_beyond_chance_alarms_at_the_second_of_three_looks():
    """A single grazing look is no alarm, and two that are too far apart are none."""
    over, under = 1.1 * UPPER, 0.9 * UPPER
    assert _judged([over, over]) == [False, True]
    assert _judged([over, under, over]) == [False, False, True]
    assert _judged([over, under, under, over]) == [False] * 4


def test_an_alarm_stays_until_chance_would_do():
    """Between the two limits nothing changes."""
    between = (UPPER + LOWER) / 2
    assert _judged([2 * UPPER, between, between, 0.9 * LOWER, between]) == [True, True, True, False, False]


def test_too_few_rows_change_nothing():
    """Neither raise nor clear."""
    assert _judged([9.0], enough=False) == [False]
    rule, loud, calm = _rule(), _seen(9.0), _seen(0.0)
    raised = rule.judge(loud, _n(loud), np.array([True]), rule.start(1), 0)
    assert rule.judge(calm, _n(calm), np.array([False]), raised, 0).alarms.tolist() == [True]


def test_a_constant_that_stays_is_never_drift():
    """One bin has nothing to differ in."""
    assert not _rule().look(_seen(0.0, bins=1, chi2=0.0), np.array([N]), np.array([True]), 0).beyond[0]


def test_a_trifle_is_no_alarm_however_sure_it_is():
    """A million rows prove a shift of a hundredth of a standard deviation; nobody wants to be woken for it."""
    seen = _seen([0.9 * FLOOR, 1.1 * FLOOR], rows=10**7)
    verdict = _rule().look(seen, np.full(2, 10**7), np.array([True, True]), 0)
    assert verdict.beyond.tolist() == [False, True]
    assert verdict.limits == pytest.approx([FLOOR, FLOOR], rel=0.01)


def test_the_told_limit_is_the_one_that_decided():
    """A column is beyond it if and only if it is told as drifted, also where chi-square was what held it back."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        psi = rng.gamma(2, 0.03, 12)
        seen = _seen(psi)._replace(chi2=rng.gamma(2, 30, 12))
        verdict = _rule(0.01).look(seen, _n(seen), np.ones(12, np.bool_), 0)
        assert (verdict.beyond == (psi > verdict.limits)).all()


def test_chi_square_must_agree():
    """With rare bins PSI alone claims too much."""
    sure, doubtful = _seen(2 * UPPER), _seen(2 * UPPER, chi2=30.0)
    assert _rule().look(sure, _n(sure), np.array([True]), 0).beyond[0]
    assert not _rule().look(doubtful, _n(doubtful), np.array([True]), 0).beyond[0]


def test_columns_that_drift_together_need_less_each():
    """Benjamini and Hochberg: eight of eight at the level that one alone would need for itself."""
    value = psi_threshold(N, 1000, 10, ALPHA) * 1.001
    some, all_ = _seen([value] * 4 + [0.0] * 4), _seen([value] * 8)
    ready = np.ones(8, np.bool_)
    assert not _rule().look(some, _n(some), ready, 0).beyond.any()
    assert _rule().look(all_, _n(all_), ready, 0).beyond.all()


def test_a_standing_alarm_does_not_loosen_the_limits_of_the_others():
    """Else a drift that stays would bring false pages for as long as it stays."""
    rule, ready = _rule(), np.ones(8, np.bool_)
    loud = _seen([9.0] * 7 + [0.0])
    raised = rule.judge(loud, _n(loud), ready, rule.start(8), 0)
    assert raised.alarms.tolist() == [True] * 7 + [False]
    after = rule.judge(loud, _n(loud), ready, raised, 0)
    assert after.thresholds[7] > raised.thresholds[7]
    assert after.alarms.tolist() == raised.alarms.tolist()


def test_a_side_without_rows_is_held_against_nothing():
    """Its limit is infinite, its distance not a number, and neither warns."""
    seen = Glance(np.array([0, 1000]), np.array([10, 10]), np.array([np.nan, 9.0]), np.array([np.nan, 1e9]))
    verdict = _rule().look(seen, np.array([N, N]), np.array([True, True]), 0)
    assert verdict.beyond.tolist() == [False, True]
    assert verdict.limits[0] == np.inf


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1e-6, float("nan")])
def test_a_probability_outside_its_range_is_refused(alpha):
    """When the rule is built, not when rows come."""
    with pytest.raises(ValueError, match="alpha"):
        FixedChance(alpha)


SHARES = {
    "ten equal bins": [0.1] * 10,
    "a binary column of one per cent": [0.01, 0.99],
    "ten bins of a tenth of a per cent": [0.001] * 10 + [0.99],
    "many rare labels": (1 / np.arange(1, 60)).tolist(),
}


@pytest.mark.slow
@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES.keys())
def test_undrifted_looks_are_beyond_their_limits_at_most_as_often_as_stated(shares):
    """40,000 looks at 1,000 rows, at 2^-8: the binomial's 4 sigma over it, with common and with rare bins."""
    rng, p = np.random.default_rng(6), np.array(shares) / np.sum(shares)
    reference, live = rng.multinomial(N, p, 40_000), rng.multinomial(1000, p, 40_000)
    filled = (reference + live) > 0
    a, b = shares_of(reference + 0.5 * filled), shares_of(live + 0.5 * filled)
    seen = Glance(live.sum(1), filled.sum(1), psi_of(a, b, log_ratio(a, b)), chi2_of(reference, live)[0])
    rule = BudgetRule(Limits(), FixedChance(0.5**8))
    limits = rule._guarded((8,), seen, reference.sum(1))[0]
    expected = 40_000 / 2**8
    assert (seen.psi > limits).sum() <= expected + 4 * np.sqrt(expected)


def test_a_p_value_is_never_told_as_nothing():
    """A chance below 1e-300 is told as 1e-300."""
    seen = _seen(50.0, rows=10**6)
    assert Limits().p_value(seen, np.array([10**6]), 0) == 1e-300


@given(
    st.lists(st.lists(st.floats(0, 3), min_size=5, max_size=5), min_size=1, max_size=4),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
)
def test_calm_looks_leave_what_looks_one_by_one_do(psi, standing_against, natural):
    """Several at once: the same standing where it is calm, and no calm where any of them tells of anything."""
    limits = Limits(_Nature(), 1.0) if natural else Limits()
    rule, n = BudgetRule(limits, FixedChance(ALPHA)), np.full(5, N)
    seen = Glance(*(np.stack(each) for each in zip(*(_seen(np.array(look) * UPPER / 2) for look in psi), strict=True)))
    before = rule.start(5)
    if standing_against is not None:
        before.suspects[standing_against] = 1
    after, beyond = before, standing_against is not None
    for at in range(len(psi)):
        beyond |= bool(rule.look(seen.at(at), n, np.ones(5, bool), 0).beyond.any())
        after = rule.judge(seen.at(at), n, np.ones(5, bool), after, 0)
    calm = rule.calm(seen, n, before, [0] * len(psi))
    assert not (beyond and calm)
    if calm:
        for told, expected in zip(calm, after, strict=True):
            np.testing.assert_array_equal(told, expected)
    elif standing_against is None:
        assert max(map(max, psi)) > 1  # of half its limit


class _Nature:
    """Stands for a reference whose columns vary by themselves, each more than the one before."""

    columns = 5

    def limits(self, log_alphas, length, spread, *, sides):
        return -log_alphas[:, None] * spread * np.arange(1, 6) * sides / length
