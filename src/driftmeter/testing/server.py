"""The HTTP of the receiver: keep-alive, compressed bodies, one thread per connection, all gone after close."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys
import threading
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

MOST_BYTES = 64 * 1024 * 1024
"""No request is read or unpacked beyond this."""

_PROTOBUF = "application/x-protobuf"
_WINDOW_BITS = {"gzip": 31, "deflate": 15}


class Request(NamedTuple):
    """One request, unpacked."""

    path: str
    body: bytes
    encoding: str = "identity"
    """How the body was packed: `identity`, `gzip` or `deflate`."""
    headers: Mapping[str, str] = MappingProxyType({})
    """By their names in lower case."""


class Answer(NamedTuple):
    """How a request is answered."""

    status: int
    retry_after_s: int | None = None
    body: bytes = b""
    cut: bool = False
    """Whether the connection is reset instead of an answer."""


Receive: TypeAlias = Callable[[Request], Answer]
_Socket: TypeAlias = socket.socket | tuple[bytes, socket.socket]  # the second is a datagram's, which never comes


class Server:
    """Listens on a loopback port and hands each request, unpacked, to `receive`; over TLS if it is given a context."""

    def __init__(self, port: int, receive: Receive, tls: ssl.SSLContext | None = None) -> None:
        self._http = _Http(port, receive, tls)
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

    def __init__(self, port: int, receive: Receive, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.receive = receive
        if tls is not None:  # the handshake happens on the connection's own thread, with its first read
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._open: set[_Socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: _Socket, client_address: Any) -> None:
        # Noted before its thread starts, or a connection made in the last moment would never be cut.
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Socket) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: _Socket, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):  # a sender may go at any time
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
        length = int(self.headers.get("Content-Length", 0))
        if length > MOST_BYTES:
            self.close_connection = True
            self._reply(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError  # cut on its way: what came may well be a message, without the other records
        if self.headers.get_content_type() != _PROTOBUF:
            self._reply(Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE))
            return
        encoding = self.headers.get("Content-Encoding", "identity")
        try:
            body = _unpacked(body, encoding)
        except (zlib.error, ValueError):
            self._reply(Answer(HTTPStatus.BAD_REQUEST))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._reply(self.server.receive(Request(self.path, body, encoding, headers)))

    def _reply(self, answer: Answer) -> None:
        if answer.cut:
            # No lingering: closing sends RST at once, and what was asked for stays without an answer.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            raise ConnectionAbortedError
        self.send_response(answer.status)
        self.send_header("Content-Type", _PROTOBUF)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.retry_after_s is not None:
            self.send_header("Retry-After", str(answer.retry_after_s))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: standard error is the test's."""


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "identity":
        return body
    if encoding not in _WINDOW_BITS:
        raise ValueError(f"unknown content encoding {encoding!r}; use gzip, deflate or none")
    unpacking = zlib.decompressobj(_WINDOW_BITS[encoding])
    unpacked = unpacking.decompress(body, MOST_BYTES)
    if not unpacking.eof:
        raise ValueError(
            f"a body that ends too early, or has more than {MOST_BYTES} bytes; send whole and smaller ones"
        )
    return unpacked
