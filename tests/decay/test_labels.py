import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import read_outputs
from driftmeter.decay import LabelJoin, Remembered
from driftmeter.decay.labels import MAX_ROWS_REMEMBERED, scalar
from driftmeter.record import Feedback, Prediction

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


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 60)), max_size=30))
def test_rows_are_bounded_too(calls):
    """A hundred thousand batches of ten thousand rows would be the machine's memory."""
    join = LabelJoin(most=4)
    for key, rows in calls:
        join.remember(key, Remembered("m", None, 0, [0.0] * rows))
        held = sum(len(each.outputs) for each in join._by_id.values())
        assert join._rows == held
        assert held <= 40 or len(join) == 1


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
