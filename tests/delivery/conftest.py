"""A real journal, a real sender and a backend that misbehaves, put together and taken apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from driftmeter.delivery import Pace, Sender
from driftmeter.journal import Journal, Kind
from driftmeter.otlp import Origin, log_record
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect
from driftmeter.pipeline import Guard
from driftmeter.testing.faults import FaultyBackend

ORIGIN = Origin(resource=(("service.name", "air"),), scope_name="driftmeter").to_bytes()
PROTOCOLS = {"http": "http/protobuf", "grpc": "grpc"}


class Bench:
    """One process's journal, sender and backend."""

    def __init__(self, directory, stack, protocol, behaviour, *, compression="gzip", pace=None, **sender):
        self.backend = stack.enter_context(FaultyBackend(behaviour, protocol=protocol))
        self.guard = Guard()
        self.journal = Journal(directory / "journal")
        self.transport = connect(
            Endpoint.from_environ(
                {
                    "OTEL_EXPORTER_OTLP_ENDPOINT": self.backend.endpoint,
                    "OTEL_EXPORTER_OTLP_PROTOCOL": PROTOCOLS[protocol],
                    "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
                }
            )
        )
        self.sender = Sender(self.journal, self.transport, guard=self.guard, pace=pace or Pace(), **sender)
        self.appended = 0

    def append(self, count, name="r", payload=b""):
        """Append records named `r0`, `r1` and so on; give their ids."""
        names = [f"{name}{self.appended + i}" for i in range(count)]
        for body in names:
            attributes = {"padding": payload} if payload else None
            record = log_record(time_ns=1, observed_ns=1, body=body, attributes=attributes)
            assert self.journal.append(Kind.RECORD, ORIGIN, record)
        self.appended += count
        if not self.sender.awake:
            self.sender.wake()
        return names

    @property
    def ids(self):
        return self.backend.snapshot()["ids"]

    @property
    def dead(self):
        return self.journal.status().buried

    def until(self, predicate, flush_s=0.1, limit_s=60.0):
        """Flush, in vain or not, until it holds."""
        deadline_s = time.monotonic() + limit_s
        while not predicate():
            assert time.monotonic() < deadline_s
            self.sender.flush(flush_s)

    def until_failed(self, times=1):
        """Have the backend fail so often, while somebody waits in vain."""
        self.until(lambda: sum(self.sender.status().retries.values()) >= times)
        assert not self.sender.flush(0.01)

    def close(self):
        self.sender.shutdown(0.1)
        self.journal.close()
        for thread in threading.enumerate():
            if thread.name == "driftmeter-sender":
                thread.join(10)


@pytest.fixture
def bench(tmp_path) -> Iterator:
    """Makes benches; takes them apart at the end, the backend first, so that no request is waited for."""
    benches = []
    with ExitStack() as stack:

        def make(protocol="http", behaviour="ok", **how) -> Bench:
            benches.append(Bench(tmp_path, stack, protocol, behaviour, **how))
            return benches[-1]

        yield make
        for made in benches:
            made.backend.behave("down")
            made.close()
            assert made.guard.faults.counts() == {}
