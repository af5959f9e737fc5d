"""What encoding prediction events costs beside OpenTelemetry's SDK, and what packing one costs the caller.

    python benchmarks/encoding.py            # about half a minute
    python benchmarks/encoding.py --short    # a few seconds, for a quick look

512 events of one row and 20 columns. Ours is all from packed rows to the bytes of a request; the SDK's is `encode_logs`
alone, without turning its message into bytes. Then spans of four attributes, to bytes on both sides. Figures are
medians over interleaved rounds of CPU time on one thread.
The longest wait of another thread shows whether encoding keeps the interpreter to itself.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from figures import cpu_us
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as sdk_encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from stalls import finished

from driftmeter.otel.origin import Origins
from driftmeter.otel.span_encoding import encode_spans
from driftmeter.otlp import Layout, Origin, Table, encode, packer, request
from driftmeter.otlp.exact import attributes_of
from driftmeter.otlp.packing import unpack

RECORDS = 512
NAMES = tuple(f"feature_{number}" for number in range(20))
WORDS = ["Amsterdam", "Basel", "Zürich", "a longer name of a place", "NL"]
_random = random.Random(7)


class Entry(NamedTuple):
    """What a journal gives back."""

    definition: bytes
    payload: bytes


class Case(NamedTuple):
    """One kind of events, in the forms in which each side wants them."""

    name: str
    layout: Layout
    values: Sequence[object]
    entries: list[Entry]
    records: list[ReadableLogRecord]


def layout_of(table: Table) -> Layout:
    """The layout of a prediction event, as the journal's sink writes it."""
    return Layout(
        origin=Origin(resource=(("service.name", "air"),), scope_name="driftmeter"),
        event_name="ml.prediction",
        body="air-time answered",
        attributes=(
            ("event.name", "ml.prediction"),
            ("gen_ai.request.model", "air-time"),
            ("ml.model.version", "7"),
            ("gen_ai.operation.name", "predict"),
            ("ml.prediction.source", "predict"),
        ),
        id_attribute="ml.prediction.id",
        duration_attribute="ml.prediction.duration",
        rows_attribute="ml.prediction.batch_size",
        altered_attribute="ml.prediction.altered",
        tables=(table,),
    )


def readable(layout: Layout, payload: bytes) -> ReadableLogRecord:
    """The same event as the SDK has it before it encodes."""
    packed = unpack(layout, payload)
    record = LogRecord(
        timestamp=packed.time_ns,
        observed_timestamp=packed.observed_ns,
        severity_number=SeverityNumber(layout.severity_number),
        severity_text=layout.severity_text,
        body=layout.body,
        attributes=attributes_of(layout, packed),
        event_name=layout.event_name,
    )
    scope = InstrumentationScope(layout.origin.scope_name)
    return ReadableLogRecord(record, Resource(dict(layout.origin.resource)), scope)


def arguments(values: object) -> tuple[object, ...]:
    """What a packer takes."""
    now_ns = time.time_ns()
    return now_ns, now_ns, _random.getrandbits(128), _random.getrandbits(64), 1, 0.01, 1, uuid.uuid4().bytes, values


def case(name: str, table: Table, draw: Callable[[], Sequence[object]]) -> Case:
    """Many events of one kind."""
    layout, rows = layout_of(table), [draw() for _ in range(RECORDS)]
    pack = packer(layout)
    entries = [Entry(layout.to_bytes(), pack(*arguments(row))) for row in rows]
    return Case(name, layout, rows[0], entries, [readable(layout, entry.payload) for entry in entries])


def cases() -> list[Case]:
    """Kinds of events from the easiest to the hardest."""
    generator = np.random.default_rng(7)

    def floats() -> Sequence[object]:
        return list(generator.normal(size=20).tolist())

    def mixed() -> list[object]:
        return [*floats()[:12], *integers()[:3], *_random.choices(WORDS, k=5)]

    def integers() -> list[object]:
        return list(generator.integers(0, 100_000, 20).tolist())

    def missing() -> list[object]:
        return [*floats()[:19], float("nan") if _random.random() < 0.5 else 1.0]

    return [
        case("20 float64, one by one", Table("ml.prediction.inputs", NAMES, "d" * 20), floats),
        case(
            "20 float64, an array",
            Table("ml.prediction.inputs", NAMES, dtype="<f8"),
            lambda: generator.normal(size=(1, 20)),  # type: ignore[arg-type, return-value]  # an array
        ),
        case("20 int64", Table("ml.prediction.inputs", NAMES, "q" * 20), integers),
        case("20 float64, NaN in every other row", Table("ml.prediction.inputs", NAMES, "d" * 20), missing),
        case("12 float64, 3 int64, 5 texts", Table("ml.prediction.inputs", NAMES, "d" * 12 + "qqqsssss"), mixed),
    ]


def of_spans(rounds: int) -> tuple[float, float]:
    """What encoding a span of `predict()` costs the SDK and us, in microseconds."""
    identity = {"ml.model.name": "air-time", "ml.model.version": "7", "ml.operation.name": "predict"}
    spans, origins = finished({**identity, "ml.prediction.batch_size": 1}), Origins()
    found = []
    for _ in range(rounds):
        sdk_us = cpu_us(lambda: sdk_encode_spans(spans).SerializeToString(), 1)
        found.append((sdk_us / len(spans), cpu_us(lambda: encode_spans(spans, origins), 1) / len(spans)))
    sdk, ours = (statistics.median(column) for column in zip(*found, strict=True))
    return sdk, ours


def waits_of(run: Callable[[], object], duration_s: float) -> tuple[float, int]:
    """How long a thread that sleeps 0.3 ms at a time waits beyond it beside 20 runs a second; how often beyond 4 ms."""
    ended = threading.Event()

    def keep_running() -> None:
        while not ended.wait(0.05):
            run()

    thread = threading.Thread(target=keep_running)
    thread.start()
    waits = []
    until_s = time.monotonic() + duration_s
    while (before_s := time.monotonic()) < until_s:
        time.sleep(0.0003)
        waits.append((time.monotonic() - before_s) * 1000 - 0.3)
    ended.set()
    thread.join()
    return max(waits), sum(wait > 4 for wait in waits)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What encoding costs beside OpenTelemetry's SDK.")
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    rounds = 5 if parser.parse_args().short else 31
    every = cases()
    print(f"{RECORDS} events of 20 columns{'':<20} {'SDK µs':>8} {'ours µs':>8} {'ratio':>7} {'pack µs':>8}")
    for kind in every:
        pack, given = packer(kind.layout), arguments(kind.values)
        found = []
        for _ in range(rounds):
            sdk_us = cpu_us(lambda: encode_logs(kind.records), 1) / RECORDS  # noqa: B023  # called at once
            ours_us = cpu_us(lambda: request(encode(kind.entries).groups), 10) / RECORDS  # noqa: B023
            found.append((sdk_us, ours_us, sdk_us / ours_us, cpu_us(lambda: pack(*given), 5000)))  # noqa: B023
        sdk, ours, ratio, packed = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{kind.name:<43} {sdk:>8.1f} {ours:>8.2f} {ratio:>6.0f}x {packed:>8.2f}")
    sdk, ours = of_spans(rounds)
    print(f"{'a span of 4 attributes':<43} {sdk:>8.1f} {ours:>8.2f} {sdk / ours:>6.1f}x")
    works: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "the SDK's encoder": lambda: encode_logs(every[0].records),
        "ours": lambda: encode(every[0].entries),
        "ours, with texts": lambda: encode(every[-1].entries),
    }
    for name, work in works.items():
        waits = [waits_of(work, 1.0) for _ in range(3)]
        longest = " ".join(f"{wait:.1f}" for wait, _count in waits)
        print(
            f"another thread's longest waits beside {name}: {longest} ms; beyond 4 ms {[count for _, count in waits]}"
        )


if __name__ == "__main__":
    main()
