"""A small OTLP backend inside the test's own process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from types import MappingProxyType
from typing import Generic, Literal, Self, TypeAlias, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from driftmeter.testing.decoding import log_events, points, spans
from driftmeter.testing.facts import LogEvent, Point, Span
from driftmeter.testing.server import Answer, Request, Server

Signal: TypeAlias = Literal["logs", "traces", "metrics"]
Message: TypeAlias = ExportLogsServiceRequest | ExportTraceServiceRequest | ExportMetricsServiceRequest
OnRequest: TypeAlias = Callable[[Signal, Message, bytes], object]

_M = TypeVar("_M")
_F = TypeVar("_F")

_ROUTES: MappingProxyType[str, tuple[Signal, type[Message]]] = MappingProxyType(
    {
        "/v1/logs": ("logs", ExportLogsServiceRequest),
        "/v1/traces": ("traces", ExportTraceServiceRequest),
        "/v1/metrics": ("metrics", ExportMetricsServiceRequest),
    }
)


class OtlpReceiver:
    """Receives logs, traces and metrics over OTLP/HTTP (protobuf, plain, gzip or deflate) on a free loopback port.

    Args:
        on_request: Called with each accepted request: its signal, the message, and the bytes of its protobuf. It runs
            on the connection's thread before the answer. If it raises, the sender is answered with 500, and leaving
            the `with` block raises the first such error.
        keep: Whether to keep what arrives for `logs`, `spans` and `metrics`; False where `on_request` does all.
        port: The port, 0 for a free one; a given one lets a backend come back.

    >>> from urllib.request import Request, urlopen
    >>> with OtlpReceiver() as receiver:
    ...     sent = Request(f"{receiver.endpoint}/v1/logs", b"", {"Content-Type": "application/x-protobuf"})
    ...     with urlopen(sent) as response:
    ...         response.status, receiver.accepted, receiver.logs
    (200, 1, [])

    """

    def __init__(self, on_request: OnRequest | None = None, *, keep: bool = True, port: int = 0) -> None:
        self._on_request = on_request
        self._keep = keep
        self._port = port
        self._answer = Answer(HTTPStatus.OK)
        self._arrival = threading.Condition()
        self._logs = _Kept(log_events)
        self._spans = _Kept(spans)
        self._points = _Kept(points)
        self._server: Server | None = None
        self._failure: Exception | None = None
        self.accepted = 0
        """Requests answered with 200."""
        self.refused = 0
        """Requests for a signal answered with anything else."""

    def __enter__(self) -> Self:
        self._server = Server(self._port, self._receive)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._server is not None:
            self._server.close()
        if error is None and self._failure is not None:
            raise self._failure

    @property
    def endpoint(self) -> str:
        """The base address, as for OTEL_EXPORTER_OTLP_ENDPOINT; a single signal's is this and /v1/logs and so on.

        Raises:
            RuntimeError: Before the `with` block.

        """
        if self._server is None:
            raise RuntimeError("the receiver does not listen yet: enter it with `with`")
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def logs(self) -> list[LogEvent]:
        """The log records so far, in the order of arrival."""
        return self._logs.facts()

    @property
    def spans(self) -> list[Span]:
        """The spans so far, in the order of arrival."""
        return self._spans.facts()

    @property
    def metrics(self) -> list[Point]:
        """The metric points so far, of every export, in the order of arrival."""
        return self._points.facts()

    def events(self, name: str) -> list[LogEvent]:
        """Give the log records with this event name."""
        return [event for event in self.logs if event.name == name]

    def latest(self, metric: str) -> list[Point]:
        """Give the last point of each resource and set of attributes of one metric."""
        named = (point for point in self.metrics if point.name == metric)
        return list({repr((point.resource, sorted(point.attributes.items()))): point for point in named}.values())

    def answer(self, status: int, *, retry_after_s: int | None = None) -> None:
        """Answer from now on with this HTTP status; only what is answered with 200 is kept."""
        self._answer = Answer(status, retry_after_s)

    def wait_for(self, predicate: Callable[[OtlpReceiver], bool], timeout_s: float = 10.0) -> bool:
        """Wait until the predicate holds, which is asked anew with each arrival; tell whether it did in time."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            seen = self.accepted + self.refused
            if predicate(self):
                return True
            with self._arrival:
                left_s = max(0.0, deadline_s - time.monotonic())
                if not self._arrival.wait_for(lambda: self.accepted + self.refused > seen, left_s):  # noqa: B023
                    return False

    def _receive(self, request: Request) -> Answer:
        answer = self._take(request.path, request.body)
        with self._arrival:
            if answer.status == HTTPStatus.OK:
                self.accepted += 1
            else:
                self.refused += 1
            self._arrival.notify_all()
        return answer

    def _take(self, path: str, body: bytes) -> Answer:
        answer = self._answer
        if answer.status != HTTPStatus.OK:
            return answer
        if path not in _ROUTES:
            return Answer(HTTPStatus.NOT_FOUND)
        signal, message_type = _ROUTES[path]
        try:
            message = message_type.FromString(body)
        except DecodeError:
            return Answer(HTTPStatus.BAD_REQUEST)
        try:
            if self._on_request is not None:
                self._on_request(signal, message, body)
        except Exception as error:  # noqa: BLE001  # raised where the test sees it, not on the connection's thread
            self._failure = self._failure or error
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR)
        if self._keep:
            self._file(message)
        return answer

    def _file(self, message: Message) -> None:
        if isinstance(message, ExportLogsServiceRequest):
            self._logs.add(message)
        elif isinstance(message, ExportTraceServiceRequest):
            self._spans.add(message)
        else:
            self._points.add(message)


class _Kept(Generic[_M, _F]):
    """Messages, read into facts when somebody looks: arrival must not wait for that."""

    def __init__(self, read: Callable[[_M], Iterable[_F]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._unread: deque[_M] = deque()
        self._facts: list[_F] = []

    def add(self, message: _M) -> None:
        self._unread.append(message)

    def facts(self) -> list[_F]:
        with self._lock:
            while self._unread:
                self._facts.extend(self._read(self._unread.popleft()))
            return list(self._facts)
