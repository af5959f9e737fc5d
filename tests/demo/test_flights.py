import pytest

from driftmeter.demo.flights import (
    KILOMETRES_START,
    MERGER,
    Flight,
    inputs_of,
    load_flights,
    replayed_flights,
    sent_by_client,
    training_flights,
)

FLIGHT = Flight("2015-11-14", "7", "AA", 1000.0, None, 9.0, 120.0)


def test_the_file_holds_the_flights_that_its_page_describes():
    """Rows, order and gaps are as the README beside the file says."""
    flights = load_flights()

    assert len(flights) == 100_000
    assert [flight.date for flight in flights] == sorted(flight.date for flight in flights)
    assert len({flight.id for flight in flights}) == len(flights)
    assert sum(flight.air_time_min is None for flight in flights) == 1829


@pytest.mark.slow
def test_us_airways_is_gone_from_the_day_of_the_merger_on():
    """The airline's onset is a fact of the file, not a guess."""
    flights = load_flights()

    assert max(flight.date for flight in flights if flight.airline == "US") < MERGER


def test_training_and_replay_share_no_flight_and_leave_none_out():
    """January to March is for training, the rest is replayed."""
    flights = load_flights()
    known, replayed = training_flights(flights), replayed_flights(flights)

    assert known + replayed == flights
    assert len(replayed) == 75_646


@pytest.mark.slow
def test_the_fast_replay_takes_every_fifth_flight():
    """`--fast` thins evenly, so that every month is in it."""
    flights = load_flights()

    assert replayed_flights(flights, every=5) == replayed_flights(flights)[::5]


def test_the_client_sends_kilometres_from_the_planted_day_on_and_miles_before():
    """Only the distance changes, and only from that day."""
    after = FLIGHT._replace(date=KILOMETRES_START)

    assert sent_by_client(FLIGHT) == inputs_of(FLIGHT)
    assert sent_by_client(after) == {**inputs_of(after), "distance_mi": 1609.3}
