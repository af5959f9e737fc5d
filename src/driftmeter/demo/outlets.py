"""Where the demo's telemetry goes: OTLP/JSON lines in a folder, or on to a real backend."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from google.protobuf.message import Message

from driftmeter.demo.otlp_json import json_line
from driftmeter.testing import Signal

SIGNALS: Final[tuple[Signal, ...]] = ("logs", "traces", "metrics")
_TIMEOUT_S = 10.0


class Outlet(Protocol):
    """Takes each export request; raises where it cannot, so that the request counts as lost."""

    where: str
    """For people: a folder or an address."""

    def put(self, signal: Signal, request: Message, body: bytes) -> None:
        """Take one request, called from several threads."""
        ...

    def close(self) -> None:
        """Finish writing."""
        ...


class Lines:
    """One file per signal, one OTLP/JSON line per request."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.where = str(folder)
        self._files = {signal: (folder / f"{signal}.jsonl").open("wb") for signal in SIGNALS}
        self._locks = {signal: threading.Lock() for signal in SIGNALS}

    def put(self, signal: Signal, request: Message, body: bytes) -> None:  # noqa: ARG002  # the contract's
        """Append one line."""
        line = json_line(request)
        with self._locks[signal]:
            self._files[signal].write(line)

    def close(self) -> None:
        """Close the three files."""
        for file in self._files.values():
            file.close()


class Forward:
    """Passes every request on, unchanged, to an OTLP/HTTP endpoint.

    Args:
        endpoint: base address, as in `OTEL_EXPORTER_OTLP_ENDPOINT`.
        headers: sent along, as in `OTEL_EXPORTER_OTLP_HEADERS`.

    Raises:
        ValueError: not an http(s) address, or nobody takes OTLP there.

    """

    def __init__(self, endpoint: str, headers: Mapping[str, str] | None = None) -> None:
        if not endpoint.startswith(("http://", "https://")):
            raise ValueError(f"the endpoint is {endpoint!r}; give an address such as http://127.0.0.1:4318")
        self.where = endpoint.rstrip("/")
        self._headers = {**(headers or {}), "Content-Type": "application/x-protobuf"}
        try:
            for signal in SIGNALS:
                self._post(signal, b"")
        except OSError as fault:
            raise ValueError(f"{self.where} does not take OTLP over HTTP: {fault}; is the backend running?") from fault

    def put(self, signal: Signal, request: Message, body: bytes) -> None:  # noqa: ARG002  # the contract's
        """Send one request on; raises OSError where it is not taken."""
        self._post(signal, body)

    def close(self) -> None:
        """Nothing to finish: every request was answered."""

    def _post(self, signal: Signal, body: bytes) -> None:
        request = urllib.request.Request(f"{self.where}/v1/{signal}", body, self._headers)  # noqa: S310  # checked
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                answer.read()
        except urllib.error.HTTPError as refusal:
            refusal.close()  # it is the answer, and as open as one that is good
            raise
