from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from driftmeter.stats.f_law import f_isf, f_logsf

DEGREES = [(0.5, 2.0), (1.0, 4.0), (3.7, 5.2), (9.0, 108.0), (13.0, 900.0), (104.0, 7000.0)]


@pytest.mark.parametrize(("numerator", "denominator"), DEGREES)
def test_the_tail_is_that_of_scipy(numerator, denominator):
    """On both sides of the mean, and where the probability is of the order of 1e-200."""
    x = np.geomspace(1e-3, 1e4, 200)
    expected = scipy_stats.f.logsf(x, numerator, denominator)
    told = expected > -500  # beyond, scipy's own value comes from an underflown probability
    assert f_logsf(x, numerator, denominator)[told] == pytest.approx(expected[told], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("numerator", "denominator"), DEGREES)
@pytest.mark.parametrize("log2_alpha", [-2, -7, -20, -64])
def test_the_quantile_gives_its_probability_back(numerator, denominator, log2_alpha):
    """To 1e-9 in the logarithm, unless it lies beyond what is told."""
    log_alpha = log2_alpha * np.log(2)
    quantile = f_isf(log_alpha, numerator, denominator)
    assert f_logsf(quantile, numerator, denominator) == pytest.approx(log_alpha, rel=1e-9)
    if log2_alpha > -50:
        assert quantile == pytest.approx(scipy_stats.f.isf(2.0**log2_alpha, numerator, denominator), rel=1e-6)


def test_arrays_are_solved_as_their_elements_are():
    """Whatever stands beside an element."""
    ones, twos = np.array(DEGREES).T
    together = f_isf(-14.0, ones, twos)
    assert together == pytest.approx([float(f_isf(-14.0, a, b)) for a, b in DEGREES], rel=1e-11)


def test_nothing_is_certain_to_be_exceeded_but_zero():
    """P(F > 0) is 1."""
    assert f_logsf([0.0, np.inf], 3.0, 5.0).tolist() == [0.0, -np.inf]


def test_a_probability_beyond_a_half_is_refused():
    """The solver walks the upper tail only."""
    with pytest.raises(ValueError, match="below a half"):
        f_isf(np.log(0.9), 3.0, 5.0)
