from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats import chi2, hellinger, js_distance, kl, linf, psi, total_variation

ALL = [psi, kl, js_distance, hellinger, total_variation, linf]
pairs = st.integers(1, 30).flatmap(
    lambda bins: st.tuples(*[st.lists(st.integers(0, 10**6), min_size=bins, max_size=bins).filter(any)] * 2)
)


def smooth(counts, prior):
    return (counts + prior) / (counts.sum() + prior * counts.size)


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("prior", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("base", [None, 2, 10])
def test_kl_equals_scipy_entropy_in_its_argument_order(counts, prior, base):
    reference, live = counts
    expected = scipy.stats.entropy(smooth(reference, prior), smooth(live, prior), base=base)
    assert kl(reference, live, base=base, prior=prior) == near(expected)


@pytest.mark.parametrize("prior", [0.0, 0.5])
def test_psi_is_the_sum_of_both_kl_directions(counts, prior):
    reference, live = counts
    p, q = smooth(reference, prior), smooth(live, prior)
    assert psi(reference, live, prior=prior) == near(scipy.stats.entropy(p, q) + scipy.stats.entropy(q, p))


@pytest.mark.parametrize("base", [None, 2])
def test_js_distance_equals_scipy(counts, base):
    assert js_distance(*counts, base=base) == near(scipy.spatial.distance.jensenshannon(*counts, base=base))


def test_hellinger_equals_its_bhattacharyya_form(counts):
    p, q = (side / side.sum() for side in counts)
    assert hellinger(*counts) ** 2 == pytest.approx(1 - np.sqrt(p * q).sum(), rel=1e-12, abs=1e-15)


def test_total_variation_and_linf_equal_scipy_metrics(counts):
    p, q = (side / side.sum() for side in counts)
    assert total_variation(*counts) == near(scipy.spatial.distance.cityblock(p, q) / 2)
    assert linf(*counts) == near(scipy.spatial.distance.chebyshev(p, q))


def test_psi_of_a_known_example():
    """The textbook sum, without pseudo-counts."""
    assert psi([50, 50], [25, 75], prior=0) == near(0.25 * math.log(3))


def test_a_bin_that_is_empty_on_one_side_is_infinite_only_without_a_prior():
    assert psi([10, 0], [5, 5], prior=0) == math.inf
    assert kl([10, 10], [10, 0], prior=0) == math.inf
    assert 0 < psi([10, 0], [5, 5]) < 3


@pytest.mark.parametrize("distance", ALL)
def test_distances_are_plain_floats(distance):
    assert type(distance([1, 2], [2, 1])) is float


@pytest.mark.parametrize("distance", [js_distance, hellinger, total_variation, linf])
def test_an_empty_side_has_no_distance(distance):
    assert math.isnan(distance([0, 0], [1, 2]))
    assert math.isnan(distance([1, 2], [0, 0]))


@pytest.mark.parametrize("distance", [psi, kl])
def test_a_prior_makes_an_empty_side_uniform(distance):
    assert distance([0, 0], [3, 3]) == 0
    assert math.isnan(distance([0, 0], [3, 3], prior=0))
    assert math.isnan(distance([3, 3], [0, 0], prior=0))


@given(pairs)
def test_distances_are_zero_for_equal_shares_and_bounded_otherwise(pair):
    reference, live = pair
    doubled = [2 * n for n in reference]
    for distance in (js_distance, hellinger, total_variation, linf):
        assert distance(reference, doubled) == pytest.approx(0, abs=1e-15)
        assert 0 <= distance(reference, live) <= 1 + 1e-12
        assert distance(reference, live) == pytest.approx(distance(live, reference), abs=1e-12)


@given(pairs)
def test_psi_is_symmetric_and_never_negative(pair):
    reference, live = pair
    assert psi(reference, live) >= 0
    assert psi(reference, live) == pytest.approx(psi(live, reference), rel=1e-12)


@pytest.mark.parametrize("distance", ALL)
@pytest.mark.parametrize(("reference", "live"), [([1, 2], [1, 2, 3]), ([[1, 2]], [[1, 2]]), ([], [])])
def test_counts_that_do_not_match_are_refused(distance, reference, live):
    with pytest.raises(ValueError, match="counts are two 1-D arrays"):
        distance(reference, live)


@pytest.mark.parametrize("distance", [*ALL, chi2])
@pytest.mark.parametrize("count", [-1, math.nan, math.inf])
def test_what_is_no_count_is_refused(distance, count):
    """Most distances would be nan, and some a number above their bound."""
    with pytest.raises(ValueError, match=f"live has {count:g} among its counts"):
        distance([3, 4], [5, count])


@pytest.mark.parametrize("prior", [-0.5, math.nan, math.inf])
def test_a_prior_below_zero_is_refused(prior):
    with pytest.raises(ValueError, match="prior is"):
        psi([1], [1], prior=prior)


@pytest.mark.parametrize("base", [0, 1, -2])
def test_a_base_that_is_none_is_refused(base):
    with pytest.raises(ValueError, match="base is"):
        kl([1], [1], base=base)
