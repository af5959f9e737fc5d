"""Embeddings and text through the whole package: from a call to series, alarms and the calls that moved them."""

from __future__ import annotations

import numpy as np
import pytest

import driftmeter
from driftmeter import semconv
from driftmeter.drift import Reference

RNG = np.random.default_rng(6)
SCALES = np.arange(8, 0, -1)
WORDS = np.array([f"word{n}" for n in range(200)])


def _inputs(n, shift=0.0, prefix=""):
    notes = [" ".join(prefix + word for word in RNG.choice(WORDS, 8)) for _ in range(n)]
    return {"e": list(RNG.normal(size=(n, 8)) * SCALES + shift), "note": notes}


REFERENCE = Reference.from_data(_inputs(3000), model="m", version="1")


def _called(telemetry):
    return {attributes["ml.feature.name"] for attributes, _ in telemetry.points(semconv.FEATURE.drift.name)}


def test_derived_columns_are_series_of_their_own(sdk):
    """No series is called after a vector or a text itself, and neither is lost from the event."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows")
    with driftmeter.predict("m", inputs=_inputs(400)):
        pass
    assert _called(telemetry) == set(REFERENCE.columns)
    assert {"e", "note"} == set(telemetry.event().attributes["ml.prediction.inputs"])
    assert telemetry.faults == {}
    assert telemetry.events(semconv.EVENT_DRIFT_DETECTED) == []


def test_calls_of_one_row_are_counted_too(sdk):
    """A row's vector stands in a list of one, or in a row of its own."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows")
    for n in range(400):
        row = _inputs(1)
        with driftmeter.predict("m", inputs=row if n % 2 else [{name: value[0] for name, value in row.items()}]):
            pass
    assert _called(telemetry) == set(REFERENCE.columns)
    assert telemetry.faults == {}


@pytest.mark.parametrize("kind", [list, np.asarray])
@pytest.mark.parametrize("alone", [True, False])
def test_one_flat_vector_is_one_prediction(sdk, kind, alone):
    """`{"e": [eight numbers]}` is no batch of eight, since the reference has vectors of eight there."""
    reference = Reference.from_data({"e": _inputs(3000)["e"]}, model="m") if alone else REFERENCE
    telemetry = sdk().configure(reference=reference, windows="400rows")
    for _ in range(400):
        e = kind(RNG.normal(size=8) * SCALES)
        with driftmeter.predict("m", inputs={"e": e} if alone else {"e": e, "note": ["word1 word2"]}):
            pass
    points = {
        (a["ml.feature.name"], a["ml.bin"]): p.value for a, p in telemetry.points(semconv.FEATURE.observations.name)
    }
    assert sum(rows for (name, _), rows in points.items() if name == "e.norm") == 400
    assert (points["e.norm", "unseen"], points["e.norm", "missing"]) == (0, 0)
    assert {event.attributes["ml.prediction.batch_size"] for event in telemetry.events("ml.prediction")} == {1}
    assert {span.attributes["ml.prediction.batch_size"] for span in telemetry.spans} == {1}
    assert telemetry.faults == {}


def test_a_flat_vector_of_another_length_is_one_unseen_row(sdk):
    """Whoever serves another embedding has as many calls as before, and not one that the reference knows."""
    telemetry = sdk().configure(reference=Reference.from_data({"e": _inputs(3000)["e"]}, model="m"))
    for _ in range(5):
        with driftmeter.predict("m", inputs={"e": RNG.normal(size=12)}):
            pass
    points = {
        (a["ml.feature.name"], a["ml.bin"]): p.value for a, p in telemetry.points(semconv.FEATURE.observations.name)
    }
    assert {at: rows for at, rows in points.items() if rows} == {
        (name, "unseen"): 5 for name in ("e.norm", "e.pc0", "e.pc1", "e.pc2", "e.pc3")
    }
    assert [point.value for _, point in telemetry.points(semconv.ROWS.name)] == [5]


def test_new_words_and_another_place_raise_alarms(sdk):
    """Each under its derived name."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows")
    for _ in range(10):
        with driftmeter.predict("m", inputs=_inputs(40, shift=10.0, prefix="x")):
            pass
    alarmed = {event.attributes.get("ml.feature.name") for event in telemetry.events(semconv.EVENT_DRIFT_DETECTED)}
    assert {"note.unseen_tokens", "e.norm"} <= alarmed
    assert telemetry.faults == {}


def test_hostile_values_are_counted_and_raise_nothing(sdk):
    """A million characters, ragged vectors, nothing at all."""
    telemetry = sdk().configure(reference=REFERENCE, windows="400rows")
    for e, note in (([1.0], "x" * 10**6), (None, None), ([[1, 2], [3]], ""), ("text", 7), ([np.nan] * 8, "\ud800")):
        with driftmeter.predict("m", inputs=[{"e": e, "note": note}]):
            pass
    counted = {
        attributes["ml.feature.name"]: 0 for attributes, _ in telemetry.points(semconv.FEATURE.observations.name)
    }
    for attributes, point in telemetry.points(semconv.FEATURE.observations.name):
        counted[attributes["ml.feature.name"]] += point.value
    assert set(counted.values()) == {5}
    assert "sinks.drift" not in telemetry.faults
