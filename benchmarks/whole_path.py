"""What a prediction costs the process in all: drift counted, event on disk, span and event encoded and sent.

Beside it the stock path, see `ways`. Each way runs in a process of its own, whose whole CPU time is taken; once with
predictions one right after the other, and once as they come to a server, so many a second, where little is done at once
and everything that was in the caches is gone from them. Metrics are as driftmeter sets them up by default, which the
stock path has none of; what one export of all of them takes, which the SDK does once a minute however many predictions
there were, is a figure of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from figures import Figure
from ways import WAYS, Way

PREDICTIONS = 5000
WARM_UP = 5000
"""What happens once in a process, such as working out the thresholds of drift, is no cost of a prediction."""
PER_SECOND = (50, 500)
SECONDS = 4
SPANS_EVERY_MS = 1000
"""As records of logs; the usual five seconds would leave to chance which spans are encoded within these."""


class Cost(NamedTuple):
    """What one way costs the process."""

    prediction_us: float
    export_ms: float = 0.0
    """Of an export of all metrics."""


def at_once(way: Way) -> Cost:
    """One prediction right after the other."""

    def predict(count: int) -> None:
        for number in range(count):
            way.predict(number)
        way.flush()

    predict(WARM_UP)
    all_s = _cpu_s(lambda: predict(PREDICTIONS))
    export_s = _cpu_s(way.flush)
    return Cost((all_s - export_s) / PREDICTIONS * 1e6, export_s * 1e3)


def as_they_come(way: Way, per_second: int) -> Cost:
    """So many a second; without what waiting for the next one costs, and without an export of metrics."""
    for number in range(WARM_UP):
        way.predict(number)
    way.flush()
    time.sleep(1.5)  # the background is at rest
    count = per_second * SECONDS
    waiting_s = _cpu_s(lambda: _paced(count, per_second, lambda _number: None))
    all_s = _cpu_s(lambda: _paced(count, per_second, way.predict))
    return Cost((all_s - waiting_s) / count * 1e6)


def _paced(count: int, per_second: int, predict: Callable[[int], None]) -> None:
    started_s = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, started_s + number / per_second - time.perf_counter()))
        predict(number)
    time.sleep(1.5)  # what the background does of these is theirs, too


def _cpu_s(run: Callable[[], None]) -> float:
    started_s = time.process_time()
    run()
    return time.process_time() - started_s


def whole_path(rounds: int) -> list[Figure]:
    """Total CPU per prediction beside the stock path."""
    found = [[_in_process(way) for way in WAYS] for _ in range(rounds)]
    us = [[cost.prediction_us for cost in costs] for costs in found]
    ratios = [(stock, span / stock, spanless / stock) for stock, span, spanless in us]
    stock, span, spanless = (statistics.median(column) for column in zip(*ratios, strict=True))
    return [
        Figure("stock span and log of 20 attributes, all CPU", stock, "µs"),
        Figure("driftmeter with a span, all CPU", span, "x stock", 0.35),
        Figure("driftmeter without a span, all CPU", spanless, "x stock", 0.05),
        Figure(
            "an export of all metrics of one model", statistics.median(costs[-1].export_ms for costs in found), "ms"
        ),
    ]


def traffic(rounds: int) -> list[Figure]:
    """The same where predictions come one by one."""
    figures = []
    for per_second in PER_SECOND:
        found = [[_in_process(way, per_second).prediction_us for way in ("stock", "span")] for _ in range(rounds)]
        stock_us = statistics.median(stock for stock, _ours in found)
        ratio = statistics.median(ours / stock for stock, ours in found)
        figures += [
            Figure(f"stock, {per_second:,} predictions a second, all CPU", stock_us, "µs"),
            Figure(f"driftmeter with a span, {per_second:,} a second, all CPU", ratio, "x stock"),
        ]
    return figures


def _in_process(way: str, per_second: int = 0) -> Cost:
    command = [sys.executable, __file__, way, str(per_second)]
    environ = os.environ | {"OTEL_BSP_SCHEDULE_DELAY": str(SPANS_EVERY_MS)}
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environ).stdout  # noqa: S603  # our own script
    return Cost(*json.loads(out))


def _measured(name: str, per_second: int) -> Cost:
    with WAYS[name]() as way:
        return as_they_come(way, per_second) if per_second else at_once(way)


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], int(sys.argv[2]))))
