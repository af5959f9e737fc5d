from __future__ import annotations

import numpy as np
import pytest

from driftmeter.stats.multivariate.design import MAX_CATEGORIES, MixedRows, design_of


def test_numbers_categories_and_missing_values_have_columns_of_their_own():
    """Each standardised by both sides together, and told which feature it belongs to."""
    rows = MixedRows(np.array([[1.0, 7.0], [np.nan, 8.0], [3.0, 9.0]]), np.array([[0], [1], [-1]]))
    design = design_of([rows, rows])
    assert design.features.tolist() == [0, 1, 0, 2, 2, 2]
    assert design.matrix.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert design.matrix.std(axis=0)[1:] == pytest.approx(1)
    assert design.matrix[:3, 2].tolist() == pytest.approx([-(0.5**0.5), 2**0.5, -(0.5**0.5)])


def test_constants_have_no_column_and_many_categories_a_bounded_number():
    rows = MixedRows(np.full((300, 1), 5.0), np.arange(300)[:, None] // 2)
    design = design_of([rows])
    assert design.features.tolist() == [1] * MAX_CATEGORIES


def test_no_rows_have_an_empty_design():
    assert design_of([MixedRows(np.empty((0, 2)), np.empty((0, 0), int))]).matrix.size == 0


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="same rows"):
        MixedRows(np.empty((3, 1)), np.empty((2, 1), int))
