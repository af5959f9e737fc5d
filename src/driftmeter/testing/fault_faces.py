"""The two protocols of the misbehaving backend: one reply, said in HTTP or in gRPC."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn, Protocol, TypeAlias, cast

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from driftmeter.testing.behaviour import Behaviour
from driftmeter.testing.server import MOST_BYTES, Answer, Request, Server

_LOGS = {"/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export"}
_OTHERS = {
    "/v1/traces",
    "/v1/metrics",
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
"""Signals that are treated alike, but not stored."""

_CODES = {
    HTTPStatus.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.UNAUTHORIZED: grpc.StatusCode.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.UNIMPLEMENTED,
    HTTPStatus.TOO_MANY_REQUESTS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.INTERNAL_SERVER_ERROR: grpc.StatusCode.INTERNAL,
}
_ONLY_IDENTITY = 1
"""As the bit set in which gRPC lists the encodings that a server unpacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What a backend serves with: PEM files."""

    certificate: Path
    key: Path
    clients: Path | None = None
    """The authority of the certificates that clients must show; None if they need none."""

    def context(self) -> ssl.SSLContext:
        """Give them as Python's own server wants them."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if self.clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.clients)
        return context


@dataclass(frozen=True, slots=True)
class Reply:
    """What the backend does with one request."""

    status: int = HTTPStatus.OK
    retry_after_s: int | None = None
    rejected: int = 0
    cut: bool = False
    """Whether the connection is reset instead of an answer."""
    stores: bool = False

    @property
    def outcome(self) -> str:
        """For the ledger: `200`, another status, `cut`, or `stored_cut`."""
        if self.cut:
            return "stored_cut" if self.stores else "cut"
        return str(int(self.status))

    def body(self) -> bytes:
        """Give the message of an accepting answer."""
        response = ExportLogsServiceResponse()
        if self.rejected:
            response.partial_success.rejected_log_records = self.rejected
            response.partial_success.error_message = "not stored"
        return response.SerializeToString()


Receive: TypeAlias = Callable[[bytes, str, int], Reply]
"""Takes the log records of a request, how it was packed, and how many bytes it had."""


class Face(Protocol):
    """A listening server."""

    port: int
    fixed: bool
    """Whether it has to be opened anew to behave in another way."""

    def close(self) -> None:
        """Stop listening and cut what is open."""


class _Http:
    fixed = False

    def __init__(self, port: int, receive: Receive, tls: Tls | None) -> None:
        self._receive = receive
        self._server = Server(port, self._answer, None if tls is None else tls.context())
        self.port = self._server.port

    def close(self) -> None:
        self._server.close()

    def _answer(self, request: Request) -> Answer:
        if request.path not in _LOGS | _OTHERS:
            return Answer(HTTPStatus.NOT_FOUND)
        logs = request.body if request.path in _LOGS else b""
        reply = self._receive(logs, request.encoding, len(request.body))
        return Answer(
            reply.status, reply.retry_after_s, reply.body() if reply.status == HTTPStatus.OK else b"", reply.cut
        )


class _Grpc(grpc.GenericRpcHandler):
    fixed = True  # what it unpacks, and up to which size, is known to gRPC alone, from the start

    def __init__(self, port: int, receive: Receive, behaviour: Behaviour, tls: Tls | None) -> None:
        self._receive = receive
        too_large = behaviour.word == "too_large"
        options = [("grpc.max_receive_message_length", int(behaviour.value) if too_large else MOST_BYTES)]
        if behaviour.word == "no_gzip":
            options.append(("grpc.compression_enabled_algorithms_bitset", _ONLY_IDENTITY))
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="otlp-grpc")
        self._server = grpc.server(self._pool, handlers=[self], options=options)
        address = f"127.0.0.1:{port}"
        self.port = (
            self._server.add_insecure_port(address)
            if tls is None
            else self._server.add_secure_port(address, _credentials(tls))
        )
        self._server.start()

    def close(self) -> None:
        self._server.stop(0).wait()
        self._pool.shutdown()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        method = details.method
        if method not in _LOGS | _OTHERS:
            return None

        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            return self._export(body if method in _LOGS else b"", len(body), context)

        return cast("grpc.RpcMethodHandler[bytes, bytes]", grpc.unary_unary_rpc_method_handler(export))

    def _export(self, logs: bytes, size: int, context: grpc.ServicerContext) -> bytes:
        reply = self._receive(logs, "identity", size)
        if reply.cut:
            context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
        if reply.status != HTTPStatus.OK:
            _refuse(reply, context)
        return reply.body()


def http_face(port: int, receive: Receive, _: Behaviour, tls: Tls | None) -> Face:
    """Listen for OTLP/HTTP."""
    return _Http(port, receive, tls)


def grpc_face(port: int, receive: Receive, behaviour: Behaviour, tls: Tls | None) -> Face:
    """Listen for OTLP/gRPC."""
    return _Grpc(port, receive, behaviour, tls)


def _refuse(reply: Reply, context: grpc.ServicerContext) -> NoReturn:
    code = _CODES.get(HTTPStatus(reply.status), grpc.StatusCode.UNAVAILABLE)
    if reply.retry_after_s is not None:
        info = Any()
        info.Pack(RetryInfo(retry_delay=Duration(seconds=reply.retry_after_s)))
        details = Status(code=code.value[0], details=[info]).SerializeToString()
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(code, "as told")


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key.read_bytes(), tls.certificate.read_bytes())],
        root_certificates=tls.clients.read_bytes() if tls.clients else None,
        require_client_auth=tls.clients is not None,
    )
