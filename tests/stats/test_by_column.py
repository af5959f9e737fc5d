from __future__ import annotations

import numpy as np
import pytest

from driftmeter.stats import by_column, distances
from driftmeter.stats.hypothesis_tests import chi2, ks_counts
from driftmeter.stats.transport import wasserstein_counts


@pytest.fixture
def ragged() -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Forty columns of 1 to 12 bins, some of them empty, padded; with how many bins each has."""
    rng = np.random.default_rng(7)
    bins = rng.integers(1, 13, 40).tolist()
    sides = [[rng.multinomial(n, rng.dirichlet(np.ones(b))) for b in bins] for n in (5000, 80)]
    padding = by_column.Padding(bins)
    reference, live = (padding(np.concatenate(side)) for side in sides)
    live[3] = 0
    reference[4] = 0
    return reference, live, bins


@pytest.mark.parametrize("prior", [0.0, 0.5])
def test_every_distance_equals_that_of_the_column_alone(ragged, prior):
    reference, live, bins = ragged
    found = by_column.distances(reference, live, np.array(bins), prior=prior)
    for j, b in enumerate(bins):
        p, q = reference[j, :b], live[j, :b]
        expected = by_column.Distances(
            psi=distances.psi(p, q, prior=prior),
            kl=distances.kl(p, q, prior=prior),
            kl_reverse=distances.kl(q, p, prior=prior),
            js=distances.js_distance(p, q),
            hellinger=distances.hellinger(p, q),
            total_variation=distances.total_variation(p, q),
            linf=distances.linf(p, q),
        )
        np.testing.assert_allclose([field[j] for field in found], expected, rtol=1e-12, atol=1e-14)


def test_one_number_of_bins_holds_for_all_columns():
    counts = np.array([[5, 5], [1, 9]])
    assert by_column.distances(counts, counts[::-1], 2).psi[0] == pytest.approx(distances.psi([5, 5], [1, 9]))


def test_chi2_equals_that_of_the_column_alone(ragged):
    reference, live, bins = ragged
    found = by_column.chi2(reference, live)
    for j, b in enumerate(bins):
        expected = chi2(reference[j, :b], live[j, :b])
        np.testing.assert_allclose([field[j] for field in found], expected, rtol=1e-12)


def test_counts_of_billions_do_not_overflow(counts):
    """A million times the rows with the same shares are a million times the chi-square."""
    reference, live = (np.array([side]) * 1_000_000 for side in counts)
    expected = 1e6 * chi2(*counts).statistic
    assert by_column.chi2(reference, live).statistic[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_ks_and_wasserstein_equal_those_of_the_column_alone(ragged):
    reference, live, _ = ragged
    widths = np.linspace(0.1, 4, len(reference))
    found = by_column.Cells(reference, widths).compare(live)
    for j, width in enumerate(widths):
        edges = width * np.arange(reference.shape[1] + 1)
        expected = [*ks_counts(reference[j], live[j]), wasserstein_counts(reference[j], live[j], edges)]
        np.testing.assert_allclose([field[j] for field in found], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    "statistic",
    [lambda p, q: by_column.distances(p, q, 2), by_column.chi2, lambda p, q: by_column.Cells(p, p[:, 0]).compare(q)],
    ids=["distances", "chi2", "cells"],
)
def test_lines_that_do_not_match_are_refused(statistic):
    with pytest.raises(ValueError, match="both are"):
        statistic(np.ones((2, 3), int), np.ones((3, 3), int))
    with pytest.raises(ValueError, match="both are"):
        statistic(np.ones((2, 3), int), np.ones(3, int))
