"""Drift: a reference, windows of live rows held against it, and alarms that chance does not raise."""

from driftmeter.drift.alarms import REFERENCE, AlarmChange
from driftmeter.drift.building import ReferenceBuilder
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.evaluation import STATISTICS
from driftmeter.drift.monitor import DriftMonitor, Observation, Share, Snapshot
from driftmeter.drift.readings import Reading
from driftmeter.drift.reference import Reference
from driftmeter.drift.report import DriftReport, compare
from driftmeter.drift.windows import Window, WindowByRows, WindowByTime, parse_window

__all__ = [
    "REFERENCE",
    "STATISTICS",
    "AlarmChange",
    "ColumnReference",
    "DriftMonitor",
    "DriftReport",
    "Observation",
    "Reading",
    "Reference",
    "ReferenceBuilder",
    "Share",
    "Snapshot",
    "Window",
    "WindowByRows",
    "WindowByTime",
    "compare",
    "parse_window",
]
