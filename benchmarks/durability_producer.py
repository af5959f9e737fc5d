"""One producer in a process of its own, as its plan says: by the SDK's batch processor, or by driftmeter.

Run by `durability.py`, which may kill it; so it tells as it goes: each id in a ledger once the call has returned. What
it measured is in a report.
"""

# ruff: noqa: PLC0415  # each way imports its own, so that one does not grow by what another needs

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import psutil

VALUES = {f"feature_{n}": n * 1.5 for n in range(10)}
OUTPUTS = [131.0]
WARM_UP = 50
"""Calls before anything is measured: imports, first connections, a first segment."""

Emit = Callable[[int], str]
End = Callable[[], object]


def stock(_plan: dict[str, str]) -> tuple[Emit, End]:
    """OpenTelemetry's own way, with its own defaults."""
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    return emitter(BatchLogRecordProcessor(OTLPLogExporter()))


def durable(plan: dict[str, str]) -> tuple[Emit, End]:
    """The same log records on a journal."""
    from driftmeter import DurableLogRecordProcessor

    return emitter(DurableLogRecordProcessor(directory=plan["journal"]))


def emitter(processor: object) -> tuple[Emit, End]:
    """One log record with as many values as a prediction has."""
    from opentelemetry._logs import LogRecord
    from opentelemetry.sdk._logs import LoggerProvider

    provider = LoggerProvider()
    provider.add_log_record_processor(processor)
    logger = provider.get_logger("benchmark")
    attributes = {**VALUES, "output": OUTPUTS[0], "model": "air-time"}

    def emit(n: int) -> str:
        logger.emit(LogRecord(timestamp=time.time_ns(), body=str(n), event_name="benchmark", attributes=attributes))
        return str(n)

    return emit, provider.shutdown


def predict(plan: dict[str, str]) -> tuple[Emit, End]:
    """Predictions, with drift and metrics counted as ever."""
    import driftmeter

    driftmeter.configure(journal_dir=plan["journal"], resources="off", spans=False)

    own_ids = plan["own_ids"]

    def emit(n: int) -> str:
        with driftmeter.predict("air-time", version="7", inputs=VALUES, id=str(n) if own_ids else None) as call:
            call.outputs = OUTPUTS
        return call.id

    return emit, driftmeter.shutdown


WAYS = {"stock": stock, "durable": durable, "predict": predict}


def main() -> None:
    """Record as the plan on the command line says."""
    plan = json.loads(sys.argv[1])
    emit, end = WAYS[plan["way"]](plan)
    ledger = os.open(plan["ledger"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    process = psutil.Process()
    took_ns, most_rss, before_rss = array("q"), 0, 0
    pause_s = 1 / plan["rate"] if plan["rate"] else 0.0
    due_s = time.monotonic()
    for n in range(plan["count"]) if plan["count"] else itertools.count():
        began_ns = time.perf_counter_ns()
        told = emit(n)
        took_ns.append(time.perf_counter_ns() - began_ns)
        os.write(ledger, told.encode() + b"\n")
        if n == WARM_UP:
            before_rss = process.memory_info().rss
        elif n % 1000 == 0:
            most_rss = max(most_rss, process.memory_info().rss)
        due_s += pause_s
        if (wait_s := due_s - time.monotonic()) > 0:
            time.sleep(wait_s)
    time.sleep(plan["live_on_s"])
    report = {
        "took_ns": sorted(took_ns[WARM_UP:]),
        "rss_growth_mib": (most_rss - before_rss) / 2**20,
        "recorded_s": time.monotonic(),
    }
    unready = Path(plan["report"] + "-unready")
    unready.write_text(json.dumps(report))
    unready.rename(plan["report"])
    end()


if __name__ == "__main__":
    main()
