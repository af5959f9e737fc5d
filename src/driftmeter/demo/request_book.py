"""Flights as HTTP requests: what the client sends, and which flight a trace belongs to."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from driftmeter import semconv
from driftmeter.demo.flights import KILOMETRES_START, ONSETS, OUTPUT, Flight, sent_by_client


class RequestBook:
    """Writes each flight's request and remembers its trace, so that an alarm can be traced back to a flight.

    >>> book = RequestBook([Flight("2015-07-01", "7", "AA", 300.0, 0.0, 9.0, 55.0)])
    >>> b"ml.prediction.id=7" in book.request(0)
    True
    >>> book.rows_after_onset("airline", 0)
    1

    """

    def __init__(self, flights: Sequence[Flight]) -> None:
        self.flights = flights
        self._row_by_trace: dict[str, int] = {}
        self._onset_rows = {
            subject: next((row for row, flight in enumerate(flights) if flight.date >= day), len(flights))
            for subject, day in {**ONSETS, OUTPUT: KILOMETRES_START}.items()
        }

    def request(self, row: int) -> bytes:
        """Write the request for one flight, under a trace of its own."""
        flight = self.flights[row]
        trace_id = secrets.token_hex(16)
        self._row_by_trace[trace_id] = row
        body = json.dumps(sent_by_client(flight)).encode()
        return (
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"traceparent: 00-%s-%s-01\r\nbaggage: %s=%s\r\nContent-Length: %d\r\n\r\n"
            % (
                trace_id.encode(),
                secrets.token_hex(8).encode(),
                semconv.PREDICTION_ID.encode(),
                flight.id.encode(),
                len(body),
            )
        ) + body

    def row_of(self, trace_id: str) -> int | None:
        """Which row's request ran under this trace (32 hexadecimal digits)."""
        return self._row_by_trace.get(trace_id)

    def knows_trace(self, trace_id: str) -> bool:
        """Whether one of our requests ran under this trace."""
        return trace_id in self._row_by_trace

    def rows_after_onset(self, subject: str, row: int) -> int | None:
        """How many flights were sent from the subject's known onset up to this row; None before it, or without one."""
        onset = self._onset_rows.get(subject)
        return None if onset is None or row < onset else row - onset + 1
