from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from driftmeter.columns import Columns
from driftmeter.drift import STATISTICS, Reference
from driftmeter.drift.binning import Binning
from driftmeter.drift.evaluation import Evaluator
from driftmeter.stats.distances import js_distance, kl, psi
from driftmeter.stats.hypothesis_tests import chi2, ks_counts

RNG = np.random.default_rng(5)
TRAINING = {"x": RNG.normal(size=5000), "city": RNG.choice(["a", "b", "c"], 5000, p=[0.6, 0.3, 0.1])}
REFERENCE = Reference.from_data(TRAINING, model="m")
BINNING = Binning(REFERENCE)
EVALUATOR = Evaluator(BINNING)


def _counts(x, city):
    return BINNING.count(BINNING.read(Columns(["x", "city"], len(x), arrays=[x, city]), None, len(x)), slice(None))


def _at(found, statistic, name):
    return float(found.values[statistic][[subject[1] for subject in found.subjects].index(name)])


@given(
    st.lists(st.one_of(st.none(), st.floats(-6, 6)), min_size=1, max_size=60),
    st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=60, max_size=60),
)
def test_all_columns_at_once_equal_the_statistics_one_by_one(x, cities):
    """On the bins that either side has filled, each number is that of the textbook function."""
    counts = _counts(x, cities[: len(x)])
    found = EVALUATOR.evaluate(counts)
    for column in BINNING.columns:
        reference, live = np.array(column.counts), BINNING.by_column(counts)[column.name]
        filled = (reference + live) > 0
        reference, live = reference[filled], live[filled]
        assert _at(found, "psi", column.name) == pytest.approx(psi(reference, live), rel=1e-12, abs=1e-15)
        assert _at(found, "kl", column.name) == pytest.approx(kl(reference, live), rel=1e-12, abs=1e-15)
        assert _at(found, "js", column.name) == pytest.approx(js_distance(reference, live), rel=1e-9, abs=1e-12)
        assert _at(found, "chi2", column.name) == pytest.approx(chi2(reference, live).statistic, rel=1e-12)
    assert EVALUATOR.glance(counts).psi == pytest.approx(found.values["psi"], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_cells_come_near_the_samples(shift):
    """KS within the share of a fine cell, Wasserstein within the width of one, against scipy on the values."""
    live = np.clip(RNG.normal(shift, 1, 2000), TRAINING["x"].min(), TRAINING["x"].max())
    found = EVALUATOR.evaluate(_counts(live, ["a"] * 2000))
    cell = (TRAINING["x"].max() - TRAINING["x"].min()) / 512
    exact = scipy_stats.ks_2samp(TRAINING["x"], live)
    assert _at(found, "ks", "x") == pytest.approx(exact.statistic, abs=0.02)
    assert _at(found, "wasserstein", "x") == pytest.approx(
        scipy_stats.wasserstein_distance(TRAINING["x"], live), abs=cell
    )


def test_ks_is_that_of_the_counts():
    """The same number and p-value as the function for one column."""
    counts = _counts(RNG.normal(0.1, 1.5, 500), ["a"] * 500)
    cells = EVALUATOR._lines
    expected = ks_counts(cells(BINNING.reference_counts())[0], cells(counts)[0])
    found = EVALUATOR.evaluate(counts)
    assert _at(found, "ks", "x") == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_values["ks"][0] == pytest.approx(expected.pvalue, rel=1e-9)


def test_rates_are_shares_of_all_rows():
    """Missing, out of range and unseen, each of the rows of its column; labels have no range."""
    found = EVALUATOR.evaluate(_counts([None, 99.0, -99.0, "x", 0.0], ["a", "z", None, None, "b"]))
    rates = {(name, rate): _at(found, rate, name) for name in ("x", "city") for rate in STATISTICS[-3:]}
    assert math.isnan(rates.pop(("city", "out_of_range")))
    assert rates == {
        ("x", "missing"): 0.2, ("x", "out_of_range"): 0.4, ("x", "unseen"): 0.2,
        ("city", "missing"): 0.4, ("city", "unseen"): 0.2,
    }  # fmt: skip


def test_no_rows_give_no_numbers_and_no_warnings():
    """An empty window, and one without a single number, are defined: NaN where nothing can be said."""
    empty = EVALUATOR.evaluate(np.zeros(BINNING.size, np.int64))
    assert all(math.isnan(_at(empty, statistic, "x")) for statistic in STATISTICS if statistic not in {"psi", "kl"})
    only_missing = EVALUATOR.evaluate(_counts([None] * 5, [None] * 5))
    assert math.isnan(_at(only_missing, "ks", "x"))
    assert _at(only_missing, "psi", "x") > 1
