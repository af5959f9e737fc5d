"""One request, tried until it is answered for good: OTLP's rules for what passes and what does not."""

from __future__ import annotations

import threading
import time
from typing import Final

from driftmeter.delivery.backoff import Backoff
from driftmeter.delivery.telling import Telling
from driftmeter.otlp.answer import Answer, Verdict
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect

PASSING: Final = frozenset(
    {
        *("connection", "connect_timeout", "timeout", "closed"),
        *(f"http_{status}" for status in (408, 429, 502, 503, 504)),
        *("grpc_cancelled", "grpc_deadline_exceeded", "grpc_aborted", "grpc_out_of_range"),
        *("grpc_unavailable", "grpc_data_loss"),
    }
)
"""What OTLP's specification says to try again after: all else will be the same in ten seconds."""


class Attempts:
    """Sends requests to one endpoint, one at a time.

    Args:
        endpoint: of any signal.

    Raises:
        ValueError: the endpoint's credential provider is not installed, or gives something else.

    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.timeout_s: Final = endpoint.timeout_s
        """How long one batch may be tried."""
        self.telling: Final = Telling(time.monotonic)
        self._transport = connect(endpoint)
        self._compressed = True
        self._ended = threading.Event()

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._transport.address

    @property
    def ended(self) -> bool:
        """Whether nothing is sent any more."""
        return self._ended.is_set()

    def answer(self, request: bytes, deadline_s: float) -> Answer:
        """Send, and send again until a monotonic time in seconds; the backend's last word."""
        backoff = Backoff()
        while True:
            left_s = max(0.1, deadline_s - time.monotonic())
            answer = self._transport.send(request, compressed=self._compressed, timeout_s=left_s)
            if answer.verdict is Verdict.UNSUPPORTED_ENCODING:
                self._compressed = False
                continue
            passes = answer.reason in PASSING or answer.after_s is not None
            if answer.verdict is not Verdict.RETRY or not passes:
                return answer
            due_s = backoff.failed(time.monotonic(), answer.after_s)
            if due_s >= deadline_s or self._ended.wait(due_s - time.monotonic()):
                return answer

    def end(self) -> None:
        """Send nothing from now on, and nothing again; what is on its way over gRPC ends."""
        self._ended.set()
        self._transport.close()
