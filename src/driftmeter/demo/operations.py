"""Flight operations: the other system of the story, which learns how long a flight took and says so to driftmeter."""

from __future__ import annotations

import os
from pathlib import Path

import driftmeter
from driftmeter.demo.flights import MODEL, Flight

_FLUSH_TIMEOUT_S = 30.0


class Operations:
    """Feeds labels back from the demo's own process, under a service name of its own.

    Args:
        endpoint: where the labels' events go, as in `OTEL_EXPORTER_OTLP_ENDPOINT`.
        journal: the directory in which they wait for that.

    """

    def __init__(self, endpoint: str, journal: Path) -> None:
        # The demo's own process reads the same variables as anybody's; those of the caller are meant for its backend.
        for key in [key for key in os.environ if key.startswith(("OTEL_", "DRIFTMETER_"))]:
            del os.environ[key]
        os.environ |= {
            "OTEL_SERVICE_NAME": "flight-operations",
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
        }
        driftmeter.configure(resources="off", label_memory=0, journal_dir=str(journal))

    def landed(self, flight: Flight) -> None:
        """Feed one label back."""
        driftmeter.feedback(flight.id, actual=flight.air_time_min, source="direct", model=MODEL)

    def close(self) -> None:
        """Send what is left."""
        driftmeter.shutdown(_FLUSH_TIMEOUT_S)
