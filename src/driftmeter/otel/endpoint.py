"""Saying at start, not an hour later, that nobody listens where telemetry is sent."""

from __future__ import annotations

import logging
import socket
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_log = logging.getLogger("driftmeter.endpoint")

CONNECT_TIMEOUT_S = 1.0
DEFAULT_PORTS = {"grpc": 4317, "http/protobuf": 4318}
SIGNALS = ("traces", "metrics", "logs")


def unreachable(environ: Mapping[str, str], signals: Collection[str] = SIGNALS) -> list[str]:
    """The OTLP endpoints of these signals that do not answer, each with the reason.

    >>> unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
    ['http://127.0.0.1:1 (ConnectionRefusedError)']

    """
    endpoints = dict.fromkeys(_endpoint(environ, signal) for signal in signals)
    faults = {endpoint: _fault(endpoint, port) for endpoint, port in endpoints}
    return [f"{endpoint} ({fault})" for endpoint, fault in faults.items() if fault is not None]


def warn_if_unreachable(environ: Mapping[str, str], signals: Collection[str] = SIGNALS) -> None:
    """Log one warning that names the endpoints and the way out."""
    if silent := unreachable(environ, signals):
        _log.warning(
            "nobody listens at the OTLP endpoint %s; telemetry is kept for a while and then dropped."
            " Start a Collector there, or set OTEL_EXPORTER_OTLP_ENDPOINT",
            ", ".join(silent),
        )


def _endpoint(environ: Mapping[str, str], signal: str) -> tuple[str, int]:
    """A signal's endpoint, and the port where it names none."""

    def variable(name: str) -> str:
        own = environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}", "").strip()
        return own or environ.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()

    port = DEFAULT_PORTS.get(variable("PROTOCOL"), 4318)
    return variable("ENDPOINT") or f"http://localhost:{port}", port


def _fault(endpoint: str, port: int) -> str | None:
    try:
        parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
        address = (parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else port))
        socket.create_connection(address, timeout=CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as fault:
        return type(fault).__name__
    return None
