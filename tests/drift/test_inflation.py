from __future__ import annotations

import math

import numpy as np
import pytest

from driftmeter.drift import Reference
from driftmeter.drift.inflation import Inflation, inflation, no_inflation
from driftmeter.drift.scores import VALUES, Scores

ROWS, DAY = 16_000, 250


def _learnt(rows):
    reference = Reference.from_data({"x": rows, "t": np.arange(len(rows))}, model="m", columns=["x"], time="t")
    scores = Scores(list(reference.columns.values()))
    laws = scores.laws([column.counts for column in reference.columns.values()])
    mean = laws[:1] @ VALUES
    return inflation(scores.by_bin[:1], mean, laws[:1] @ VALUES**2 - mean**2, [reference.variation.counts["x"]])


def _days(share, seed=1):
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=ROWS // DAY).repeat(DAY)
    return math.sqrt(share) * weather + math.sqrt(1 - share) * rng.normal(size=ROWS)


def test_references_of_independent_rows_are_nearly_all_alike():
    """Their panes differ by chance; what is asked for does not, and is never less than if nothing had been said."""
    asked = [float(_learnt(_days(0.0, seed)).evidence(10.0)[0]) for seed in range(200)]
    usual = float(Inflation(np.ones(1), np.array([63.0])).evidence(10.0)[0])
    assert asked.count(usual) >= 0.8 * len(asked)
    assert min(asked) >= 10.0


def test_rows_that_share_a_day_are_inflated_as_much_as_their_means():
    """A mean of 250 rows of which a tenth of the variance is shared varies 1 + 249/10 times as much."""
    factors = [float(_learnt(_days(0.1, seed)).factor[0]) for seed in range(10)]
    assert np.median(factors) == pytest.approx(25.9, rel=0.25)


def test_more_is_asked_where_less_is_known():
    """And the same where all is known."""
    assert no_inflation(1).evidence(10.0).tolist() == [10.0]
    few, many = (Inflation(np.ones(1), np.array([freedom])).evidence(10.0)[0] for freedom in (8.0, 1e6))
    assert many == pytest.approx(10.0, rel=1e-3)
    assert few == pytest.approx(4 * math.expm1(2.5))
