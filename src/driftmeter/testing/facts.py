"""What arrived over OTLP, as plain Python: one frozen fact per log record, span and metric point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | bool | int | float | bytes | list["Value"] | dict[str, "Value"] | None
Attributes: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One log record; an event where it has a name."""

    name: str
    attributes: Attributes
    body: Value
    trace_id: str
    """32 hex digits, or "" outside a trace."""
    span_id: str
    timestamp_ns: int
    severity: int
    """Severity number: 9 is INFO, 13 WARN, 17 ERROR; 0 when unset."""
    severity_text: str
    resource: Attributes
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One finished span."""

    name: str
    kind: str
    """INTERNAL, SERVER, CLIENT, PRODUCER or CONSUMER."""
    trace_id: str
    span_id: str
    parent_span_id: str
    """16 hex digits, or "" for a root."""
    start_ns: int
    end_ns: int
    attributes: Attributes
    status: str
    """UNSET, OK or ERROR."""
    resource: Attributes
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The value of a histogram point."""

    count: int
    sum: float
    bounds: tuple[float, ...] = ()
    """Upper bounds of the buckets but the last; none for histograms with exponential buckets."""
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of one metric."""

    name: str
    unit: str
    description: str
    kind: str
    """gauge, sum, histogram or exponential_histogram."""
    monotonic: bool
    """True for counters; an up-down counter is a sum that is not monotonic."""
    attributes: Attributes
    value: float | Distribution
    start_ns: int
    time_ns: int
    resource: Attributes
    scope: str
