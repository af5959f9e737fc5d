"""KS and Wasserstein of a report: those of the samples where both are at hand, else within a bound that is stated."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from driftmeter.drift import Reference, compare

RNG = np.random.default_rng(21)
PAIRS = {
    "normal": (RNG.normal(size=3000), RNG.normal(size=700)),
    "shifted": (RNG.normal(size=3000), RNG.normal(0.3, size=700)),
    "heavy": (RNG.standard_t(2, 3000), 2 * RNG.standard_t(2, 700)),
    "counts": (RNG.poisson(3, 3000), RNG.poisson(4, 700)),
    "beyond": (RNG.uniform(size=3000), RNG.uniform(2, 3, 700)),
    "gaps": (np.where(RNG.random(3000) < 0.1, np.nan, RNG.lognormal(size=3000)), RNG.lognormal(0.1, size=700)),
}
NUMBERS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50)


@pytest.mark.parametrize("name", PAIRS)
def test_two_samples_give_what_scipy_gives(name):
    """Statistic, p-value and distance, whatever lies beyond the reference's range."""
    known, live = PAIRS[name]
    found = compare(pd.DataFrame({"x": known}), {"x": live}).features["x"]
    known = known[~np.isnan(known)]
    expected = scipy_stats.ks_2samp(known, live, method="asymp")
    assert found["ks"] == pytest.approx(expected.statistic, rel=1e-12)
    assert found["ks_pvalue"] == pytest.approx(_limit_law(expected.statistic, known.size, live.size), rel=1e-9)
    assert found["wasserstein"] == pytest.approx(scipy_stats.wasserstein_distance(known, live), rel=1e-12)
    assert (found["ks_exact"], found["wasserstein_exact"]) == (True, True)
    assert (found["ks_error_bound"], found["wasserstein_error_bound"]) == (0.0, 0.0)


def test_small_samples_have_the_exact_p_value():
    """A count of lattice paths, as scipy's."""
    known, live = RNG.normal(size=60), RNG.normal(0.5, size=40)
    found = compare({"x": known}, {"x": live}).features["x"]
    assert found["ks_pvalue"] == pytest.approx(scipy_stats.ks_2samp(known, live, method="exact").pvalue, rel=1e-9)


@given(NUMBERS, NUMBERS)
@example([0.0, -1.0], [0.5])
def test_cells_are_off_by_no_more_than_they_say(known, live):
    """KS never too large, and neither statistic farther from the samples' than its bound."""
    assume(max(known) > min(known))
    reference = Reference.from_data({"x": known}, model="m")
    from_cells = compare(reference, {"x": live}).features["x"]
    exact = compare({"x": known}, {"x": live}).features["x"]
    assert not from_cells["ks_exact"]
    assert -1e-9 <= exact["ks"] - from_cells["ks"] <= from_cells["ks_error_bound"] + 1e-9
    bound = from_cells["wasserstein_error_bound"]
    edges = reference.columns["x"].edges  # a few whole numbers have cells of their own, which reach beyond them
    if min(live) < edges[0] or max(live) > edges[-1]:
        assert bound is None
    elif bound is not None:
        rounding = 1e-9 * (max(known) - min(known))
        assert abs(exact["wasserstein"] - from_cells["wasserstein"]) <= bound + rounding


def test_all_but_ks_and_wasserstein_is_the_same_either_way():
    """A frame as the reference is counted into the same bins."""
    known = pd.DataFrame({"x": RNG.normal(size=2000), "city": RNG.choice(["a", "b"], 2000)})
    live = {"x": RNG.normal(0.5, size=500), "city": RNG.choice(["a", "b"], 500)}
    exact, counted = compare(known, live), compare(Reference.from_data(known, model="m"), live)
    for name in ("x", "city"):
        of_samples, of_cells = exact.features[name], counted.features[name]
        same = {key for key in of_cells if not key.startswith(("ks", "wasserstein"))}
        assert {key: of_samples[key] for key in same} == {key: of_cells[key] for key in same}
    assert "ks_exact" not in exact.features["city"]


def test_two_frames_are_told_apart_by_a_classifier_too():
    """Both samples are at hand, so nothing is left out for want of rows."""
    known = {"x": RNG.normal(size=2000), "z": RNG.normal(size=2000)}
    classifier = compare(known, {"x": RNG.normal(1.0, size=500), "z": RNG.normal(size=500)}).multivariate["classifier"]
    assert classifier["alarm"]


@pytest.mark.parametrize(
    "known",
    [{"x": [1.0, 2.0, math.inf]}, {"x": [None, None]}, {"x": ["a", "b"]}, {"x": [10**400, 1]}, {"x": [True, False]}],
    ids=repr,
)
def test_odd_samples_have_a_report_all_the_same(known):
    """Infinities, nothing, text and huge integers on either side: defined, and plain JSON."""
    for live in ({"x": [1.0, -math.inf]}, {"x": ["a", None]}, {"x": [None]}, {"x": [10**400]}):
        json.dumps(compare(known, live).to_dict(), allow_nan=False)


def test_derived_columns_keep_their_cells():
    """Axes were learnt from half of the vectors, of which none is counted: the sample is not the reference there."""
    known = {"e": list(RNG.normal(size=(500, 3))), "x": RNG.normal(size=500)}
    features = compare(known, {"e": list(RNG.normal(size=(100, 3))), "x": RNG.normal(size=100)}).features
    assert {name: values["ks_exact"] for name, values in features.items()} == {
        "x": True, **dict.fromkeys([name for name in features if name.startswith("e.")], False),
    }  # fmt: skip


def test_reports_say_how_exact_they_are():
    """In the table, in notebooks and in tidy rows."""
    known, live = {"x": PAIRS["normal"][0]}, {"x": PAIRS["normal"][1]}
    assert "KS and Wasserstein are those of the samples" in str(compare(known, live))
    counted = compare(Reference.from_data(known, model="m"), live)
    assert "too small by at most 0.0" in str(counted)
    assert "too small by at most 0.0" in counted._repr_html_()
    [row] = [row for row in counted.to_rows() if row["statistic"] == "ks"]
    assert row["error_bound"] == counted.features["x"]["ks_error_bound"] > 0
    assert not [row for row in counted.to_rows() if row["statistic"].endswith(("_bound", "_exact"))]


def _limit_law(statistic: float, n: int, m: int) -> float:
    return float(scipy_stats.kstwobign.sf(statistic * math.sqrt(n * m / (n + m))))
