from __future__ import annotations

import numpy as np
import pytest

from driftmeter.drift.alarms import NullLawRule
from driftmeter.drift.evaluation import Glance
from driftmeter.stats.null import psi_threshold

N = np.array([10_000])
ENOUGH = np.array([True])
UPPER = psi_threshold(10_000, 1000, 10, 1e-6)
LOWER = psi_threshold(10_000, 1000, 10, 0.01)


def _judged(values, enough=ENOUGH):
    """The alarm after each of some looks at one column."""
    rule = NullLawRule()
    standing, alarms = rule.start(1), []
    for value in values:
        seen = Glance(np.array([1000]), np.array([10]), np.array([value]))
        standing = rule.judge(seen, N, enough, standing)
        alarms.append(bool(standing.alarms[0]))
    return alarms


def test_what_is_far_beyond_chance_alarms_at_once():
    """One look is enough where chance is out of the question."""
    assert _judged([1.6 * UPPER]) == [True]


def test_what_is_just_beyond_chance_alarms_at_the_second_look():
    """A single grazing look is no alarm, and two that are not in a row are none."""
    assert _judged([1.1 * UPPER, 1.1 * UPPER]) == [False, True]
    assert _judged([1.1 * UPPER, 0.9 * UPPER, 1.1 * UPPER]) == [False, False, False]


def test_an_alarm_stays_until_chance_would_do():
    """Between the two limits nothing changes."""
    between = (UPPER + LOWER) / 2
    assert _judged([2 * UPPER, between, between, 0.9 * LOWER, between]) == [True, True, True, False, False]


def test_too_few_rows_change_nothing():
    """Neither raise nor clear."""
    assert _judged([9.0], enough=np.array([False])) == [False]
    rule = NullLawRule()
    seen = Glance(np.array([1000]), np.array([10]), np.array([9.0]))
    raised = rule.judge(seen, N, ENOUGH, rule.start(1))
    calm = seen._replace(psi=np.array([0.0]))
    assert rule.judge(calm, N, np.array([False]), raised).alarms.tolist() == [True]


def test_one_bin_is_never_drift():
    """A constant that stays the same has nothing to differ in."""
    rule = NullLawRule()
    seen = Glance(np.array([1000]), np.array([1]), np.array([0.0]))
    assert rule.judge(seen, N, ENOUGH, rule.start(1)).alarms.tolist() == [False]


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1e-6, float("nan")])
def test_a_probability_outside_its_range_is_refused(alpha):
    """When the rule is built, not when rows come."""
    with pytest.raises(ValueError, match="alpha"):
        NullLawRule(alpha)


def test_undrifted_windows_are_beyond_the_limit_as_often_as_stated():
    """20,000 windows of 1,000 rows over ten equal bins, at 1 %: the binomial's 5 sigma around it."""
    rng = np.random.default_rng(6)
    live = rng.multinomial(1000, [0.1] * 10, size=20_000)
    reference = rng.multinomial(100_000, [0.1] * 10, size=20_000)
    p, q = (reference + 0.5) / 100_005, (live + 0.5) / 1005
    values = ((p - q) * np.log(p / q)).sum(axis=1)
    rule = NullLawRule(0.01)
    seen = Glance(np.full(20_000, 1000), np.full(20_000, 10), values)
    beyond = values > rule.thresholds(seen, np.full(20_000, 100_000))
    assert abs(beyond.sum() - 200) < 5 * np.sqrt(200)
