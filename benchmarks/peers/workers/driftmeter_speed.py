"""driftmeter: the same arrays, held against a reference made beforehand; by `compare`, or by a monitor that stands."""

from __future__ import annotations

import sys

from protocol import serve, speed_table

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, DriftReport, Reference, Snapshot, WindowByRows, compare

PAST, LIVE = speed_table(*sys.argv[1:3])
REFERENCE = Reference.from_data(PAST, model="study")
ROWS = len(next(iter(LIVE.values())))
MONITOR = DriftMonitor(REFERENCE, windows=[WindowByRows(ROWS)])


def whole() -> DriftReport:
    """Every statistic of a batch, what columns show together included."""
    return compare(REFERENCE, LIVE)


def columns() -> DriftReport:
    """Every statistic of every column, as the peers have them."""
    return compare(REFERENCE, LIVE, multivariate=False)


def window() -> Snapshot:
    """A monitor shown a window of rows, and read."""
    MONITOR.observe(Columns(list(LIVE), ROWS, arrays=list(LIVE.values())), None, 0)
    return MONITOR.readings()


serve({"compare": whole, "columns": columns, "monitor": window}[sys.argv[3]])
