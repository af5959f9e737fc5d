from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.multivariate.grades import HIGHEST, Grader

FLOATS = st.lists(st.floats(), max_size=40)


@given(FLOATS, FLOATS)
def test_grades_rise_with_the_values_and_stay_within_bounds(sample, values):
    """For any sample and any values, infinities and denormals too; NaN stays NaN."""
    found = Grader.fit(np.array(sample))(np.array(values))
    missing = np.isnan(np.array(values))
    assert np.array_equal(np.isnan(found), missing)
    ordered = found[~missing][np.argsort(np.array(values)[~missing], kind="stable")]
    assert (np.diff(ordered) >= 0).all()
    assert np.array_equal(ordered, np.clip(np.rint(ordered), -HIGHEST, HIGHEST))


@pytest.mark.parametrize("draw", ["normal", "lognormal", "standard_cauchy"])
def test_grades_are_ranks(draw):
    """Within 1.5 of 200 steps of the middle rank, however heavy the tails."""
    values = getattr(np.random.default_rng(1), draw)(size=4000)
    ranks = (scipy.stats.rankdata(values) - 0.5) / values.size * 2 * HIGHEST - HIGHEST
    assert np.abs(Grader.fit(values)(values) - ranks).max() <= 3


def test_ties_share_the_middle_rank():
    values = np.array([0.0] * 60 + [1.0] * 20 + [5.0] * 20)
    assert Grader.fit(values)(np.array([0.0, 1.0, 5.0])).tolist() == [-40, 40, 80]


@pytest.mark.parametrize("sample", [[], [np.nan, np.inf], [3.0, 3.0]])
def test_without_spread_every_value_has_grade_zero(sample):
    assert Grader.fit(np.array(sample))(np.array([-1.0, 3.0, 9.0])).tolist() == [0, 0, 0]
