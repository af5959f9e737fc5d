import dataclasses
import struct

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from driftmeter import semconv
from driftmeter.capture import Capture, Retention
from driftmeter.columns import NUMBERS, snapshot
from driftmeter.otlp import Origin, decode, encode, rows_in
from driftmeter.pipeline import Guard
from driftmeter.pipeline.catalogue import KnownModel
from driftmeter.pipeline.stages import Naming
from driftmeter.record import TraceLink
from driftmeter.sinks.events import EventSink
from driftmeter.sinks.journal_writer import JournalWriter
from driftmeter.sinks.packed.forms import Unpackable
from driftmeter.sinks.packed.packer import MAX_SHAPES, CallPacker
from driftmeter.sinks.storing import Storing
from driftmeter.sources.call import NO_LINK, Call
from driftmeter.sources.extras import Extras, Watch

ORIGIN = Origin(resource=(("service.name", "air"),), scope_name="driftmeter")
KNOWN = [KnownModel("three", "2015Q1", ("a", "b", "c"), ("min",))]
STORING = Storing(Capture("default", deny=["secret"]), {"three": "abc"}, retention=Retention("180d"))

texts = st.text(st.characters(codec="utf-8"), max_size=20)
scalars = st.one_of(
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.none(),
    texts,
    st.floats(width=32).map(np.float32),
    st.integers(-100, 100).map(np.int16),
    st.booleans().map(np.bool_),
)
names = st.one_of(st.sampled_from(["age", "city", "my_secret"]), texts.filter(bool))
mappings = st.dictionaries(names, scalars, min_size=1, max_size=6)
dtypes = st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, np.float16, ">f8"])


def arrays(rows, columns):
    return dtypes.flatmap(lambda dtype: npst.arrays(dtype, st.tuples(rows, columns)))


frames = st.one_of(
    mappings.map(lambda row: pd.DataFrame([row])),
    # Of a null polars makes NaN in a series and None in a row: both are missing, see `test_frames`.
    mappings.filter(lambda row: None not in row.values()).map(lambda row: pl.DataFrame([row], strict=False)),
    arrays(st.integers(1, 3), st.integers(1, 4)).map(pd.DataFrame),
    npst.arrays(np.float64, st.tuples(st.integers(1, 70), st.just(2))).map(pl.DataFrame),
)
rows = st.one_of(
    arrays(st.integers(1, 3), st.integers(1, 3)).map(np.ndarray.tolist),
    st.lists(st.fixed_dictionaries({"a": st.floats(), "b": st.floats()}), min_size=1, max_size=4),
    mappings.map(lambda row: [row]),
).map(snapshot)
inputs = st.one_of(
    mappings,
    frames,
    rows,
    arrays(st.integers(1, 3), st.integers(1, 4)),
    arrays(st.just(2), st.just(3)),
    st.lists(scalars, min_size=1, max_size=4),
    st.none(),
)
outputs = st.one_of(
    scalars,
    frames,
    rows,
    st.lists(st.floats(), min_size=1, max_size=3),
    arrays(st.integers(1, 3), st.integers(1, 2)),
    arrays(st.integers(1, 3), st.just(1)).map(np.ravel),
    mappings,
)
labels = st.none() | st.dictionaries(st.text("abc_", min_size=1, max_size=9), texts, max_size=3)


@st.composite
def calls(draw):
    """Finished calls."""
    call = Call(
        draw(st.sampled_from(["three", "other"])),
        version=draw(st.none() | st.just("7")),
        extras=Extras(id=draw(st.none() | texts.filter(bool)), slices=draw(labels), tags=draw(labels)),
        watch=Watch(handed_over=draw(st.booleans())),
    )
    given, call.array = draw(inputs), None
    if isinstance(given, np.ndarray) and given.dtype in NUMBERS and draw(st.booleans()):
        given, call.array = given.tobytes(), (given.dtype, given.shape)
    call.left = (given, draw(outputs), draw(st.none() | outputs))
    call._started_ns, call.duration_s = 1_700_000_000_000_000_000, draw(st.none() | st.floats(0, 10))
    call.error_type = draw(st.sampled_from([None, "ValueError"]))
    call.link = draw(st.just(NO_LINK) | st.just(TraceLink(2**127 + 5, 7, 1)))
    return call


def packed(call, packer, guard):
    """The call's shape, and what is packed of it; None where it has to be read the long way."""
    loose = call.loose(guard)
    shape = packer.shape_of(loose)
    if shape is None:
        return None
    payload = shape.pack(loose)
    return shape, payload, payload if shape.pack_stored is None else shape.pack_stored(loose, rows_in(payload))


def plain(table):
    if table is None:
        return None
    columns = {name: np.asarray(table[name], object).tolist() for name in table.names}
    return table.rows, {name: [_comparable(value) for value in column] for name, column in columns.items()}


def _comparable(value):
    return "NaN" if isinstance(value, float | np.floating) and np.isnan(value) else value


def same_call(one, other):
    for field in dataclasses.fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name in {"inputs", "outputs", "scores"}:
            assert plain(mine) == plain(theirs), field.name
        elif field.name != "trace":
            assert mine == theirs, field.name
    assert (one.trace or None) == (other.trace or None)


@given(call=calls())
@settings(max_examples=settings.default.max_examples * 4)
def test_what_is_packed_is_what_would_have_been_read(call):
    """The worker gets the same call, the journal the same event, as by the long way."""
    guard = Guard(strict=True)
    packer, left = CallPacker(KNOWN, STORING, lambda: ORIGIN), call.left
    try:
        found = packed(call, packer, guard)
    except (Unpackable, ValueError, struct.error):
        return  # the long way, which takes anything
    if found is None:
        return
    shape, payload, stored = found
    [together] = shape.read([payload] * 2, guard)
    call.left = left
    read = Naming(KNOWN, guard)(call.record(guard))
    for one in together.calls:
        same_call(one, read)
    written = []
    writer = JournalWriter(lambda _kind, definition, record: written.append((definition, record)), lambda: ORIGIN)
    EventSink(writer, STORING, guard).accept([read])
    assert event(shape.definition, stored) == event(*written[0])


@dataclasses.dataclass
class Entry:
    definition: bytes
    payload: bytes


def event(definition, payload):
    """The event that is sent, without the moment at which it was written down."""
    encoding = encode([Entry(definition, payload)])
    assert not encoding.refused
    [group] = encoding.groups
    [record] = group.records()
    found = decode(record)
    assert group.origin == ORIGIN
    # A number that is 0 and one that is left out are the same to a parser.
    return {key: value for key, value in found.items() if "bserved" not in key and value != 0}


def finished(left_behind, **given):
    call = Call("other", extras=Extras(**given))
    call.left = left_behind
    return call


@pytest.mark.parametrize(
    "left_behind",
    [
        (np.zeros((1, 20)), 1.0, None),
        (np.zeros(3, np.float32), [1.0], None),
        ({"age": 31, "city": "Oslo", "height": 1.8, "member": True, "phone": None}, 7, None),
        (np.zeros((4, 2)), np.zeros(4), None),
        (np.zeros((4, 2)), np.zeros(4), np.zeros((4, 3))),
        ([1.0, 2.0], [0.5], None),
    ],
    ids=["array", "flat array", "mapping", "batch", "batch with scores", "list"],
)
def test_the_usual_calls_can_be_packed(left_behind):
    """Else the fast path would be for nobody."""
    assert packed(finished(left_behind), CallPacker([], Storing(), lambda: ORIGIN), Guard(strict=True)) is not None


@pytest.mark.parametrize(
    "left_behind",
    [
        ({"age": object()}, 1.0, None),
        ({"ages": [1, 2]}, 1.0, None),
        ({7: 1.0}, 1.0, None),
        (np.zeros((2, 2), object), None, None),
        (np.zeros((2, 2, 2)), None, None),
        ({}, None, None),
        ([{"age": 1}], None, None),
    ],
    ids=["object", "columns", "number as name", "objects", "cube", "empty", "rows"],
)
def test_what_has_no_plain_look_goes_the_long_way(left_behind):
    """Where anything can be read."""
    assert packed(finished(left_behind), CallPacker([], Storing(), lambda: ORIGIN), Guard(strict=True)) is None


@pytest.mark.parametrize(
    "left_behind",
    [
        ({"a": 2**63}, None, None),
        ({"a": "x" * 5000}, None, None),
        ({"a": "\ud800"}, None, None),
        (np.zeros((0, 2)), None, None),
        (np.zeros((0, 2)), np.zeros(0), None),
        (np.zeros((3, 2)), np.zeros(2), None),
        (np.zeros((100_000, 2)), None, None),
        ({f"f{n}": "x" * 4000 for n in range(100)}, None, None),
        (np.zeros((8000, 2)), np.zeros((8000, 2)), None),
    ],
    ids=[
        "wide int",
        "long text",
        "surrogate",
        "no rows",
        "none out",
        "unequal",
        "large",
        "many texts",
        "large together",
    ],
)
def test_values_that_are_not_what_they_look_like_are_noticed(left_behind):
    """And go the long way, too."""
    packer, guard = CallPacker([], Storing(), lambda: ORIGIN), Guard(strict=True)
    with pytest.raises((Unpackable, ValueError, struct.error)):
        packed(finished(left_behind), packer, guard)


def test_only_so_many_shapes_are_settled():
    """A name that changes with every request must not fill the memory."""
    packer = CallPacker([], Storing(), lambda: ORIGIN)
    found = [packed(finished(({f"name {n}": 1.0}, None, None)), packer, Guard()) for n in range(MAX_SHAPES + 5)]
    assert [shape is None for shape in found] == [False] * MAX_SHAPES + [True] * 5


def test_what_may_not_be_stored_is_packed_for_the_worker_alone():
    """Drift is measured on every column, whatever is recorded of it."""
    packer = CallPacker([], Storing(Capture("default", deny=["secret"])), lambda: ORIGIN)
    call = finished(({"age": 31.0, "my_secret": 123456.5}, 1.0, None), tags={"secret": "s3cr3t", "team": "a"})
    shape, payload, stored = packed(call, packer, Guard(strict=True))
    [together] = shape.read([payload], Guard())
    assert together.inputs["my_secret"][0] == 123456.5
    told = event(shape.definition, stored)["attributes"]
    assert told[semconv.PREDICTION_INPUTS] == {"age": 31.0}
    assert told[semconv.TAG_PREFIX + "team"] == "a"
    assert "secret" not in str(told)


def test_a_value_that_is_stored_in_another_form_is_read_first():
    """Nothing raw may reach the disk."""
    packer = CallPacker([], Storing(Capture("default", policies=["age=bucket:10"])), lambda: ORIGIN)
    assert packed(finished(({"age": 31.0}, 1.0, None)), packer, Guard(strict=True)) is None
