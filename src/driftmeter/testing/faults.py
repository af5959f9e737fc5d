"""A backend that misbehaves when it is told to, to all signals alike, and keeps a ledger of the log records it stored.

In a test's own process it is `FaultyBackend`; as a process of its own, for producers that are killed,
`python -m driftmeter.testing.faults`, which `driftmeter.testing.fault_process.FaultyProcess` starts and steers.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import threading
from http import HTTPStatus
from typing import Literal, Self

from google.protobuf.message import DecodeError

from driftmeter.testing.behaviour import Behaviour
from driftmeter.testing.fault_faces import Face, Reply, Tls, grpc_face, http_face
from driftmeter.testing.fault_steering import Steering
from driftmeter.testing.ledger import Ledger, Snapshot, identity, records_of

Protocol = Literal["http", "grpc"]


class FaultyBackend:
    """Receives OTLP on a loopback port, behaves as told while it runs, and stores the log records.

    Args:
        behaviour: how it behaves at first; see `Behaviour`.
        protocol: `http` or `grpc`.
        port: the port; 0 for a free one, which it keeps, even while it is `down`.
        tls: certificate and key to serve with; None for none.
        seed: of the share of requests that a `flaky` backend fails.

    >>> with FaultyBackend("status:503") as backend:
    ...     backend.behave("ok")
    ...     backend.snapshot()["ids"]
    {}

    """

    def __init__(
        self,
        behaviour: str = "ok",
        *,
        protocol: Protocol = "http",
        port: int = 0,
        tls: Tls | None = None,
        seed: int = 0,
    ) -> None:
        self.ledger = Ledger()
        self._behaviour = Behaviour.parse(behaviour)
        self._open_face = http_face if protocol == "http" else grpc_face
        self._scheme = "http" if tls is None else "https"
        self._port = port
        self._tls = tls
        self._random = random.Random(seed)  # noqa: S311  # which requests fail is no secret
        self._moved_on = threading.Event()
        self._lock = threading.Lock()
        self._face: Face | None = None

    def __enter__(self) -> Self:
        with self._lock:
            self._listen()
            if self._behaviour.word == "down":
                self._hang_up()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._hang_up()

    @property
    def port(self) -> int:
        """The port that it listens on, or would."""
        return self._port

    @property
    def endpoint(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"{self._scheme}://127.0.0.1:{self._port}"

    def behave(self, behaviour: str) -> None:
        """Behave so from now on; requests in a black hole are cut.

        Raises:
            ValueError: For what is no behaviour.

        """
        wanted = Behaviour.parse(behaviour)
        with self._lock:
            self._moved_on.set()
            if wanted.word == "down" or (self._face is not None and self._face.fixed):
                self._hang_up()
            self._moved_on = threading.Event()
            self._behaviour = wanted
            if wanted.word != "down" and self._face is None:
                self._listen()

    def snapshot(self) -> Snapshot:
        """Give what was stored, and how the requests ended."""
        return self.ledger.snapshot()

    def _listen(self) -> None:
        self._face = self._open_face(self._port, self._receive, self._behaviour, self._tls)
        self._port = self._face.port

    def _hang_up(self) -> None:
        face, self._face = self._face, None
        self._moved_on.set()
        if face is not None:
            face.close()

    def _receive(self, logs: bytes, encoding: str, size: int) -> Reply:
        behaviour, moved_on = self._behaviour, self._moved_on
        try:
            records = records_of(logs)
        except DecodeError:
            self.ledger.note("unreadable", 0)
            return Reply(HTTPStatus.BAD_REQUEST)
        reply = self._reply(behaviour, size, encoding, {identity(record) for record in records})
        stored = len(records) if reply.stores else 0
        self.ledger.store(records[: max(0, stored - reply.rejected)])
        self.ledger.note(reply.outcome, len(records))
        if behaviour.word == "black_hole":
            moved_on.wait()
        elif behaviour.word == "slow":
            moved_on.wait(float(behaviour.value))
        return reply

    def _reply(self, behaviour: Behaviour, size: int, encoding: str, ids: set[str]) -> Reply:
        word, value = behaviour
        if word in {"black_hole", "reset", "down"}:
            return Reply(cut=True)
        if word == "ack_lost":
            return Reply(cut=True, stores=True)
        if word == "status":
            status, _, wait_s = value.partition(",")
            return Reply(int(status), retry_after_s=int(wait_s) if wait_s else None)
        if word == "too_large" and size > int(value):
            return Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if word == "no_gzip" and encoding != "identity":
            return Reply(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if word == "refuse" and value in ids:
            return Reply(HTTPStatus.BAD_REQUEST)
        if word == "flaky" and self._random.random() < float(value):
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE)
        return Reply(stores=True, rejected=int(value) if word == "partial" else 0)


def main() -> None:
    """Run as a process: one line of JSON with the ports, then until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--behaviour", default="ok")
    parser.add_argument("--protocol", choices=("http", "grpc"), default="http")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    ended = threading.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda _number, _frame: ended.set())
    with (
        FaultyBackend(options.behaviour, protocol=options.protocol, port=options.port) as backend,
        Steering(backend) as steering,
    ):
        print(json.dumps({"port": backend.port, "steering": steering.port}), flush=True)  # noqa: T201
        while not ended.wait(0.2):  # a thread of gRPC's may take the signal, which wakes nobody
            pass


if __name__ == "__main__":
    main()
