"""Saying at start, not an hour later, that nobody listens where telemetry is sent."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

_log = logging.getLogger("driftmeter.endpoint")

CONNECT_TIMEOUT_S = 1.0
DEFAULT_PORTS = {"grpc": 4317, "http/protobuf": 4318}


def unreachable(environ: Mapping[str, str], timeout_s: float = CONNECT_TIMEOUT_S) -> str | None:
    """The OTLP endpoint that does not answer, with the reason; None when somebody listens there.

    >>> unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
    'http://127.0.0.1:1 (ConnectionRefusedError)'

    """
    protocol = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf").strip()
    port = DEFAULT_PORTS.get(protocol, 4318)
    endpoint = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip() or f"http://localhost:{port}"
    parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
    try:
        address = (parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else port))
        socket.create_connection(address, timeout=timeout_s).close()
    except (OSError, ValueError) as fault:
        return f"{endpoint} ({type(fault).__name__})"
    return None


def warn_if_unreachable(environ: Mapping[str, str]) -> None:
    """Log one warning that names the endpoint and the way out."""
    if (endpoint := unreachable(environ)) is not None:
        _log.warning(
            "nobody listens at the OTLP endpoint %s; telemetry is kept for a while and then dropped."
            " Start a Collector there, or set OTEL_EXPORTER_OTLP_ENDPOINT",
            endpoint,
        )
