"""The HTTP of the receiver: keep-alive, compressed bodies, one thread per connection, all gone after close."""

from __future__ import annotations

import contextlib
import gzip
import socket
import sys
import threading
import zlib
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeAlias

_PROTOBUF = "application/x-protobuf"


class Answer(NamedTuple):
    """How a request is answered."""

    status: int
    retry_after_s: int | None = None


Receive: TypeAlias = Callable[[str, bytes], Answer]
_Request: TypeAlias = socket.socket | tuple[bytes, socket.socket]  # the second is a datagram's, which never comes


class Server:
    """Listens on a loopback port and hands each path and decompressed body to `receive`."""

    def __init__(self, port: int, receive: Receive) -> None:
        self._http = _Http(port, receive)
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="otlp-receiver", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and cut the connections that senders keep open."""
        self._http.shutdown()
        self._thread.join()
        self._http.cut()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for the connections' threads
    request_queue_size = 128

    def __init__(self, port: int, receive: Receive) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.receive = receive
        self._open: set[_Request] = set()
        self._lock = threading.Lock()

    def process_request(self, request: _Request, client_address: Any) -> None:
        # Noted before its thread starts, or a connection made in the last moment would never be cut.
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: _Request, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a sender may go at any time
            super().handle_error(request, client_address)

    def cut(self) -> None:
        with self._lock:
            for connection in self._open:
                assert isinstance(connection, socket.socket)
                with contextlib.suppress(OSError):  # its sender has just gone
                    connection.shutdown(socket.SHUT_RD)


class _Connection(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, for two of them wait 40 ms for each other on a kept connection
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get_content_type() != _PROTOBUF:
            self._reply(Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE))
            return
        try:
            body = _decompressed(body, self.headers.get("Content-Encoding", "identity"))
        except (OSError, EOFError, zlib.error, ValueError):
            self._reply(Answer(HTTPStatus.BAD_REQUEST))
            return
        self._reply(self.server.receive(self.path, body))

    def _reply(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", _PROTOBUF)
        self.send_header("Content-Length", "0")
        if answer.retry_after_s is not None:
            self.send_header("Retry-After", str(answer.retry_after_s))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: standard error is the test's."""


def _decompressed(body: bytes, encoding: str) -> bytes:
    if encoding == "identity":
        return body
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    raise ValueError(f"unknown content encoding {encoding!r}; use gzip, deflate or none")
