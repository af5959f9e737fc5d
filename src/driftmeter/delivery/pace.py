"""How much is sent at once, how often, and how long a backend may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

DELAY_VARIABLE = "OTEL_BLRP_SCHEDULE_DELAY"
LONGEST_DELAY_MS = 300_000.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The bounds that a sender keeps.

    Args:
        records: the most in one request.
        request_bytes: the most in one request, before compression.
        delay_s: how long records wait for company.
        probe_records: how many a failing backend is asked with.
        drain_share: what share of a core catching up may take.
        timeout_s: the time limit of one request.
        timeout_most_s: to which it grows while the backend answers too late.
        record_bytes: the largest record that the journal keeps.

    """

    records: int = 512
    request_bytes: int = 2**20
    delay_s: float = 1.0
    probe_records: int = 16
    drain_share: float = 0.25
    timeout_s: float = 10.0
    timeout_most_s: float = 30.0
    record_bytes: int = 256 * 1024

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str] = os.environ, *, timeout_s: float = 10.0, record_bytes: int = 256 * 1024
    ) -> Pace:
        """Give the usual bounds, with the delay that OpenTelemetry's variable for log records names.

        Args:
            environ: where `OTEL_BLRP_SCHEDULE_DELAY` is read, in milliseconds.
            timeout_s: of the endpoint.
            record_bytes: of the journal.

        Raises:
            ValueError: For a delay that is no number between 0 and five minutes.

        >>> Pace.from_environ({"OTEL_BLRP_SCHEDULE_DELAY": "250"}).delay_s
        0.25

        """
        usual = cls(timeout_s=timeout_s, timeout_most_s=max(timeout_s, cls().timeout_most_s), record_bytes=record_bytes)
        given = environ.get(DELAY_VARIABLE, "").strip()
        if not given:
            return usual
        try:
            delay_ms = float(given)
        except ValueError:
            delay_ms = -1.0
        if not 0 <= delay_ms <= LONGEST_DELAY_MS:
            raise ValueError(
                f"{DELAY_VARIABLE} is {given!r}; it must be milliseconds from 0 to {LONGEST_DELAY_MS:.0f}, such as 1000"
            )
        return replace(usual, delay_s=delay_ms / 1000)
