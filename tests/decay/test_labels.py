import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import read_outputs
from driftmeter.decay import LabelJoin, Remembered
from driftmeter.decay.labels import MAX_ROWS_REMEMBERED, scalar
from driftmeter.record import Feedback, Prediction, Predictions

HOUR_NS = 3_600_000_000_000


def prediction(outputs, key="1"):
    table = None if outputs is None else read_outputs(outputs)
    return Prediction(id=key, model="m", version="7", started_ns=0, duration_s=0, source="test", outputs=table)


def matched(join, actual=1.0, *, key="1", row=0, received_ns=HOUR_NS):
    return join.match_record(Feedback(prediction_id=key, actual=actual, row=row, received_ns=received_ns))


@pytest.fixture
def join():
    return LabelJoin(most=3)


@pytest.mark.parametrize("outputs", [[5.0, 6.0], np.array([5.0, 6.0]), {"minutes": [5.0, 6.0], "other": [0, 0]}])
def test_label_meets_its_row(join, outputs):
    """Of a batch; the first output column is what labels speak of."""
    join.remember_record(prediction(outputs))
    found = matched(join, 7.0, row=1)
    assert (found.model, found.version, found.predicted, found.actual, found.delay_s) == ("m", "7", 6.0, 7.0, 3600.0)


@pytest.mark.parametrize(("key", "row"), [("2", 0), ("1", 2), ("1", -1)])
def test_label_without_its_prediction_is_an_orphan(join, key, row):
    """Unknown ids and rows."""
    join.remember_record(prediction([5.0, 6.0]))
    assert matched(join, key=key, row=row) is None


def test_prediction_without_outputs_is_not_remembered(join):
    """There is nothing to compare with."""
    join.remember_record(prediction(None))
    assert len(join) == 0


def test_delay_is_never_negative(join):
    """A replay's clock may run behind the label's."""
    join.remember_record(prediction([5.0]))
    assert matched(join, received_ns=-1).delay_s == 0.0


def test_oldest_prediction_is_forgotten_first(join):
    """And one that is remembered again is not the oldest."""
    for key in "1213456":
        join.remember_record(prediction([1.0], key))
    assert [key for key in "123456" if matched(join, key=key)] == ["4", "5", "6"]


chunks = st.lists(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 60)), min_size=1, max_size=3)
    | st.just("a label comes"),
    max_size=30,
)


def flat(chunks):
    return list(itertools.chain.from_iterable(chunks))


@given(chunks)
def test_latest_are_known_and_rows_are_bounded(chunks):
    """A hundred thousand batches of ten thousand rows would be the machine's memory."""
    join, held = LabelJoin(most=4), []
    for number, chunk in enumerate(chunks):
        if chunk == "a label comes":
            matched(join, key="nobody")
            continue
        keys, rows = zip(*chunk, strict=True)
        join.remember(Remembered("m", None, keys, [0] * len(keys), np.cumsum(rows), [float(number)] * sum(rows)))
        held.append([(key, count, float(number)) for key, count in chunk])
        while len(held) > 1 and (len(flat(held[1:])) >= 4 or sum(count for _, count, _ in flat(held)) > 40):
            held.pop(0)
    assert (len(join), join._rows) == (len(flat(held)), sum(count for _, count, _ in flat(held)))
    assert join._rows <= 40 or len(held) == 1
    known = {key: [value] * count for key, count, value in flat(held)}
    for key in "abcdef":
        found = [matched(join, key=key, row=row) for row in range(61)]
        assert [each.predicted for each in found if each is not None] == known.get(key, [])


@pytest.mark.parametrize("labelled", [False, True])
def test_many_at_once_are_each_remembered(join, labelled):
    """Whether or not labels come meanwhile; nothing of the table is kept alive but the first output."""
    table = np.arange(12.0).reshape(6, 2)
    for first in range(0, 6, 3):
        calls = [prediction(table[place : place + 1], key=str(place)) for place in range(first, first + 3)]
        join.remember_records(Predictions.of(calls))
        if labelled:
            assert matched(join, key=str(first)).predicted == table[first, 0]
    assert [matched(join, key=str(place)).predicted for place in (3, 4, 5)] == [6.0, 8.0, 10.0]
    assert matched(join, key="2") is None
    assert all(kept.outputs.base is None for kept in join._kept)


def test_rows_beyond_the_limit_are_orphans_in_company_too():
    """Those behind them are not moved."""
    join = LabelJoin(most=10_000)
    large, small = np.zeros(MAX_ROWS_REMEMBERED + 5), np.array([1.0, 2.0])
    for make in (np.asarray, list):
        calls = [prediction(make(large), key="large"), prediction(make(small), key="small")]
        join.remember_records(Predictions.of(calls))
        assert matched(join, key="large", row=MAX_ROWS_REMEMBERED) is None
        assert [matched(join, key="small", row=row).predicted for row in (0, 1)] == [1.0, 2.0]


def test_rows_beyond_the_limit_of_one_batch_are_orphans(join):
    """Of a very large batch only the first rows are remembered."""
    join.remember_record(prediction(np.zeros(MAX_ROWS_REMEMBERED + 1)))
    assert matched(join, row=MAX_ROWS_REMEMBERED - 1)
    assert matched(join, row=MAX_ROWS_REMEMBERED) is None


def test_no_memory_remembers_nothing():
    """The setting 0."""
    join = LabelJoin(most=0)
    join.remember_record(prediction([1.0]))
    assert len(join) == 0


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, 1), (1.5, 1.5), (True, True), ("AA", "AA"), (np.float32(1.5), 1.5), (np.int64(3), 3), (np.array([2]), 2),
        ("x" * 10_000_000, "x" * 256), (10**5000, None), ({"a": 1}, None), (object(), None), (np.ones(3), None),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_only_scalars_and_short_texts_are_kept(value, kept):
    """What is remembered is small, whatever a model returns."""
    assert scalar(value) == kept
