from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats

from driftmeter.stats.special import (
    chi2_isf,
    chi2_sf,
    kolmogorov_isf,
    kolmogorov_logsf,
    kolmogorov_sf,
    normal_sf,
)

ALPHAS = [0.999, 0.9, 0.5, 0.05, 1e-3, 1e-10, 1e-50, 1e-150, 1e-300]


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 9, 10, 19, 20, 99, 200, 501])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_chi_square_tail_and_quantile_equal_scipy_down_to_1e_minus_300(dof, alpha):
    x = scipy.stats.chi2.isf(alpha, dof)
    assert float(chi2_sf(x, dof)) == pytest.approx(scipy.stats.chi2.sf(x, dof), rel=1e-12)
    assert chi2_isf(alpha, dof) == pytest.approx(x, rel=1e-12)


def test_chi_square_tail_stays_accurate_at_thousands_of_levels():
    assert float(chi2_sf(9000.0, 8000)) == pytest.approx(scipy.stats.chi2.sf(9000.0, 8000), rel=1e-10)


def test_chi_square_quantile_is_found_where_the_density_underflows():
    alpha = 1.2654938858379968e-140  # one at which a step is halved to far below the mean
    assert chi2_isf(alpha, 20_000) == pytest.approx(scipy.stats.chi2.isf(alpha, 20_000), rel=1e-10)


def test_chi_square_tail_takes_arrays_of_mixed_degrees():
    x, dof = np.array([0.5, 30.0, 3.0, 700.0]), np.array([3, 4, 7, 1])
    np.testing.assert_allclose(chi2_sf(x, dof), scipy.stats.chi2.sf(x, dof), rtol=1e-12)


def test_chi_square_tail_is_defined_at_the_borders():
    """Nothing exceeds infinity, everything exceeds less than 0, no degrees of freedom leave the constant 0."""
    np.testing.assert_array_equal(
        chi2_sf([np.inf, -1.0, 0.0, 0.0, 1.0, np.nan], [3, 3, 3, 0, 0, 3]), [0, 1, 1, 1, 0, np.nan]
    )
    assert chi2_isf(0.05, 0) == 0


@pytest.mark.parametrize("x", [0.05, 0.1, 0.3, 0.5, 0.79, 0.8, 0.81, 1, 1.5, 2, 5, 10, 15, 18.5])
def test_kolmogorov_tail_equals_scipy(x):
    assert kolmogorov_sf(x) == pytest.approx(scipy.special.kolmogorov(x), rel=1e-12)
    assert kolmogorov_logsf(x) == pytest.approx(math.log(scipy.special.kolmogorov(x)), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_kolmogorov_quantile_equals_scipy(alpha):
    assert kolmogorov_isf(alpha) == pytest.approx(scipy.special.kolmogi(alpha), rel=1e-12)


def test_kolmogorov_tail_is_defined_everywhere():
    assert [kolmogorov_sf(x) for x in (-1.0, 0.0, 1e-300, 40.0, math.inf)] == [1, 1, 1, 0, 0]
    assert math.isnan(kolmogorov_sf(math.nan))


@pytest.mark.parametrize("z", [-5, 0, 1, 5, 20, 37])
def test_normal_tail_equals_scipy(z):
    assert normal_sf(z) == pytest.approx(scipy.stats.norm.sf(z), rel=1e-12)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, math.nan])
@pytest.mark.parametrize("quantile", [lambda alpha: chi2_isf(alpha, 3), kolmogorov_isf])
def test_an_impossible_probability_is_refused(quantile, alpha):
    with pytest.raises(ValueError, match="alpha is"):
        quantile(alpha)


def test_negative_degrees_of_freedom_are_refused():
    with pytest.raises(ValueError, match="dof is -1"):
        chi2_isf(0.05, -1)
