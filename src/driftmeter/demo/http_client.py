"""A keep-alive HTTP/1.1 client for load: one thread, some connections, each with one request under way.

General clients cost half a millisecond a request, as much as the model server itself; this one costs 60 µs.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_HEAD_END = b"\r\n\r\n"
_TIMEOUT_S = 30.0


class Answer(NamedTuple):
    """What the server said, and how long it took from the first byte sent to the last byte received."""

    status: int
    body: bytes
    latency_s: float


def exchange(
    address: tuple[str, int],
    requests: Iterable[tuple[T, bytes]],
    on_answer: Callable[[T, Answer], None],
    *,
    connections: int = 2,
) -> None:
    """Send requests in order, the next as soon as a connection is free, until all are answered.

    Args:
        address: host and port.
        requests: pairs of a tag and a whole HTTP request; asked for one at a time.
        on_answer: called with the tag and the answer.
        connections: how many requests are under way at once.

    Raises:
        OSError: the server cannot be reached, closes a connection or is silent for 30 s.

    """
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        lanes: list[_Lane[T]] = []
        try:
            for _ in range(connections):
                lane: _Lane[T] = _Lane(address)
                lanes.append(lane)
                if lane.send_next(waiting):
                    selector.register(lane.socket, selectors.EVENT_READ, lane)
            while selector.get_map():
                _pump(selector, waiting, on_answer)
        finally:
            for lane in lanes:
                lane.socket.close()


def _pump(
    selector: selectors.BaseSelector, waiting: Iterator[tuple[T, bytes]], on_answer: Callable[[T, Answer], None]
) -> None:
    ready = selector.select(_TIMEOUT_S)
    if not ready:
        raise TimeoutError(f"the server has not answered for {_TIMEOUT_S:.0f} s")
    for key, _ in ready:
        lane: _Lane[T] = key.data
        answer = lane.receive()
        if answer is not None:
            tag = lane.tag
            if not lane.send_next(waiting):
                selector.unregister(lane.socket)
            on_answer(tag, answer)


class _Lane(Generic[T]):
    """One connection and the request that is under way on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._sent_s = 0.0

    def send_next(self, waiting: Iterator[tuple[T, bytes]]) -> bool:
        """Send the next request; False when there is none."""
        following = next(waiting, None)
        if following is None:
            return False
        self.tag, request = following
        self._received = b""
        self._sent_s = time.perf_counter()
        self.socket.sendall(request)
        return True

    def receive(self) -> Answer | None:
        """Read what has come; the answer once it is whole."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError("the server closed the connection before it answered")
        self._received += chunk
        head, end, body = self._received.partition(_HEAD_END)
        if not end or len(body) < _content_length(head):
            return None
        return Answer(int(head[9:12]), body, time.perf_counter() - self._sent_s)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ConnectionError("the server answered without a Content-Length header")
