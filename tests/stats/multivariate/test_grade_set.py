from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftmeter.stats.multivariate import Grader
from driftmeter.stats.multivariate.grade_set import GradeSet

RNG = np.random.default_rng(1)
SAMPLES = {
    "normal": RNG.normal(size=5000),
    "uniform": RNG.random(5000),
    "exponential": RNG.exponential(size=5000),
    "lognormal": RNG.lognormal(size=5000),
    "heavy": RNG.standard_t(1, 5000),
    "whole": RNG.integers(0, 7, 5000).astype(float),
    "binary": np.repeat([0.0, 1.0], [995, 1005]),
    "constant": np.ones(10),
    "empty": np.empty(0),
    "denormal": np.array([0.0, 5e-324, 1e-323, 2e-310]),
    "huge": np.array([-1.7e308, -1e300, 0.0, 1.0, 1.7e308]),
    "far away": 1e15 + RNG.integers(0, 50, 5000),
}
STRANGE = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308])
GRADERS = {name: Grader.fit(sample) for name, sample in SAMPLES.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_set_grades_as_its_graders_do(name):
    """Every value of the sample, every knot and its neighbours, and what no sample holds."""
    grader = GRADERS[name]
    knots = np.array(grader.knots)
    values = np.concatenate([SAMPLES[name], STRANGE, knots, np.nextafter(knots, np.inf), np.nextafter(knots, -np.inf)])
    np.testing.assert_array_equal(GradeSet([grader])(values[:, None])[:, 0], grader(values))


@given(arrays(np.float64, st.tuples(st.integers(0, 9), st.just(len(GRADERS)))))
def test_columns_do_not_disturb_each_other(matrix):
    """All at once, or one by one, for any floats at all."""
    each = [grader(column) for grader, column in zip(GRADERS.values(), matrix.T, strict=True)]
    np.testing.assert_array_equal(GradeSet(list(GRADERS.values()))(matrix), np.column_stack(each))


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e9, 1e9)), arrays(np.float64, 40))
def test_any_sample_gives_a_grader_that_the_set_repeats(sample, values):
    """Also where its knots lie as close together as floats can."""
    grader = Grader.fit(sample)
    both = np.concatenate([sample, values])
    np.testing.assert_array_equal(GradeSet([grader])(both[:, None])[:, 0], grader(both))
