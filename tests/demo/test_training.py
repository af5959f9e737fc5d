import math

import pytest

from driftmeter.demo.flights import INPUTS, OUTPUT, inputs_of, load_flights, training_flights
from driftmeter.demo.training import build_reference, train


@pytest.fixture(scope="module")
def known():
    """Every tenth flight of January to March."""
    return training_flights(load_flights())[::10]


@pytest.fixture(scope="module")
def model(known):
    """The demo's model, trained on them."""
    return train(known)


def test_the_model_is_off_by_a_quarter_of_an_hour_at_most(known, model):
    """It has learnt something: the spread of air time itself is over an hour."""
    landed = [flight for flight in known if flight.air_time_min is not None]
    answers = model.predict([inputs_of(flight) for flight in landed])
    squares = [(a - flight.air_time_min) ** 2 for a, flight in zip(answers, landed, strict=True)]

    assert math.sqrt(sum(squares) / len(squares)) < 15


def test_the_model_answers_for_cancelled_flights_and_new_airlines(model):
    """Missing minutes and unknown labels are served, as they will come."""
    flight = {"airline": "ZZ", "distance_mi": 500, "departure_delay_min": None, "taxi_out_min": None}

    assert 30 < model.predict([flight])[0] < 200


def test_the_reference_watches_inputs_and_the_models_own_answers(known, model):
    """The output column holds predictions, not labels: those are what is served."""
    reference = build_reference(known, model)

    assert reference.input_names == INPUTS
    assert reference.output_names == (OUTPUT,)
    assert reference.columns[OUTPUT].shares["missing"] == 0.0
    assert reference.columns["taxi_out_min"].shares["missing"] > 0.0


def test_the_reference_knows_how_its_weeks_differ(known, model):
    """By the flights' dates, which are no input of the model."""
    assert build_reference(known, model).variation.panes >= 32
