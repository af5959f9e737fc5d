"""Where journals are if nobody says otherwise."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from driftmeter.otlp.endpoint import Endpoint

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def default_root(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of this user's journals, as the XDG Base Directory Specification has it for state.

    >>> str(default_root({"XDG_STATE_HOME": "/state"})), str(default_root({"HOME": "/home/me"}))
    ('/state/driftmeter/journal', '/home/me/.local/state/driftmeter/journal')

    """
    state = environ.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return Path(state) / "driftmeter" / "journal"
    return Path(environ.get("HOME") or os.path.expanduser("~")) / ".local" / "state" / "driftmeter" / "journal"  # noqa: PTH111  # Path's raises for a user without a home


def default_directory(endpoint: Endpoint, service: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The journal of one service and backend.

    What one process leaves behind another sends, with its own credentials and to its own backend, so only those may
    share a directory that would send alike.

    >>> str(default_directory(Endpoint("grpc", "otel:4317"), "air times", {"XDG_STATE_HOME": "/state"}))
    '/state/driftmeter/journal/air-times-a2991240'

    """
    backend = hashlib.sha256(f"{endpoint.protocol} {endpoint.address} {service}".encode()).hexdigest()[:8]
    return default_root(environ) / f"{_UNSAFE.sub('-', service)[:64]}-{backend}"
