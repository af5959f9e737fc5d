"""OTLP over gRPC: one channel, the request's bytes as they are, answers read up to a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from driftmeter.forking import look_after
from driftmeter.otlp.answer import Answer, Verdict, bounded_wait_s, of_success
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.greenlets import beside
from driftmeter.otlp.grpc_threads import GRPC_THREADS
from driftmeter.otlp.quiet import sending
from driftmeter.otlp.transport import credentials

EXPORTS = {
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
}
ANSWER_BYTES = 65_536
FORK_WAIT_S = 0.5
"""How long a call that was ended may take to be over."""

_NAP_S = 0.02

RETRY_INFO = "google.rpc.retryinfo-bin"
STATUS_DETAILS = "grpc-status-details-bin"
_TOO_LARGE = ("larger than max", "exceeds maximum size", "too large")
"""How gRPC's implementations word it: the status alone may mean a quota, too."""

_UNANSWERED = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
}
"""What gRPC itself says when the connection fails."""

_OPTIONS = (
    ("grpc.max_receive_message_length", ANSWER_BYTES),
    ("grpc.enable_retries", 0),
    # By default a channel may stay two minutes with the news that nobody listens.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


class _Call(Protocol):
    def __call__(
        self, request: bytes, *, timeout: float, metadata: Sequence[tuple[str, str]], compression: grpc.Compression
    ) -> bytes: ...


class GrpcTransport:
    """Sends to one OTLP/gRPC endpoint.

    Args:
        endpoint: where and how.

    Raises:
        ValueError: If the endpoint's credential provider is not installed or gives no channel credentials.

    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._credentials = self._load() if endpoint.secure else None
        self._channel: grpc.Channel | None = None
        self._export: _Call | None = None
        self._sending = threading.Lock()
        self._still = False
        look_after(self)

    def __repr__(self) -> str:
        return f"GrpcTransport({self._endpoint!r})"

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._endpoint.address

    def send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:
        """Send one serialised request, as `Transport` says; one that a fork ends may be sent again."""
        with self._sending:
            return self._send(request, compressed=compressed, timeout_s=timeout_s)

    def _send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:
        compressed = compressed and self._endpoint.compression == "gzip"
        compression = grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression
        try:
            with sending():
                export = self._export or self._open()
                return of_success(
                    export(request, timeout=timeout_s, metadata=self._endpoint.headers, compression=compression)
                )
        except grpc.RpcError as error:
            return _judge(error, compressed=compressed)
        except ValueError:  # the channel was closed in another thread
            self._export = None
            return Answer(Verdict.RETRY, "closed", unknown=True)

    def close(self) -> None:
        """Let go of the channel; a call that waits in another thread ends at once."""
        channel, self._channel, self._export = self._channel, None, None
        if channel is not None:
            channel.close()

    def interrupt(self) -> bool:
        """End the call: gRPC aborts a child that is forked while a thread waits inside it."""
        self.close()
        return True

    def before_fork(self) -> None:
        """Have neither a call nor a channel, without which gRPC's threads end."""
        deadline_s = time.monotonic() + FORK_WAIT_S
        self._still = self._sending.acquire(blocking=False)
        self.close()
        while not self._still and time.monotonic() < deadline_s:
            self._still = self._sending.acquire(timeout=_NAP_S)
            self.close()  # a call on its way may open one after it was closed

    def after_fork_in_parent(self) -> None:
        """Go on; the next request opens a channel."""
        if self._still:
            self._still = False
            self._sending.release()

    def after_fork_in_child(self) -> None:
        """Forget the channel: its threads stayed with the parent, and closing it would wait for them."""
        if self._channel is not None:
            _abandoned.append(self._channel)
        self._channel = self._export = None
        self._sending, self._still = threading.Lock(), False

    def _open(self) -> _Call:
        target = self._endpoint.target
        GRPC_THREADS.started = True
        self._channel = channel = (
            grpc.insecure_channel(target, options=_OPTIONS)
            if self._credentials is None
            else grpc.secure_channel(target, self._credentials, options=_OPTIONS)
        )
        self._export = export = beside(cast("_Call", channel.unary_unary(EXPORTS[self._endpoint.signal])))
        return export

    def _load(self) -> grpc.ChannelCredentials:
        endpoint = self._endpoint
        given = credentials(endpoint.provider, grpc.ChannelCredentials, "grpc.ChannelCredentials")
        if isinstance(given, grpc.ChannelCredentials):
            return given
        return grpc.ssl_channel_credentials(
            root_certificates=_content(endpoint.certificate),
            private_key=_content(endpoint.client_key or endpoint.client_certificate),  # one file may hold both
            certificate_chain=_content(endpoint.client_certificate),
        )


def _content(file: Path | None) -> bytes | None:
    return None if file is None else file.read_bytes()


_abandoned: list[grpc.Channel] = []
"""Channels of a parent process: kept, for letting go of the last reference closes them."""


def _judge(error: grpc.RpcError, *, compressed: bool) -> Answer:
    status = error.code()
    reason = f"grpc_{status.name.lower()}"
    if status is grpc.StatusCode.INVALID_ARGUMENT:
        return Answer(Verdict.REFUSED, reason)
    if status is grpc.StatusCode.UNIMPLEMENTED and compressed:
        return Answer(Verdict.UNSUPPORTED_ENCODING, reason)
    after_s = _asked_wait_s(error)
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED and after_s is None:
        details = (error.details() or "").lower()
        if any(words in details for words in _TOO_LARGE):
            return Answer(Verdict.TOO_LARGE, reason)
    return Answer(Verdict.RETRY, reason, after_s=after_s, unknown=status in _UNANSWERED)


def _asked_wait_s(error: grpc.RpcError) -> float | None:
    for info in _retry_infos(error):
        return bounded_wait_s(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    return None


def _retry_infos(error: grpc.RpcError) -> Iterator[RetryInfo]:
    """What a backend asks for: among the status' details, as OTLP has it, or in a header of its own."""
    trailing = cast("Sequence[tuple[str, bytes]] | None", error.trailing_metadata())
    for name, value in trailing or ():
        try:
            if name == RETRY_INFO:
                yield RetryInfo.FromString(value)
            elif name == STATUS_DETAILS:
                for detail in Status.FromString(value).details:
                    info = RetryInfo()
                    if detail.Unpack(info):
                        yield info
        except DecodeError:
            continue
