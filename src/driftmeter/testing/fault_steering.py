"""Steering a misbehaving backend from another process: a port of its own, open even while the backend is down."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self

from driftmeter.testing.ledger import Snapshot


class _Backend(Protocol):
    def behave(self, behaviour: str) -> None: ...

    def snapshot(self) -> Snapshot: ...


class Steering:
    """Takes `POST /` with a behaviour as text, and answers `GET /` with the ledger as JSON.

    Args:
        backend: what is steered.

    """

    def __init__(self, backend: _Backend) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(backend))
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="otlp-steering", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def _handler(backend: _Backend) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(HTTPStatus.OK, json.dumps(backend.snapshot()).encode())

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            try:
                backend.behave(text)
            except ValueError as fault:
                self._reply(HTTPStatus.BAD_REQUEST, str(fault).encode())
            else:
                self._reply(HTTPStatus.OK, b"")

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: standard error is the test's."""

    return Handler
