from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import Columns
from driftmeter.drift import Reference
from driftmeter.drift.multivariate.coding import RowCoder

NUMBERS = st.one_of(st.none(), st.floats(), st.integers(), st.just("text"))
LABELS = st.one_of(st.none(), st.sampled_from(["a", "b", 1, 1.0, True, "z", math.nan]), st.just(["nested"]))
REFERENCE = Reference.from_data(
    {"x": [0.5, 1.5, 2.5, 3.5] * 10, "city": ["a", "b", "1", "a"] * 10, "y": [1.0, 2.0, 3.0, 4.0] * 10},
    model="m",
    outputs=["y"],
)
CODER = RowCoder(tuple(REFERENCE.columns.values()), REFERENCE.multivariate.graders)


@given(st.lists(st.tuples(NUMBERS, LABELS), min_size=1, max_size=20))
def test_any_rows_are_coded_within_bounds(rows):
    """Text among numbers, lists among labels, integers beyond floats: no warning, every code has its line."""
    numbers, labels = zip(*rows, strict=True)
    coded = CODER(Columns(["x", "city"], len(rows), arrays=[list(numbers), list(labels)]))
    assert ((coded.bins >= -1) & (coded.bins < CODER.line_count("x"))).all()
    assert ((coded.places >= -1) & (coded.places <= len(REFERENCE.columns["city"].labels))).all()
    assert np.array_equal(np.isnan(coded.grades), coded.bins == -1)


def test_lines_keep_the_order_of_numbers_and_give_missing_labels_their_own():
    coded = CODER(Columns(["x", "city"], 4, arrays=[[-1.0, 0.5, 9.0, None], ["a", "new", None, "b"]]))
    last = CODER.line_count("x") - 1
    assert CODER.lines(coded, "x").tolist() == [0, 1, last, -1]
    labels = REFERENCE.columns["city"].labels
    assert CODER.lines(coded, "city").tolist() == [labels.index("a"), 3, 4, labels.index("b")]


def test_a_column_that_is_not_there_is_missing():
    coded = CODER(Columns(["city"], 2, arrays=[["a", "b"]]))
    assert np.isnan(coded.grades).all()


def test_a_table_counts_rows_that_have_both():
    coded = CODER(Columns(["x", "city", "y"], 3, arrays=[[0.5, None, 1.5], ["a", "b", None], [1.0, 2.0, 3.0]]))
    assert CODER.table(coded, "x", "y").sum() == 2
    assert CODER.table(coded, "city", "y").sum() == 3
