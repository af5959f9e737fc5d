from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest

from driftmeter.drift import Reference, compare

RNG = np.random.default_rng(8)
TRAINING = pd.DataFrame(
    {"x": RNG.normal(size=3000), "city": RNG.choice(["a", "b", "c"], 3000), "y": RNG.normal(size=3000)}
)
REFERENCE = Reference.from_data(TRAINING, model="m", outputs=["y"])


def test_the_training_data_itself_has_not_drifted():
    """All distances are zero, no alarm."""
    report = compare(REFERENCE, TRAINING)
    assert {values["psi"] for values in report.features.values()} == {0.0}
    assert not any(values["alarm"] for values in report.features.values())


def test_a_shift_is_found_and_named():
    """In that column only."""
    live = TRAINING.assign(x=TRAINING["x"] * 1.6)
    report = compare(REFERENCE, live)
    assert {name for name, values in report.features.items() if values["alarm"]} == {"x"}
    assert report.features["x"]["ks_pvalue"] < 1e-9
    assert "DRIFT" in str(report).split("\n")[2]


def test_the_report_is_plain_values():
    """JSON can write it; statistics that a column does not have are None."""
    stored = json.loads(json.dumps(compare(REFERENCE, TRAINING).to_dict(), allow_nan=False))
    assert stored["features"]["city"]["ks"] is None
    assert {"psi", "ks", "ks_pvalue", "wasserstein", "js", "chi2_pvalue", "missing_live", "alarm"} <= set(
        stored["features"]["x"]
    )


def test_what_columns_show_together_may_be_left_out():
    """All that single columns show stays as it is."""
    with_it, without = (compare(REFERENCE, TRAINING, multivariate=wanted) for wanted in (True, False))
    assert with_it.multivariate
    assert not without.multivariate
    assert without.features == with_it.features


def test_columns_on_one_side_only_are_left_out():
    """A report speaks of what both sides have."""
    report = compare(REFERENCE, {"x": [0.1] * 50, "height": [1] * 50})
    assert list(report.features) == ["x"]


def test_a_single_column_is_never_taken_for_the_output():
    """Names count, not numbers of columns."""
    assert list(compare(REFERENCE, {"x": [0.1, 0.2]}).features) == ["x"]
    with pytest.raises(ValueError, match="height"):
        compare(REFERENCE, {"height": [0.1, 0.2]})


def test_missing_rates_stand_side_by_side():
    """Of the reference and of the data."""
    report = compare(REFERENCE, {"x": [None, 0.1, 0.2, 0.3], "city": ["a", "z", None, None]})
    assert (report.features["x"]["missing_reference"], report.features["x"]["missing_live"]) == (0.0, 0.25)
    assert report.features["city"]["unseen_live"] == 0.25


@pytest.mark.parametrize("empty", [{}, {"x": []}, []])
def test_no_rows_are_no_comparison(empty):
    """The message names the reference's columns."""
    with pytest.raises(ValueError, match="at least one row"):
        compare(REFERENCE, empty)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))])
def test_references_and_reports_reach_other_processes(copied):
    """Workers that are spawned are handed the reference, and hand back what they found."""
    random = np.random.default_rng(5)
    data = {
        "x": random.normal(size=300), "y": random.normal(size=300), "city": random.choice(["a", "b"], 300),
        "at": np.arange(300), "place": [[1.0, 2.0]] * 300,
    }  # fmt: skip
    reference = Reference.from_data(data, model="m", version="2", time="at", sample_rows=50)
    report = compare(reference, data)

    assert (copied(reference).hash, copied(reference).columns) == (reference.hash, reference.columns)
    assert copied(report) == report
    with pytest.raises(TypeError):
        copied(report).features["x"]["psi"] = 1.0
