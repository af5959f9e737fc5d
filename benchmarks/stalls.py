"""How often a thread that wants to run has to wait for Python's lock while driftmeter works in the background.

    python benchmarks/stalls.py              # about a minute
    python benchmarks/stalls.py --seconds 2

A probe sleeps for half a millisecond at a time and notes when it wakes more than 4 ms late, beside: nothing at all;
driftmeter's worker, sender and encoder of spans at 2,000 predictions a second, handed over by another process; and the
SDK's encoders at 2,000 spans and log records of 20 attributes a second. Rounds take turns, for the machine itself is
late now and then.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as sdk_encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from driftmeter.columns import Columns
from driftmeter.delivery import Pace, Sender
from driftmeter.drift import DriftMonitor, Reference, parse_window
from driftmeter.journal import Journal, Kind
from driftmeter.otel.origin import Origins
from driftmeter.otel.span_encoding import encode_spans
from driftmeter.otlp import Layout, Origin, Table, columns_of, packer
from driftmeter.otlp.answer import Answer, Verdict

FEATURES = 20
PER_SECOND = 2000
BATCHES_PER_SECOND = 4
LATE_S = 0.004
NAP_S = 0.0005

NAMES = tuple(f"feature_{i}" for i in range(FEATURES))
LAYOUT = Layout(
    origin=Origin(scope_name="driftmeter"),
    event_name="ml.prediction",
    id_attribute="ml.prediction.id",
    tables=(Table("ml.prediction.inputs", NAMES, codes="d" * FEATURES),),
)


class Nowhere:
    """A transport that takes everything: what is measured is our side."""

    address = "nowhere"

    def send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:  # noqa: ARG002  # the contract's
        return Answer(Verdict.ACCEPTED)

    def close(self) -> None:
        """Nothing to let go of."""

    def interrupt(self) -> bool:
        """Nothing is on its way."""
        return False


def lates(seconds: float) -> int:
    """How often a nap was more than 4 ms too long."""
    found, end_s = 0, time.monotonic() + seconds
    while (now_s := time.monotonic()) < end_s:
        time.sleep(NAP_S)
        found += time.monotonic() - now_s - NAP_S > LATE_S
    return found


@contextlib.contextmanager
def repeated(work: Callable[[], object]) -> Iterator[None]:
    """Work done on another thread, so many times a second."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(1 / BATCHES_PER_SECOND):
            work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@contextlib.contextmanager
def ours() -> Iterator[None]:
    """A journal's sender and a drift monitor, fed with a quarter of a second's predictions at a time."""
    random = np.random.default_rng(7)
    training = random.normal(size=(20_000, FEATURES))
    reference = Reference.from_data(dict(zip(NAMES, training.T, strict=True)), model="benchmark")
    monitor = DriftMonitor(reference, windows=[parse_window(text) for text in ("1000rows", "1h", "24h")])
    pack = packer(LAYOUT)
    rows = random.normal(size=(PER_SECOND // BATCHES_PER_SECOND, FEATURES)).tolist()
    spans, origins = finished({"ml.model.name": "benchmark", "ml.prediction.batch_size": 1}), Origins()
    payloads = [pack(time.time_ns(), time.time_ns(), 0, 0, 0, 0.001, 1, bytes(16), row) for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal")
        sender = Sender(journal, Nowhere(), pace=Pace(delay_s=1 / BATCHES_PER_SECOND))

        def work() -> None:
            for payload in payloads:  # on a server, each of these is part of another request
                journal.append(Kind.ROWS, LAYOUT.to_bytes(), payload)
                time.sleep(0)
            sender.wake()
            found = columns_of(LAYOUT, payloads)
            monitor.observe(Columns(NAMES, len(rows), matrix=found.tables[0]), None, time.time_ns())
            encode_spans(spans, origins)

        with repeated(work):
            yield
        sender.shutdown(1)
        journal.close()


@contextlib.contextmanager
def stock() -> Iterator[None]:
    """The SDK's encoders on as many spans and log records."""
    attributes = {name: float(place) for place, name in enumerate(NAMES)}
    record = LogRecord(timestamp=time.time_ns(), body="answered", attributes=attributes)
    batch = [ReadableLogRecord(record, Resource({}))] * (PER_SECOND // BATCHES_PER_SECOND)
    spans = finished(attributes)

    def work() -> None:
        encode_logs(batch).SerializeToString()
        sdk_encode_spans(spans).SerializeToString()

    with repeated(work):
        yield


def finished(attributes: Mapping[str, float | str | int]) -> list[ReadableSpan]:
    """A quarter of a second's spans."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("benchmark")
    spans = [tracer.start_span("predict", attributes=attributes) for _ in range(PER_SECOND // BATCHES_PER_SECOND)]
    for span in spans:
        span.end()
    return [each for each in spans if isinstance(each, ReadableSpan)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Waits of more than 4 ms for Python's lock.")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    works = {"idle": contextlib.nullcontext, "driftmeter": ours, "SDK encoders": stock}
    found: dict[str, list[int]] = {name: [] for name in works}
    for _ in range(arguments.rounds):
        for name, work in works.items():
            with work():
                found[name].append(lates(arguments.seconds))
    for name, counts in found.items():
        each = ", ".join(map(str, counts))
        print(f"{name:<13} {statistics.median(counts):>5} late in {arguments.seconds:g} s (median of {each})")


if __name__ == "__main__":
    main()
