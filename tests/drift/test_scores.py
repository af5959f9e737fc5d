from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import Reference
from driftmeter.drift.scores import VALUES, Scores

RNG = np.random.default_rng(3)


def _column(values):
    return next(iter(Reference.from_data({"x": values}, model="m").columns.values()))


SAMPLES = {
    "normal": RNG.normal(size=3000),
    "heavy": RNG.standard_t(1, 3000),
    "counts": RNG.poisson(2, 3000).astype(float),
    "rare flag": (RNG.random(20_000) < 0.01).astype(float),
    "with gaps": np.where(RNG.random(3000) < 0.2, np.nan, RNG.normal(size=3000)),
}


@given(st.sampled_from(sorted(SAMPLES)))
def test_counts_tell_the_law_of_the_scores_exactly(name):
    """Row by row or from the bins' counts: the same shares, ties, missing rows and all."""
    values = SAMPLES[name]
    column = _column(values)
    scores = Scores([column])
    by_row = scores.of(values[:, None])[:, 0]
    by_count = scores.laws([column.counts])[0]
    assert by_count.tolist() == [np.mean(by_row == value) for value in VALUES]


def test_a_score_rises_with_the_value_and_no_outlier_counts_more():
    """What lies beyond the reference scores as its extremes do."""
    scores = Scores([_column(SAMPLES["normal"])])
    found = scores.of(np.sort(np.append(SAMPLES["normal"], [-1e300, 1e300, np.inf, -np.inf]))[:, None])[:, 0]
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (-3, 3)


def test_what_too_few_rows_lie_beyond_is_no_bound():
    """The share of forty rows is not known well enough; a constant has no bounds at all."""
    values = np.zeros((2000, 2))
    values[:40, 0] = 1.0
    scores = Scores([_column(values[:, 0]), _column(values[:, 1])])
    assert not scores.of(values).any()
