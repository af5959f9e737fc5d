"""The two facts that travel through driftmeter: a finished model call, and a label that arrived for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, get_args

from driftmeter.columns import Columns
from driftmeter.text import as_text

LabelSource: TypeAlias = Literal["direct", "human", "active", "weak"]
LABEL_SOURCES: tuple[str, ...] = get_args(LabelSource)

UNNAMED = "unnamed"
"""The model of predictions that name none: their values count all the same."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NOTHING


class TraceLink(NamedTuple):
    """Where in a trace a record belongs; plain integers, as in W3C Trace Context."""

    trace_id: int
    span_id: int
    trace_flags: int
    parent_span_id: int = 0
    """The span around the call, 0 if there was none: tells a span processor that its span was already recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One call to one model, from request to answer.

    Sources build it, sinks read it, nobody changes it; to add a fact use `dataclasses.replace` and pass the copy on.

    >>> Prediction(id="7", model="air-time", started_ns=0, duration_s=0.01, source="predict").batch_size
    1

    """

    id: str
    model: str
    version: str | None = None
    operation: str = "predict"
    framework: str | None = None
    started_ns: int
    """Wall clock, nanoseconds since the epoch."""
    duration_s: float | None
    """Monotonic clock, so never negative; None where the source saw only the result."""
    timestamp_ns: int = 0
    """When the prediction counts for windows and events: the caller's own time if given, else `started_ns`."""
    inputs: Columns | None = None
    outputs: Columns | None = None
    scores: Columns | None = None
    batch_size: int = 1
    error_type: str | None = None
    """Qualified exception name, or None when the model answered."""
    slices: Mapping[str, str] = field(default_factory=_nothing)
    tags: Mapping[str, str] = field(default_factory=_nothing)
    trace: TraceLink | None = None
    source: str
    """Which kind of source saw it: predict, log, span, sklearn, …"""
    handed_over: bool = True
    """False when instrumentation merely saw the values: then only named columns may be recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A label for one row of an earlier prediction, however late."""

    prediction_id: str
    actual: object
    row: int = 0
    source: LabelSource = "direct"
    model: str | None = None
    received_ns: int
    """When the label became known: the caller's own time if given, else the wall clock."""
    trace: TraceLink | None = None


Record: TypeAlias = Prediction | Feedback


def error_type_of(error: BaseException | None) -> str | None:
    """The `error.type` of an exception: its qualified name, never its text, which may quote inputs.

    >>> error_type_of(KeyError("secret"))
    'KeyError'

    """
    if error is None:
        return None
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return as_text(name)
