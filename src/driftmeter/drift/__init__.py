"""Drift: a reference, windows of live rows held against it, and alarms that chance does not raise."""

from driftmeter.drift.building import ReferenceBuilder
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.reference import Reference

__all__ = ["ColumnReference", "Reference", "ReferenceBuilder"]
