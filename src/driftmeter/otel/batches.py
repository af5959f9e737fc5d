"""Batches of spans or log records on their way out: halved where they are too large, counted where they are lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from driftmeter.otel.attempts import Attempts
from driftmeter.otlp.answer import Verdict
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Tally

Item = TypeVar("Item")

Encode = Callable[[Sequence[Item]], tuple[bytes, int]]
"""Gives an export request, and how many items could not be part of it."""


class Batches(Generic[Item]):
    """What does not go through within the endpoint's time limit is lost, as with the SDK's own exporters.

    Args:
        endpoint: of the items' signal.
        encode: makes a request of a batch.
        lost: counts what a backend did not take of a batch that it took otherwise, under `export_<signal>`.

    Raises:
        ValueError: as `Attempts`.

    """

    def __init__(self, endpoint: Endpoint, encode: Encode[Item], lost: Tally) -> None:
        self._attempts = Attempts(endpoint)
        self._encode = encode
        self._lost = lost
        self._items = {"traces": "spans", "logs": "log records"}[endpoint.signal]
        self._reason = f"export_{endpoint.signal}"

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._attempts.address

    def deliver(self, batch: Sequence[Item]) -> bool:
        """Send; False where none of the batch arrived."""
        if self._attempts.ended:
            return False
        missing = self._missing(batch, time.monotonic() + self._attempts.timeout_s)
        if missing and missing == len(batch):
            return False
        if missing:
            self._lost.add(self._reason, missing)
        return True

    def end(self) -> None:
        """Send nothing from now on, and nothing again."""
        self._attempts.end()

    def _missing(self, batch: Sequence[Item], deadline_s: float) -> int:
        """Send; how many were not accepted."""
        request, refused = self._encode(batch)
        answer = self._attempts.answer(request, deadline_s)
        if answer.verdict is Verdict.ACCEPTED:
            missing = min(answer.rejected + refused, len(batch))
            if missing:
                self._warn("partial", "%s lacks %d of %d %s", missing, len(batch), self._items)
            return missing
        if answer.verdict is Verdict.TOO_LARGE and len(batch) > 1:
            half = len(batch) // 2
            return self._missing(batch[:half], deadline_s) + self._missing(batch[half:], deadline_s)
        self._warn(answer.reason, "%s does not accept %s (%s); %d are lost", self._items, answer.reason, len(batch))
        return len(batch)

    def _warn(self, kind: str, text: str, *values: object) -> None:
        self._attempts.telling.warn(kind, text, self.address, *values)
