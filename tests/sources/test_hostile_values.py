"""Whatever a model is given or returns: it is served, the record is kept where it can be, and no neighbour is lost."""

import contextlib
import datetime as dt
import decimal
import json
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

import driftmeter
from driftmeter.drift import Reference
from driftmeter.pipeline import current
from driftmeter.testing.decoding import log_events

BOOM = RuntimeError("boom")


def raising(*names):
    """An object whose special methods or attributes raise."""

    def boom(self, *args, **kwargs):
        raise BOOM

    members = {name: boom if name.startswith("__") and name != "__class__" else property(boom) for name in names}
    return type("Raising", (), members)()


class LyingList(list):
    def __len__(self):
        return 10**9

    def __getitem__(self, key):
        raise BOOM

    def copy(self):
        raise BOOM


class RaisingDict(dict):
    def values(self):
        raise BOOM

    items = copy = keys = values


class RaisingStr(str):
    __slots__ = ()

    def __str__(self):
        raise BOOM

    __repr__ = __str__


class Column(list):
    """Looks like a column until somebody reads it."""

    def __getitem__(self, key):
        raise BOOM


def cyclic():
    table = {"a": 1}
    table["self"] = table
    table["twice"] = [table, table]
    return table


def cyclic_array():
    array = np.empty((), object)
    array[()] = array
    return array


READABLE = {
    "nan": {"a": float("nan"), "b": float("inf"), "c": -float("inf")},
    "huge ints": {"a": 10**30, "b": 10**5000, "c": -(2**63) - 1},
    "surrogates": {"a\ud800": "b\udfff"},
    "10 MB": {"a": "x" * 10_000_000},
    "cyclic": cyclic(),
    "cyclic array": {"a": cyclic_array()},
    "deep": json.loads("[" * 500 + "]" * 500),
    "numpy scalars": {"a": np.float32(1), "b": np.int8(1), "c": np.bool_(True), "d": np.str_("x"), "e": np.array(1)},
    "object array": np.array([[1, "a", None, object()]], dtype=object),
    "numpy times": {"a": np.datetime64("NaT", "ns"), "b": np.datetime64(1, "ns"), "c": np.timedelta64(1, "s")},
    "numpy records": np.zeros(2, dtype=[("a", "f4"), ("b", "U3"), ("c", "M8[s]")]),
    "long double": {"a": np.longdouble(1), "b": np.complex64(1j)},
    "pandas": pd.DataFrame({"a": [1, None], "b": [pd.NaT, pd.Timestamp(0)], "c": pd.Categorical(["x", None])}),
    "scalars": {
        "a": decimal.Decimal(1),
        "b": uuid.UUID(int=1),
        "c": dt.date(2015, 1, 1),
        "d": b"\xff" * 9999,
        "e": {1},
    },
    "strange keys": {None: 1, 1: 2, (1, 2): 3, "": 4, "x" * 9999: 5},
    "empty": {},
    "empty batch": {"a": [], "b": np.array([])},
    "no rows": np.empty((0, 3)),
    "hostile cell": {"a": raising("__len__", "__float__", "__str__", "__repr__", "__eq__", "__hash__"), "b": 1},
    "raising text": {"a": RaisingStr("x")},
    "lying column": {"a": [1, 2], "b": Column([1, 2])},
}
"""Inputs of which at least something is recorded."""

UNREADABLE = {
    "3-d": np.ones((2, 2, 2)),
    "unequal": {"a": [1, 2], "b": [1]},
    "ragged": [[1], [1, 2]],
    "wide": {str(n): n for n in range(10_001)},
    "generator": (n for n in range(3)),
    "object": object(),
    "type": int,
    "class": raising("__class__"),
    "class of a cell": {"a": raising("__class__"), "b": 1},
    "shape": raising("shape"),
    "nbytes": raising("nbytes"),
    "lying size": type("Liar", (), {"nbytes": -(10**9), "shape": (float("nan"), "a")})(),
    "array": raising("__array__"),
    "attributes": raising("__getattr__"),
    "lying list": LyingList([1]),
    "raising dict": RaisingDict(a=1),
    "raising keys": {raising("__str__", "__repr__"): 1},
}
"""Inputs of which only the call is recorded."""


@pytest.fixture
def wire(sdk):
    """The real SDK, with a reference to count against."""
    reference = Reference.from_data({"a": list(range(100))}, model="m")
    return sdk().configure(reference=reference)


def sent(wire):
    """All events as one batch over the wire: what one record spoils, its neighbours lack."""
    assert driftmeter.flush(10)
    request = encode_logs(wire._logs.get_finished_logs()).SerializeToString()
    assert encode_spans(wire.spans).SerializeToString()
    events = log_events(ExportLogsServiceRequest.FromString(request))
    return [event for event in events if event.name == "ml.prediction"]


def serve(given, answer=1.0, **facts):
    """What a server does: its model is called with what came, and the answer goes back."""
    with driftmeter.predict("m", inputs=given, **facts) as call:
        call.outputs = answer
    return call


def between_neighbours(wire, given, answer=1.0, **facts):
    """The event of one call between two ordinary ones."""
    serve({"a": 1.0}, id="before")
    call = serve(given, answer, **facts)
    serve({"a": 2.0}, id="after")
    events = sent(wire)
    assert [event.attributes["ml.prediction.id"] for event in events] == ["before", call.id, "after"]
    assert len(wire.spans) == 3
    assert current.installed().dropped.counts() == {}
    return events[1].attributes


@pytest.mark.parametrize("kind", READABLE)
def test_strange_inputs_are_recorded(wire, kind):
    """As far as they can be."""
    found = between_neighbours(wire, READABLE[kind])
    assert found["ml.prediction.outputs"] == {"output": 1.0}
    assert "ml.prediction.inputs" in found or kind in {"empty", "empty batch", "no rows"}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_inputs_cost_only_themselves(wire, kind):
    """The call, its answer and its duration are recorded; the fault is counted."""
    found = between_neighbours(wire, UNREADABLE[kind])
    assert found["ml.prediction.outputs"] == {"output": 1.0}
    assert "ml.prediction.inputs" not in found
    assert current.installed().guard.faults.counts().keys() & {"sources.inputs", "sources.call"}


@pytest.mark.parametrize("kind", [*READABLE, *UNREADABLE])
def test_strange_answers_are_given_back(wire, kind):
    """The very same object, and the inputs are recorded."""
    answer = {**READABLE, **UNREADABLE}[kind]
    assert between_neighbours(wire, {"a": 3.0}, answer)["ml.prediction.inputs"] == {"a": 3.0}
    assert driftmeter.predict("m")(lambda row: answer)({"a": 1.0}) is answer


BAD_NAMES = {
    "surrogate": "\ud800",
    "10 MB": "x" * 10_000_000,
    "number": 7,
    "none": None,
    "object": object(),
    "list": ["unhashable"],
    "array": np.array([1, 2]),
    "bytes": b"\xff",
    "no hash": raising("__hash__"),
    "no class": raising("__class__", "__eq__", "__format__"),
}


@pytest.mark.parametrize("kind", BAD_NAMES)
@pytest.mark.parametrize("place", ["model", "version", "id", "operation", "slices", "tags", "timestamp"])
def test_strange_names_cost_no_neighbour(wire, place, kind):
    """Neither as names, nor as names and values of slices and tags."""
    name = BAD_NAMES[kind]
    if place == "model":
        with driftmeter.predict(name) as call:
            call.outputs = 1.0
    elif place in {"slices", "tags"}:
        call = serve({"a": 1.0}, **{place: name})
        serve({"a": 1.0}, **{place: {"a": name}})
        with contextlib.suppress(TypeError, RuntimeError):  # what cannot be hashed is no key
            serve({"a": 1.0}, **{place: {name: "b"}})
    else:
        call = serve({"a": 1.0}, **{place: name})
    assert isinstance(call.id, str)
    between_later = serve({"a": 1.0}, id="after")
    ids = [event.attributes["ml.prediction.id"] for event in sent(wire)]
    assert ids[0] == call.id
    assert ids[-1] == between_later.id


def test_drift_goes_on_beside_hostile_values(wire):
    """The readable values of the same chunk are counted."""
    for kind in ("hostile cell", "nan", "cyclic", "10 MB"):
        serve(READABLE[kind])
        serve({"a": 5.0})
    assert driftmeter.flush(10)
    assert current.installed().guard.faults.counts().get("sinks.drift", 0) == 0


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=12,
)


@settings(
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.function_scoped_fixture],
    max_examples=settings.default.max_examples * 3 // 5,
)
@given(inputs=values, outputs=values, scores=values)
def test_anything_at_all_arrives(wire, inputs, outputs, scores):
    """One event per call, whatever the values."""
    with driftmeter.predict("m", inputs=inputs) as call:
        call.outputs, call.scores = outputs, scores
    assert sent(wire)[-1].attributes["ml.prediction.id"] == call.id
