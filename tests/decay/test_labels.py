import itertools
import tracemalloc
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.columns import read_outputs
from driftmeter.decay import LabelJoin, Remembered, labels
from driftmeter.decay.labels import MAX_ROWS_REMEMBERED
from driftmeter.record import Feedback, Prediction, Predictions, Uuids, uuid_octets

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


def test_a_label_that_comes_again_is_of_the_same_row(join):
    """And rows of other predictions have other numbers, also of one that came later under the same id."""
    join.remember_record(prediction([5.0, 6.0]))
    join.remember_record(prediction([5.0, 6.0], key="2"))
    first = [matched(join, key=key, row=row).row for key in "12" for row in (0, 1)]
    again = [matched(join, 8.0, key=key, row=row).row for key in "12" for row in (0, 1)]
    assert len(set(first)) == 4
    assert again == first
    join.remember_record(prediction([5.0, 6.0]))
    assert matched(join).row not in first


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


ids = st.sampled_from([*"abc", "", "00000000-0000-0000-0000-00000000000A", *(str(uuid.UUID(int=n)) for n in range(3))])
chunks = st.lists(
    st.tuples(
        st.lists(st.tuples(ids, st.integers(0, 3)), min_size=1, max_size=6),
        st.sampled_from(["m", "other"]),
        st.sampled_from([float, int, bool, str, lambda n: [1.5, "x", None][n % 3]]),
        st.booleans(),
    )
    | ids,
    max_size=60,
)


@given(chunks, st.integers(1, 9))
def test_it_is_a_plain_dict_of_the_latest(chunks, most):
    """Whatever ids, rows and kinds of outputs come, alone or together, and whenever labels do."""
    join, remembered, number = LabelJoin(most), [], itertools.count()

    def check(key):
        known = dict(remembered[-most:]).get(key)
        for row in range(-1, 4):
            found = matched(join, key=key, row=row)
            if known is None or not 0 <= row < len(known[1]):
                assert found is None
            else:
                assert (found.model, found.predicted, found.delay_s) == (known[0], known[1][row], 3600.0)
                assert type(found.predicted) is type(known[1][row])

    for chunk in chunks:
        if isinstance(chunk, str):
            check(chunk)
            continue
        calls, model, make, arrays = chunk
        keys, rows = zip(*calls, strict=True)
        values = [make(next(number)) for _ in range(sum(rows))]
        uuids = all(uuid_octets(key) for key in keys)
        given = Uuids(np.frombuffer(b"".join(map(uuid_octets, keys)), np.uint8).reshape(-1, 16)) if uuids else keys
        outputs = np.array(values) if arrays and len({type(value) for value in values}) == 1 else values
        join.remember(Remembered(model, None, given, [0] * len(keys), np.cumsum(rows), outputs))
        left = iter(values)
        remembered += [(key, (model, [next(left) for _ in range(count)])) for key, count in calls]
        assert len(join) == min(most, len(remembered))
    for key in {key for key, _ in remembered}:
        check(key)


@given(st.lists(st.integers(0, 7), max_size=80), st.booleans())
def test_rows_are_bounded_and_the_latest_prediction_is_whole(rows, labelled):
    """A hundred thousand batches of ten thousand rows would be the machine's memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "MAX_ROWS_REMEMBERED", 7)
        patch.setattr(labels, "ROWS_PER_PREDICTION", 2)
        join = LabelJoin(most=5)
    for number, count in enumerate(rows):
        join.remember(Remembered("m", None, [str(number)], [0], [count], [float(number)] * count))
        if labelled:
            matched(join, key=str(number - 3))
    for number, count in enumerate(rows):
        known = number >= len(rows) - 5 and sum(rows[number:]) <= 10
        assert [bool(matched(join, key=str(number), row=row)) for row in range(count)] == [known] * count


def test_less_than_a_hundred_bytes_each():
    """Also when labels come, and when no prediction has company."""
    for company in (1, 100):
        octets = np.random.default_rng(1).integers(0, 256, (5000, 16), np.uint8)
        join = LabelJoin(most=4000)
        tracemalloc.start()
        for first in range(0, 5000, company):
            ids = Uuids(octets[first : first + company])
            join.remember(Remembered("m", "7", ids, [0] * company, range(1, company + 1), np.ones(company)))
        assert matched(join, key=Uuids(octets)[3000]).predicted == 1.0
        held_bytes, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held_bytes < 4000 * 100


@pytest.mark.parametrize("labelled", [False, True])
def test_many_at_once_are_each_remembered(join, labelled):
    """Whether or not labels come meanwhile."""
    table = np.arange(12.0).reshape(6, 2)
    for first in range(0, 6, 3):
        calls = [prediction(table[place : place + 1], key=str(place)) for place in range(first, first + 3)]
        join.remember_records(Predictions.of(calls))
        if labelled:
            assert matched(join, key=str(first)).predicted == table[first, 0]
    assert [matched(join, key=str(place)).predicted for place in (3, 4, 5)] == [6.0, 8.0, 10.0]
    assert matched(join, key="2") is None


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
    join.remember(Remembered("m", None, ["a"], [0], [1], [1.0]))
    assert len(join) == 0
