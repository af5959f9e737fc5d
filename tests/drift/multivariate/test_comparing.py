from __future__ import annotations

import json
import math

import numpy as np
import pytest

from driftmeter.drift import Reference, compare


def _data(rng, rows, *, correlation=0.6, answer=1.0, share=0.5):
    x, z = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], rows).T
    city = np.where(rng.random(rows) < share, "a", "b")
    y = answer * x + (city == "a") + rng.normal(size=rows)
    return {"x": x, "z": z, "city": city.tolist(), "y": y}


RNG = np.random.default_rng(5)
REFERENCE = Reference.from_data(_data(RNG, 20_000), model="m", outputs=["y"], sample_rows=3000)


def _alarms(report):
    together = report.multivariate
    associated = [
        f"{x}-{y}" for y, inputs in together["association"].items() for x, found in inputs.items() if found["alarm"]
    ]
    return {key for key in ("reconstruction", "correlation", "classifier") if together[key].get("alarm")} | set(
        associated
    )


@pytest.mark.slow
def test_false_alarms_are_no_more_frequent_than_stated():
    """Two hundred batches without drift at 5 %: of each statistic no more than chance allows, in 9,999 of 10,000."""
    rng, counts = np.random.default_rng(6), dict.fromkeys(("reconstruction", "correlation", "classifier"), 0)
    for _ in range(200):
        found = _alarms(compare(REFERENCE, _data(rng, 500), alpha=0.05))
        for name in counts:
            counts[name] += name in found
    assert max(counts.values()) <= 23  # binomial(200, 0.05), quantile 0.9999


def test_a_changed_correlation_is_found_though_no_column_moved():
    """And its pair named; the columns themselves raise no alarm."""
    report = compare(REFERENCE, _data(np.random.default_rng(7), 2000, correlation=-0.6))
    assert not any(values["alarm"] for name, values in report.features.items() if name != "y")
    assert {"reconstruction", "correlation"} <= _alarms(report)
    assert report.multivariate["correlation"]["pair"] == ["x", "z"]
    assert "DRIFT of the correlation of x and z from 0.5" in str(report)


def test_a_changed_answer_is_found_as_association():
    """The model turns an input's effect around: concept, not covariates."""
    report = compare(REFERENCE, _data(np.random.default_rng(8), 2000, answer=-1.0))
    assert "x-y" in _alarms(report)
    assert "city-y" not in _alarms(report)
    found = report.multivariate["association"]["y"]["x"]
    assert found["measure"] == "grade_correlation"
    assert found["reference"] > 0.5
    assert found["live"] < -0.5
    assert report.multivariate["association"]["y"]["city"]["measure"] == "correlation_ratio"


def test_the_classifier_names_what_it_tells_the_sides_by():
    report = compare(REFERENCE, _data(np.random.default_rng(9), 2000, share=0.9))
    assert "classifier" in _alarms(report)
    assert next(iter(report.multivariate["classifier"]["contributions"])) == "city"


def test_a_reference_without_rows_leaves_the_classifier_out():
    """With the way out; the others need no rows."""
    bare = Reference.from_data(_data(np.random.default_rng(5), 3000), model="m", outputs=["y"])
    together = compare(bare, _data(RNG, 500)).multivariate
    assert "sample_rows" in together["classifier"]["left_out"]
    assert together["correlation"]["pairs"] == 3


def test_the_report_is_plain_values():
    """JSON can write it, also where nothing could be tested."""
    for batch in (_data(RNG, 600), {"x": [0.1]}, {"x": [None] * 50, "y": [math.nan] * 50}, {"city": ["new"] * 60}):
        stored = json.loads(json.dumps(compare(REFERENCE, batch).to_dict(), allow_nan=False))
        assert set(stored["multivariate"]) == {"rows", "reconstruction", "correlation", "classifier", "association"}


def test_columns_that_are_not_there_leave_out_what_needs_them():
    together = compare(REFERENCE, {"x": RNG.normal(size=100), "city": ["a", "b"] * 50}).multivariate
    assert "'z'" in together["reconstruction"]["left_out"]
    assert "no pair" in together["correlation"]["left_out"]
    assert set(together["classifier"]["contributions"]) == {"x", "city"}
    assert together["association"] == {}


@pytest.mark.parametrize("value", [1e308, -1e308, math.inf, math.nan, 5e-324, 0.0])
def test_extreme_batches_have_a_report(value):
    """One value in all columns, without a warning."""
    report = compare(REFERENCE, {name: [value] * 200 for name in ("x", "z", "y")})
    assert report.rows == 200


def test_a_large_batch_is_sampled_and_gives_the_same_report_each_time():
    batch = _data(np.random.default_rng(10), 30_000)
    first, again = (compare(REFERENCE, batch).multivariate for _ in range(2))
    assert first == again
    assert first["rows"] == 10_000


def test_the_training_data_itself_raises_no_alarm():
    data = _data(np.random.default_rng(11), 3000)
    reference = Reference.from_data(data, model="m", outputs=["y"], sample_rows=1000)
    assert _alarms(compare(reference, data)) == set()


def test_rows_that_axes_were_learnt_from_do_not_flatter_the_reference():
    """They are not counted along the axes; as missing values they would have no error there."""
    rng = np.random.default_rng(6)
    before, after = (list(rng.normal(size=(n, 8)) * np.arange(8, 0, -1)) for n in (3000, 2000))
    found = compare(Reference.from_data({"e": before}, model="m"), {"e": after}).multivariate["reconstruction"]
    assert found["pvalue"] > 1e-4


def test_what_knows_no_natural_variation_says_so():
    """Where the reference has its times: the classifier and the categories, but not what two numbers show."""
    rng = np.random.default_rng(8)
    before = _data(rng, 4000)
    for time in (None, "t"):
        data = {**before, **({"t": np.arange(4000).astype("datetime64[m]")} if time else {})}
        reference = Reference.from_data(data, model="m", outputs=["y"], sample_rows=1000, time=time)
        report = compare(reference, _data(rng, 2000, share=0.9, answer=-1.0))
        found = report.multivariate
        association = found["association"]["y"]
        marked = (found["classifier"]["evidence"], association["city"]["evidence"], association["x"]["evidence"])
        assert marked == (time is not None, time is not None, False)
        assert ("evidence only" in str(report)) == (time is not None)


def test_an_association_of_numbers_knows_how_it_varied_by_itself():
    """A bond that comes and goes with the days of the reference is no drift on such a day."""
    rng = np.random.default_rng(9)
    bond = np.repeat(np.where(np.arange(40) % 2, 0.3, 0.7), 500)

    def rows(bond):
        x = rng.normal(size=bond.size)
        return {"x": x, "y": bond * x + np.sqrt(1 - bond**2) * rng.normal(size=bond.size)}

    data, live = rows(bond), rows(np.full(1000, 0.3))
    p_values = {}
    for time in (None, "t"):
        timed = {**data, **({"t": np.arange(bond.size).astype("datetime64[m]")} if time else {})}
        reference = Reference.from_data(timed, model="m", outputs=["y"], time=time)
        p_values[time] = compare(reference, live).multivariate["association"]["y"]["x"]["pvalue"]
    assert p_values["t"] > 1e-3
    assert p_values[None] < 1e-6
