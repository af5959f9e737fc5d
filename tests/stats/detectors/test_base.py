from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftmeter.stats.detectors import ADWIN, CUSUM, DDM, HDDM_A, HDDM_W, KSWIN, Detector, PageHinkley
from driftmeter.stats.detectors.base import LAST_SPAN

QUICK = [
    lambda: ADWIN(delta=0.9, clock=2, max_buckets=2, min_window_length=1, grace_period=0),
    lambda: DDM(warm_start=2, warning_threshold=0.5, drift_threshold=1),
    lambda: HDDM_A(0.5, 0.9, two_sided_test=True),
    lambda: HDDM_W(0.7, 0.9, 0.3, two_sided_test=True),
    lambda: PageHinkley(min_instances=1, delta=0, threshold=0.5, alpha=0.01),
    lambda: PageHinkley(min_instances=3, threshold=0.5, alpha=1),
    lambda: KSWIN(alpha=0.9, window_size=6, stat_size=3),
    lambda: CUSUM(k=0.1, h=0.5, warmup=2),
    lambda: CUSUM(k=0, h=1, mean=0.5, std=0.5),
]
values = st.floats(0, 1) | st.sampled_from([0.0, 1.0]) | st.floats(allow_nan=True, allow_infinity=True)


def _looped(detector: Detector, stream) -> list[int]:
    return [i for i, x in enumerate(stream) if detector.update(x)]


@pytest.mark.slow
def test_an_array_raises_the_alarms_of_the_loop(make, stream, squashed):
    taken = squashed(make, stream)
    one, many = make(), make()
    assert many.update_many(taken).tolist() == _looped(one, taken)
    assert many.warning == one.warning


@pytest.mark.slow
def test_an_array_longer_than_any_block_raises_the_alarms_of_the_loop(make):
    """Quiet for longer than two blocks and stretches, then a change."""
    rng = np.random.default_rng(5)
    stream = np.concatenate([rng.random(3 * LAST_SPAN) * 0.4, rng.random(200) * 0.4 + 0.6])
    assert make().update_many(stream).tolist() == _looped(make(), stream)


@pytest.mark.parametrize("quick", QUICK)
@given(stream=st.lists(values, max_size=80), cuts=st.lists(st.integers(0, 80), max_size=4))
@settings(max_examples=settings.default.max_examples * 3 // 2)
def test_any_mix_of_arrays_and_single_values_raises_the_alarms_of_the_loop(quick, stream, cuts):
    one, mixed = quick(), quick()
    expected = _looped(one, stream)
    alarms, start = [], 0
    for turn, end in enumerate([*sorted(cuts), len(stream)]):
        part = stream[start:end]
        found = mixed.update_many(part).tolist() if turn % 2 else _looped(mixed, part)
        alarms += [start + i for i in found]
        start = max(start, end)
    assert alarms == expected
    assert (mixed.warning, mixed.skipped) == (one.warning, one.skipped)


def test_values_that_are_not_finite_are_counted_and_change_nothing(make, stream, squashed):
    taken = squashed(make, stream)[:1600]
    holed = np.full(2 * taken.size, math.nan)
    holed[1::2] = taken
    holed[::10] = math.inf
    plain, with_holes = make(), make()
    assert with_holes.update_many(holed).tolist() == [2 * i + 1 for i in plain.update_many(taken).tolist()]
    assert (plain.skipped, with_holes.skipped) == (0, taken.size)
    assert not with_holes.update(-math.inf)
    assert with_holes.skipped == taken.size + 1


@pytest.mark.parametrize("kind", [DDM, HDDM_A, HDDM_W])
def test_an_error_rate_outside_0_and_1_is_counted_and_changes_nothing(kind):
    detector = kind()
    assert not detector.update_many([2.0, -1.0] * 100).size
    assert not detector.update(1.5)
    assert detector.skipped == 201
    assert (
        detector.update_many([0.0] * 300 + [1.0] * 100).tolist() == kind().update_many([0] * 300 + [1] * 100).tolist()
    )


def test_what_follows_an_alarm_is_judged_as_by_a_new_detector(make):
    rng = np.random.default_rng(9)
    stream = np.concatenate([rng.random(600) * 0.4, rng.random(600) * 0.4 + 0.6, rng.random(600) * 0.4])
    alarms = make().update_many(stream)
    after = alarms[0] + 1
    assert (make().update_many(stream[after:]) + after).tolist() == alarms[1:].tolist()


@pytest.mark.slow
def test_an_alarm_is_not_a_warning(make, stream, squashed):
    detector = make()
    for x in squashed(make, stream):
        if detector.update(x):
            assert not detector.warning


def test_a_copy_goes_on_as_the_original_would(make):
    rng = np.random.default_rng(3)
    early, later = rng.random(500), rng.random(1500) ** 3
    detector = make()
    detector.update_many(early)
    copies = [copy.deepcopy(detector), pickle.loads(pickle.dumps(detector))]
    alarms = detector.update_many(later).tolist()
    assert [other.update_many(later).tolist() for other in copies] == [alarms, alarms]


def test_the_indices_of_alarms_are_64_bit_integers(make):
    assert make().update_many([]).dtype == np.int64
    assert make().update_many([0] * 300 + [1] * 300).dtype == np.int64


def test_a_table_is_refused(make):
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*one column at a time"):
        make().update_many(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("kind", "setting", "message"),
    [
        (ADWIN, {"delta": 0}, "delta is 0"),
        (ADWIN, {"clock": 0}, "clock is 0"),
        (ADWIN, {"max_buckets": 1}, "max_buckets is 1"),
        (ADWIN, {"min_window_length": 0}, "min_window_length is 0"),
        (ADWIN, {"grace_period": -1}, "grace_period is -1"),
        (DDM, {"warm_start": 0}, "warm_start is 0"),
        (DDM, {"warning_threshold": -1}, "warning_threshold is -1"),
        (DDM, {"drift_threshold": 1}, "drift_threshold is 1; at least 2"),
        (HDDM_A, {"drift_confidence": 1}, "drift_confidence is 1"),
        (HDDM_A, {"warning_confidence": 0.0001}, "warning_confidence is 0.0001; at least 0.001"),
        (HDDM_W, {"drift_confidence": math.nan}, "drift_confidence is nan"),
        (HDDM_W, {"lambda_val": 0.0001}, "lambda_val is 0.0001.*HDDM_A"),
        (PageHinkley, {"min_instances": 0}, "min_instances is 0"),
        (PageHinkley, {"delta": -1}, "delta is -1"),
        (PageHinkley, {"threshold": math.inf}, "threshold is inf"),
        (PageHinkley, {"alpha": 1.1}, "alpha is 1.1"),
        (PageHinkley, {"mode": "left"}, "mode is 'left'; take one of up, down, both"),
        (KSWIN, {"alpha": 0}, "alpha is 0"),
        (KSWIN, {"stat_size": 1}, "stat_size is 1"),
        (KSWIN, {"window_size": 59}, "window_size is 59; at least 60"),
        (KSWIN, {"alpha": 1e-20}, "alpha is 1e-20; 30 values are never that sure"),
        (CUSUM, {"k": -1}, "k is -1"),
        (CUSUM, {"h": 0}, "h is 0"),
        (CUSUM, {"warmup": 1}, "warmup is 1"),
        (CUSUM, {"mean": 1}, "give both"),
        (CUSUM, {"mean": 1, "std": 0}, "std is 0"),
        (CUSUM, {"mean": math.nan, "std": 1}, "mean is nan"),
    ],
)
def test_settings_out_of_range_are_refused(kind, setting, message):
    with pytest.raises(ValueError, match=message):
        kind(**setting)
