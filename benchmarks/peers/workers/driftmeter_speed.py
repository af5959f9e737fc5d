"""driftmeter: the same arrays, held against a reference made beforehand; `compare` or a monitor's whole turn."""

from __future__ import annotations

import sys

from protocol import serve, speed_table

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, DriftReport, Reference, Snapshot, WindowByRows, compare

LIVE = speed_table(sys.argv[1])[1]
REFERENCE = Reference.from_data(speed_table(sys.argv[1])[0], model="study")
ROWS = len(next(iter(LIVE.values())))


def batch() -> DriftReport:
    """Every statistic of a batch, what columns show together included."""
    return compare(REFERENCE, LIVE)


def window() -> Snapshot:
    """A monitor made, shown every row, and read."""
    monitor = DriftMonitor(REFERENCE, windows=[WindowByRows(ROWS)])
    monitor.observe(Columns(list(LIVE), ROWS, arrays=list(LIVE.values())), None, 0)
    return monitor.readings()


serve({"compare": batch, "monitor": window}[sys.argv[2]])
