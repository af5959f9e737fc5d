import math

import pytest

from driftmeter.demo.flights import Flight
from driftmeter.demo.landings import LandingBoard, MonthlyErrors


def flight(day, n=0, minutes=100.0):
    return Flight(day, str(n), "AA", 1000.0, 0.0, 9.0, minutes)


def test_a_flight_lands_when_the_next_day_begins():
    """Its label is fed back then, not before."""
    board = LandingBoard()
    first, second, third = flight("2015-04-01", 1), flight("2015-04-01", 2), flight("2015-04-02", 3)

    assert [board.depart(each) for each in (first, second, third)] == [[], [], [first, second]]


def test_what_is_still_in_the_air_lands_at_the_end():
    """The last day has labels too."""
    board = LandingBoard()
    last = flight("2015-12-31")
    board.depart(last)

    assert board.rest() == [last]
    assert board.rest() == []


def test_a_cancelled_flight_never_lands():
    """It has no air time, so there is no label to feed back."""
    board = LandingBoard()
    board.depart(flight("2015-04-01", minutes=None))

    assert board.rest() == []


@pytest.mark.parametrize("label_first", [True, False])
def test_a_label_meets_its_prediction_whichever_comes_first(label_first):
    """Events travel in batches, labels do not."""
    errors = MonthlyErrors()
    steps = [lambda: errors.landed(flight("2015-04-01")), lambda: errors.predicted("0", 103.0)]
    for step in steps if label_first else reversed(steps):
        step()

    [april] = errors.months()
    assert (april.name, april.flights, april.rmse_min, april.bias_min) == ("2015-04", 1, 3.0, 3.0)


def test_errors_are_told_by_month_and_november_in_two_parts():
    """Miles and kilometres do not share a figure."""
    errors = MonthlyErrors()
    for n, (day, error) in enumerate([("2015-11-14", 3.0), ("2015-11-14", 4.0), ("2015-11-15", 60.0)]):
        errors.predicted(str(n), 100.0 + error)
        errors.landed(flight(day, n))

    before, after = errors.months()
    assert (before.name, after.name) == ("2015-11", "2015-11 km")
    assert before.rmse_min == pytest.approx(math.sqrt(12.5))
    assert after.bias_min == 60.0
