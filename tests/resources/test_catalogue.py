import re
from pathlib import Path

import pytest

from driftmeter.resources import CATALOGUE, GROUPS, Snapshot

ROWS = [metric for group in GROUPS for metric in CATALOGUE[group]]


@pytest.mark.parametrize("metric", ROWS, ids=lambda metric: metric.name)
def test_row_follows_opentelemetry(metric):
    """Name, unit and kind are those of OpenTelemetry's own package of conventions."""
    area = metric.name.split(".")[0]
    conventions = pytest.importorskip(f"opentelemetry.semconv._incubating.metrics.{area}_metrics")
    source = Path(conventions.__file__).read_text()
    entry = re.search(rf'{re.escape(metric.name)}"\n"""\n.*?\nInstrument: (\w+)\nUnit: (\S+)', source)
    assert entry is not None
    kinds = {
        "counter": "observable_counter",
        "gauge": "observable_gauge",
        "updowncounter": "observable_up_down_counter",
    }
    assert (metric.kind, metric.unit) == (kinds[entry[1]], entry[2])


def test_every_row_has_a_reading_here():
    """On Linux nothing of the table stays without a point; utilization of the machine comes with the second cycle."""
    now = [100.0]
    snapshot = Snapshot(clock=lambda: now[0])
    while not snapshot.points("system.cpu.utilization"):
        now[0] += 1
    # A machine without disks of its own, or without any traffic, has nothing to say of these.
    assert {row.name for row in ROWS if not snapshot.points(row.name)} <= {"system.disk.io", "system.network.io"}
    assert snapshot.faults() == {}
