import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, root_mean_squared_error

from driftmeter.decay import Performance


def scores(pairs, window_rows=1000):
    quality = Performance(window_rows)
    for predicted, actual in pairs:
        quality.update(predicted, actual)
    return {score.name: score.value for score in quality.scores()}


numbers = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=60), st.integers(1, 50))
def test_regression_over_the_last_rows(pairs, window_rows):
    """As scikit-learn has it."""
    found, (predicted, actual) = scores(pairs, window_rows), zip(*pairs[-window_rows:], strict=True)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted), abs=1e-6)
    assert found["mae"] == pytest.approx(mean_absolute_error(actual, predicted), abs=1e-6)
    assert found["bias"] == pytest.approx(np.mean(np.subtract(predicted, actual)), abs=1e-6)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=60), st.integers(1, 50))
def test_classification_over_the_last_rows(pairs, window_rows):
    """As scikit-learn has it."""
    found, (predicted, actual) = scores(pairs, window_rows), zip(*pairs[-window_rows:], strict=True)
    assert found["accuracy"] == pytest.approx(accuracy_score(actual, predicted))
    assert found["macro_f1"] == pytest.approx(f1_score(actual, predicted, average="macro"))


@pytest.mark.parametrize(
    ("predicted", "actual", "names"),
    [
        (1.0, 2, {"rmse", "mae", "bias"}),
        (1, 2, {"accuracy", "macro_f1"}),
        (True, 1.0, {"accuracy", "macro_f1"}),
        ("1", 1, {"accuracy", "macro_f1"}),
        (None, 1.0, set()),
        (1.0, None, set()),
        (math.nan, 1.0, set()),
        ("AA", math.nan, set()),
        (math.nan, "AA", set()),
        (True, math.nan, set()),
        (math.nan, True, set()),
        (1.0, math.inf, set()),
        (1.0, 10**400, set()),
        (1e308, -1e308, set()),
    ],
)
def test_kind_of_task_is_told_from_the_values(predicted, actual, names):
    """What is no evidence changes nothing; no score is ever NaN."""
    assert set(scores([(predicted, actual)])) == names


@pytest.mark.parametrize(
    ("predicted", "actual", "right"),
    [
        (True, 1, True),
        (False, 0.0, True),
        (True, 0, False),
        (1, True, True),
        (0.0, True, False),
        (True, "True", True),
        (1.0, "1", True),
        (True, 2, False),
        ("yes", True, False),
    ],
)
def test_classes_are_the_same_where_model_and_label_write_them_otherwise(predicted, actual, right):
    """A model's True is the 1 of the table that the label comes from."""
    assert scores([(predicted, actual)])["accuracy"] == right


def test_both_ways_to_write_a_label_are_one_class():
    assert scores([(True, True), (True, 1), (False, 0), (False, False)])["macro_f1"] == 1.0


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0.5, "cat", "dog", None, math.nan])), max_size=40),
    st.integers(1, 12),
)
def test_a_row_counts_once_with_its_latest_label(labels, window_rows):
    """Labels are sent again, and corrected; a row that left the window comes anew."""
    quality = Performance(window_rows)
    kept = {"numbers": {}, "classes": {}}
    for row, actual in labels:
        quality.update(1.5, actual, row)
        if isinstance(actual, str) or actual == 0.5:
            mine, others = ("classes", "numbers") if isinstance(actual, str) else ("numbers", "classes")
            kept[others].pop(row, None)
            kept[mine][row] = actual
            if len(kept[mine]) > window_rows:
                kept[mine].pop(next(iter(kept[mine])))
    assert quality.n == len(kept["numbers"]) + len(kept["classes"])


def test_a_corrected_label_takes_the_place_of_the_former():
    quality = Performance()
    for row, actual in [(0, "cat"), (1, "cat"), (1, "dog"), (1, "dog")]:
        quality.update("dog", actual, row)
    assert {score.name: score.value for score in quality.scores()}["accuracy"] == 0.5


def test_no_label_no_score():
    """Before the first there is nothing to say."""
    assert Performance().scores() == []
    assert Performance().n == 0
