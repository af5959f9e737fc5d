import json
import re

from driftmeter.demo.flights import KILOMETRES_START, MERGER, Flight
from driftmeter.demo.request_book import RequestBook


def flights(*days):
    return [Flight(day, str(n), "AA", 1000.0, 0.0, 9.0, 120.0) for n, day in enumerate(days)]


def trace_of(request):
    return re.search(rb"traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-01\r\n", request)[1].decode()


def test_a_request_carries_its_own_sampled_trace_and_the_flights_id():
    """W3C headers as a client with tracing would send them."""
    book = RequestBook(flights("2015-04-01", "2015-04-01"))
    first, second = book.request(0), book.request(1)

    assert trace_of(first) != trace_of(second)
    assert b"baggage: ml.prediction.id=1\r\n" in second


def test_a_request_says_how_long_its_body_is():
    """The body is whole JSON of the stated length."""
    head, _, body = RequestBook(flights("2015-04-01")).request(0).partition(b"\r\n\r\n")

    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["distance_mi"] == 1000.0


def test_a_trace_leads_back_to_its_flight():
    """Alarms name the trace that raised them."""
    book = RequestBook(flights("2015-04-01", "2015-04-02"))
    traces = [trace_of(book.request(row)) for row in (0, 1)]

    assert [book.row_of(trace) for trace in traces] == [0, 1]
    assert book.row_of("0" * 32) is None


def test_rows_are_counted_from_the_first_flight_of_the_onset():
    """The first flight that differs is row 1; before it there is nothing to count."""
    book = RequestBook(flights("2015-06-30", MERGER, MERGER, KILOMETRES_START))

    assert [book.rows_after_onset("airline", row) for row in range(4)] == [None, 1, 2, 3]
    assert book.rows_after_onset("distance_mi", 3) == 1
    assert book.rows_after_onset("taxi_out_min", 3) is None
