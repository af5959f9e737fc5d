"""The two facts that travel through driftmeter: a finished model call, and a label that arrived for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Columns, stack
from driftmeter.text import as_text

LabelSource: TypeAlias = Literal["direct", "human", "active", "weak"]
LABEL_SOURCES: tuple[str, ...] = get_args(LabelSource)

UNNAMED = "unnamed"
"""The model of predictions that name none: their values count all the same."""

UUID_CHARACTERS = 36

_NOTHING: Mapping[str, str] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NOTHING


SAMPLED = 1
"""The flag of W3C Trace Context that says that a trace is kept."""


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
    subject: object = None
    """Whom it is about, as given: kept in memory alone, stored as a pseudonym or not at all."""
    source: str
    """Which kind of source saw it: predict, log, span, sklearn, …"""
    handed_over: bool = True
    """False when instrumentation merely saw the values: then only named columns may be recorded."""

    def called(self, model: str, version: str | None) -> Prediction:
        """The same call under another name."""
        return replace(self, model=model, version=version)

    @property
    def rows(self) -> int:
        """How many rows there are to count: those of the inputs, or of the outputs where no inputs came."""
        table = self.inputs if self.inputs is not None else self.outputs
        return table.rows if table is not None else 0


class Uuids(Sequence[str]):
    """Ids that are UUIDs, written as RFC 9562 does only where somebody asks.

    Args:
        octets: shape (ids, 16).

    >>> list(Uuids(np.zeros((1, 16), np.uint8)))
    ['00000000-0000-0000-0000-000000000000']

    """

    def __init__(self, octets: NDArray[np.uint8]) -> None:
        self.octets = octets

    def __len__(self) -> int:
        return len(self.octets)

    def __getitem__(self, place: int) -> str:  # type: ignore[override]  # no slices
        return _hyphened(self.octets[place].tobytes().hex())

    def __iter__(self) -> Iterator[str]:
        digits = self.octets.tobytes().hex()
        return (_hyphened(digits[start : start + 32]) for start in range(0, len(digits), 32))


def uuid_octets(text: str) -> bytes | None:
    """The 16 bytes of a UUID that is written as `Uuids` does; None for any other text.

    >>> uuid_octets("00000000-0000-0000-0000-000000000000") == bytes(16), uuid_octets("flight-7")
    (True, None)

    """
    if len(text) != UUID_CHARACTERS:
        return None
    try:
        octets = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return None
    return octets if _hyphened(octets.hex()) == text else None


def _hyphened(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Timings(NamedTuple):
    """How long each of some calls took, and where in a trace it stands.

    Attributes:
        durations_s: shape (calls,); NaN where nothing was timed.
        sampled: shape (calls,), which of them belong to a trace that is kept.
        traces: where each belongs.

    """

    durations_s: NDArray[np.float64]
    sampled: NDArray[np.bool_]
    traces: Sequence[TraceLink | None]

    @classmethod
    def of(cls, calls: Sequence[Prediction]) -> Timings:
        """The timings of calls that were read one by one.

        >>> call = Prediction(id="7", model="air-time", started_ns=0, duration_s=None, source="log")
        >>> Timings.of([call])
        Timings(durations_s=array([nan]), sampled=array([False]), traces=[None])

        """
        traces = [call.trace for call in calls]
        return cls(
            np.array([call.duration_s for call in calls], np.float64),
            np.array([trace is not None and bool(trace.trace_flags & SAMPLED) for trace in traces], np.bool_),
            traces,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Calls that differ in nothing but their values, as one table: a chunk costs little more than a single call.

    Attributes:
        alike: what the calls have in common; of its own values none counts.
        rows: rows of each call, shape (calls,).
        timestamps_ns: when each call counts for windows, shape (calls,), nanoseconds since the epoch.
        timings: durations and traces.
        ids: the id of each call, as text only where somebody asks.
        inputs, outputs: the rows of all calls below each other; None where none has any.
        calls: the calls themselves, each made when it is asked for.

    """

    alike: Prediction
    rows: NDArray[np.int64]
    timestamps_ns: NDArray[np.int64]
    timings: Timings
    ids: Sequence[str]
    inputs: Columns | None
    outputs: Columns | None
    calls: Sequence[Prediction]

    @classmethod
    def of(cls, calls: Sequence[Prediction]) -> Predictions:
        """Calls of one model whose columns are alike, laid below each other."""
        inputs = [call.inputs for call in calls if call.inputs is not None]
        outputs = [call.outputs for call in calls if call.outputs is not None]
        return cls(
            alike=calls[0],
            rows=np.array([call.rows for call in calls], np.int64),
            timestamps_ns=np.array([call.timestamp_ns or call.started_ns for call in calls], np.int64),
            timings=Timings.of(calls),
            ids=[call.id for call in calls],
            inputs=stack(inputs) if inputs else None,
            outputs=stack(outputs) if outputs else None,
            calls=calls,
        )

    @property
    def model(self) -> str:
        """The model of all calls."""
        return self.alike.model

    @property
    def version(self) -> str | None:
        """Its version."""
        return self.alike.version

    def called(self, model: str, version: str | None) -> Predictions:
        """The same calls under another name."""
        return replace(self, alike=self.alike.called(model, version), calls=_Renamed(self.calls, model, version))

    def __len__(self) -> int:
        return len(self.calls)


class _Renamed(Sequence[Prediction]):
    """Calls under another name, each renamed when it is asked for."""

    def __init__(self, calls: Sequence[Prediction], model: str, version: str | None) -> None:
        self._calls, self._model, self._version = calls, model, version

    def __getitem__(self, place: int) -> Prediction:  # type: ignore[override]  # no slices
        return self._calls[place].called(self._model, self._version)

    def __len__(self) -> int:
        return len(self._calls)


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


Record: TypeAlias = Prediction | Predictions | Feedback


def singly(records: Iterable[Record]) -> Iterator[Prediction | Feedback]:
    """The records one by one, for those who look at each by itself."""
    for record in records:
        if isinstance(record, Predictions):
            yield from record.calls
        else:
            yield record


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
