from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.quality import ClassificationSums, RegressionSums

whole_pairs = st.lists(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)))
class_pairs = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")))


def sums_of(kind, pairs):
    return kind.of([prediction for prediction, _ in pairs], [label for _, label in pairs])


@given(whole_pairs, whole_pairs)
def test_regression_sums_merge_and_revert(left, right):
    first, second = sums_of(RegressionSums, left), sums_of(RegressionSums, right)
    assert first + second == sums_of(RegressionSums, left + right)
    assert (first + second) - second == first


@given(class_pairs, class_pairs)
def test_classification_sums_merge_and_revert(left, right):
    first, second = sums_of(ClassificationSums, left), sums_of(ClassificationSums, right)
    assert first + second == sums_of(ClassificationSums, left + right)
    assert hash(first + second) == hash(sums_of(ClassificationSums, left + right))
    assert (first + second) - second == first


def test_regression_measures_equal_their_definitions():
    rng = np.random.default_rng(0)
    predicted, actual = rng.normal(size=(2, 500))
    sums = RegressionSums.of(predicted, actual)
    assert sums.bias == pytest.approx(np.mean(predicted - actual), rel=1e-12)
    assert sums.mae == pytest.approx(np.mean(np.abs(predicted - actual)), rel=1e-12)
    assert sums.rmse == pytest.approx(math.sqrt(np.mean((predicted - actual) ** 2)), rel=1e-12)


def test_an_emptied_window_keeps_no_residue_of_rounding():
    first, second = RegressionSums.of([0.1], [0.0]), RegressionSums.of([1e9], [0.3])
    emptied = (first + second) - RegressionSums(2, 1e9, 1e9, 1e18)
    assert emptied == RegressionSums()


def test_errors_that_are_no_numbers_are_left_out():
    sums = RegressionSums.of([1.0, math.nan, math.inf, 1e300, 2.0], [0.0, 1.0, 1.0, 0.0, math.nan])
    assert sums == RegressionSums(1, 1.0, 1.0, 1.0)


def test_squares_that_add_up_to_no_float_are_infinite():
    assert RegressionSums.of([1e154] * 2, [0.0, -1e153]).rmse == math.inf


def test_classification_measures_equal_their_definitions():
    """Class a: 3 hits, 4 predicted, 4 actual; b: 1 hit, 2, 1; c: never predicted, 1 actual."""
    sums = ClassificationSums.of("aaaabb", "aaacba")
    assert sums.n == 6
    assert sums.accuracy == pytest.approx(4 / 6)
    assert sums.macro_f1 == pytest.approx((2 * 3 / 8 + 2 * 1 / 3 + 0) / 3)
    assert sums.count("a", "c") == 1


def test_without_rows_nothing_is_measured():
    assert all(map(math.isnan, [RegressionSums().rmse, RegressionSums().mae, RegressionSums().bias]))
    assert all(map(math.isnan, [ClassificationSums().accuracy, ClassificationSums().macro_f1]))


@pytest.mark.parametrize("kind", [RegressionSums, ClassificationSums])
def test_unpaired_labels_are_refused(kind):
    with pytest.raises(ValueError, match="come in pairs"):
        kind.of([1, 2], [1])
