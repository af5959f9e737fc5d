"""Programs that record until something happens to them; each tells in a ledger what has returned.

`python producers.py` is a nursery: it imports driftmeter once and forks a producer for each line of JSON that it reads,
which costs milliseconds where an interpreter costs seconds. It is also what a preloading server does.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import random
import resource
import signal
import sys
import threading
import time
from pathlib import Path

import driftmeter
from driftmeter import DurableLogRecordProcessor, PredictionHandler, cli, runtime
from driftmeter.cli import group, journals

LONGEST_LIFE_S = 180.0
"""A producer whose test has died must not live for ever."""

VALUES = {f"feature_{n}": n * 1.5 for n in range(10)}
WIDE = {f"feature_{n}": n * 1.5 for n in range(300)}
RAGGED = [{"a": 1.0, "b": "x"}, {"a": "y"}]
PRELOADED = (cli, group, journals, runtime)


def packed(name, n):
    """The usual call: numbers, in a frame of columns."""
    with driftmeter.predict("air-time", version="7", inputs=VALUES) as call:
        call.outputs = [float(n)]
    return call.id


def wide(name, n):
    """As large as a record of a few kilobytes."""
    with driftmeter.predict("wide", inputs=WIDE) as call:
        call.outputs = [float(n)]
    return call.id


def own_id(name, n):
    """An id that the caller chose, and text."""
    with driftmeter.predict("air-time", inputs={"airline": "AA", "n": n}, id=f"{name}-{n}") as call:
        call.outputs = {"delayed": "yes"}
    return call.id


def ragged(name, n):
    """What no columns can hold: a log record written on the caller's thread."""
    with driftmeter.predict("ragged", inputs=RAGGED) as call:
        call.outputs = [1.0, "two"]
    return call.id


def failed(name, n):
    """The model raises."""
    with contextlib.suppress(ZeroDivisionError), driftmeter.predict("air-time", inputs=VALUES) as call:
        _ = 1 / 0
    return call.id


def label(name, n):
    """Feedback."""
    driftmeter.feedback(f"{name}-label-{n}", actual=1.0, model="air-time")
    return f"{name}-label-{n}"


def logged(name, n):
    """Through the standard library's logging."""
    told = {"id": f"{name}-log-{n}", "model": "air-time", "inputs": VALUES, "outputs": [1.0]}
    _log().info("scored", extra={"prediction": told})
    return told["id"]


def durable(name, n):
    """A log record of any kind."""
    from opentelemetry._logs import LogRecord

    _logger().emit(LogRecord(timestamp=n + 1, body=f"{name}-any-{n}", event_name="any", attributes=VALUES))
    return f"{name}-any-{n}"


DOORS = {door.__name__: door for door in (packed, wide, own_id, ragged, failed, label, logged, durable)}

_kept: dict[str, object] = {}


def _log():
    if "log" not in _kept:
        _kept["log"] = log = logging.getLogger("air-time")
        log.setLevel(logging.INFO)
        log.addHandler(PredictionHandler())
    return _kept["log"]


def _logger():
    if "logger" not in _kept:
        from opentelemetry.sdk._logs import LoggerProvider

        provider = LoggerProvider()
        provider.add_log_record_processor(DurableLogRecordProcessor(directory=_kept["journal"]))
        _kept["logger"] = provider.get_logger("any")
    return _kept["logger"]


class Ledger:
    """Tells what returned, in one write: a kill leaves whole lines."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, told):
        os.write(self._file, told.encode() + b"\n")


def record(plan, name, tell):
    """Go through the doors by turns, `count` times or until killed."""
    doors = [DOORS[door] for door in plan["doors"]]
    ends_s = time.monotonic() + LONGEST_LIFE_S
    for n in range(plan["count"]) if plan["count"] else itertools.count():
        tell(doors[n % len(doors)](name, n))
        if plan["pause_s"]:
            time.sleep(random.random() * 2 * plan["pause_s"])
        if time.monotonic() > ends_s:
            os._exit(99)


def produce(plan):
    """One producer, from its first import to how its plan says that it ends."""
    os.environ.update(plan["environ"])
    _kept["journal"] = plan["journal"]
    reader = None
    given = {"resources": "off", "spans": False, **plan["settings"]}
    if plan["metrics"]:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader

        reader = InMemoryMetricReader()
        given["meter_provider"] = MeterProvider([reader])
    driftmeter.configure(journal_dir=plan["journal"], **given)
    if plan["file_limit_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["file_limit_bytes"], resource.RLIM_INFINITY))
    tell, name = Ledger(plan["ledger"]), plan["name"]
    threads = [
        threading.Thread(target=record, args=(plan, f"{name}.{n}", tell), daemon=True) for n in range(plan["threads"])
    ]
    for thread in threads:
        thread.start()
    if not threads:
        record(plan, name, tell)
    for thread in threads:
        thread.join()
    tell(f"#ends {time.monotonic()}")
    ENDS[plan["end"]](plan, tell)
    if reader is not None:
        Path(plan["metrics"]).write_text(json.dumps(dropped(reader)))


def dropped(reader):
    """The points of `driftmeter.dropped` by reason."""
    read = reader.get_metrics_data()
    found = [m for r in read.resource_metrics for s in r.scope_metrics for m in s.metrics] if read else []
    return {
        point.attributes["reason"]: point.value
        for metric in found
        if metric.name == "driftmeter.dropped"
        for point in metric.data.data_points
    }


def _wait(plan, tell):
    tell("#done")
    time.sleep(LONGEST_LIFE_S)


def _flush(plan, tell):
    """When the test says so."""
    tell("#done")
    while not Path(plan["go"]).exists():
        time.sleep(0.01)
    tell(f"#flush {driftmeter.flush(LONGEST_LIFE_S)}")


def _fork(plan, tell):
    """Parent and children record on, while another thread of the parent records as well."""
    beside = threading.Thread(target=record, args=(plan, f"{plan['name']}.beside", tell))
    beside.start()
    children = []
    for n in range(3):
        child = os.fork()
        if not child:
            record(plan, f"{plan['name']}.child{n}", tell)
            os._exit(0)
        children.append(child)
        record(plan, f"{plan['name']}.after{n}", tell)
    beside.join()
    for child in children:
        assert (status := os.waitpid(child, 0)[1]) == 0, os.waitstatus_to_exitcode(status)


def _leave(plan, tell):
    """The main thread ends, and the interpreter with it, while others record on until they are stopped anywhere."""
    unbounded = {**plan, "count": 0}
    for n in range(3):
        threading.Thread(target=record, args=(unbounded, f"{plan['name']}.daemon{n}", tell), daemon=True).start()
    time.sleep(0.2)


ENDS = {
    "return": lambda plan, tell: None,
    "shutdown": lambda plan, tell: driftmeter.shutdown(),
    "leave": _leave,
    "wait": _wait,
    "os._exit": lambda plan, tell: os._exit(0),
    "sys.exit": lambda plan, tell: sys.exit(3),
    "abort": lambda plan, tell: os.abort(),
    "sigterm": lambda plan, tell: os.kill(os.getpid(), signal.SIGTERM),
    "fork": _fork,
    "flush": _flush,
}


def command(plan):
    """The command line, as a user would type it."""
    os.environ.update(plan["environ"])
    sys.argv = ["driftmeter", *plan["args"]]
    cli.main()


def nurse():
    """Fork a child for each request, and tell of its end when asked."""
    for line in sys.stdin:
        plan = json.loads(line)
        if "wait" in plan:
            _, status = os.waitpid(plan["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        elif (answer := os.fork()) == 0:
            for place, path, how in ((0, os.devnull, os.O_RDONLY), (1, plan["out"], os.O_WRONLY | os.O_CREAT)):
                os.dup2(os.open(path, how, 0o600), place)
            os.dup2(os.open(plan["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
            (command if "args" in plan else produce)(plan)
            return
        print(answer, flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    if len(sys.argv) > 1:
        produce(json.loads(sys.argv[1]))
    else:
        nurse()
