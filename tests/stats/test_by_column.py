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


DISTANCES = {
    "psi": distances.psi,
    "kl": distances.kl,
    "kl_reverse": lambda p, q: distances.kl(q, p),
    "js": distances.js_distance,
    "hellinger": distances.hellinger,
    "total_variation": distances.total_variation,
    "linf": distances.linf,
    "chi2": lambda p, q: chi2(p, q).statistic,
}


@pytest.mark.parametrize("name", DISTANCES)
def test_every_distance_equals_that_of_the_column_alone(ragged, name):
    """On the bins that either side has filled; with empty sides among them."""
    reference, live, bins = ragged
    beside = by_column.Bins(reference).beside(live)
    for j in range(len(bins)):
        filled = (reference[j] + live[j]) > 0
        expected = DISTANCES[name](reference[j, filled], live[j, filled])
        np.testing.assert_allclose(getattr(beside, name)()[j], expected, rtol=1e-12, atol=1e-14)


def test_rows_and_filled_bins_are_told(ragged):
    """What the laws of the statistics need."""
    reference, live, _ = ragged
    beside = by_column.Bins(reference).beside(live)
    assert beside.rows.tolist() == live.sum(axis=1).tolist()
    assert beside.bins.tolist() == np.count_nonzero(reference + live, axis=1).tolist()


def test_equal_shares_are_no_distance(counts):
    """Exactly none, where counting and dividing allow: three times the rows are the same column."""
    reference = np.array([counts[0]])
    same, thrice = (by_column.Bins(reference).beside(times * reference) for times in (1, 3))
    assert same.psi() == same.kl() == same.js() == same.hellinger() == same.linf() == 0
    assert thrice.chi2() == 0


def test_columns_without_any_row_say_nothing():
    """Neither a number nor a warning."""
    empty = by_column.Bins(np.zeros((1, 3), int)).beside(np.zeros((1, 3), int))
    assert all(np.isnan(getattr(empty, name)()).all() for name in DISTANCES)


def test_counts_of_billions_do_not_overflow(counts):
    """A million times the rows with the same shares are a million times the chi-square."""
    reference, live = (np.array([side]) * 1_000_000 for side in counts)
    expected = 1e6 * chi2(*counts).statistic
    assert by_column.Bins(reference).beside(live).chi2()[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_ks_and_wasserstein_equal_those_of_the_column_alone(ragged):
    reference, live, _ = ragged
    widths = np.linspace(0.1, 4, len(reference))
    cells = by_column.Cells(reference, widths)
    found = cells.compare(live)
    p_values = cells.ks_pvalues(found)
    for j, width in enumerate(widths):
        edges = width * np.arange(reference.shape[1] + 1)
        expected = [*ks_counts(reference[j], live[j]), wasserstein_counts(reference[j], live[j], edges)]
        np.testing.assert_allclose([found.ks[j], p_values[j], found.wasserstein[j]], expected, rtol=1e-11, atol=1e-14)


def test_more_columns_than_are_compared_at_once_leave_no_seam():
    """Every column as if it were alone."""
    rng = np.random.default_rng(8)
    reference, live = rng.poisson(3, (2 * by_column.AT_ONCE + 1, 50)), rng.poisson(4, (2 * by_column.AT_ONCE + 1, 50))
    found = by_column.Cells(reference, np.ones(len(reference))).compare(live)
    alone = [by_column.Cells(p[None], np.ones(1)).compare(q[None]) for p, q in zip(reference, live, strict=True)]
    np.testing.assert_array_equal(found.ks, [each.ks[0] for each in alone])
    np.testing.assert_array_equal(found.wasserstein, [each.wasserstein[0] for each in alone])


@pytest.mark.parametrize("rows", [by_column.LANE - 1, by_column.LANE, 2**40])
@pytest.mark.parametrize("columns", [1, 2, 5])
def test_so_many_rows_that_two_sums_may_not_fit_into_one_number_are_counted_right(rows, columns):
    """All in one cell of each column, next to all in another one."""
    reference, live = np.zeros((2, columns, 4), np.int64)
    reference[:, 0], live[:, 3] = rows, np.arange(rows - columns + 1, rows + 1)
    found = by_column.Cells(reference, np.ones(columns)).compare(live)
    assert found.ks.tolist() == [1.0] * columns
    assert found.wasserstein.tolist() == [3.0] * columns
    assert found.rows.tolist() == live[:, 3].tolist()


@pytest.mark.parametrize(
    "statistic",
    [lambda p, q: by_column.Bins(p).beside(q), lambda p, q: by_column.Cells(p, p[:, 0]).compare(q)],
    ids=["bins", "cells"],
)
def test_lines_that_do_not_match_are_refused(statistic):
    with pytest.raises(ValueError, match="with the same bins"):
        statistic(np.ones((2, 3), int), np.ones((3, 3), int))
    with pytest.raises(ValueError, match="with the same bins"):
        statistic(np.ones((2, 3), int), np.ones(3, int))
