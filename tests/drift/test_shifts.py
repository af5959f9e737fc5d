from __future__ import annotations

import numpy as np
import pytest

from driftmeter.drift import Reference
from driftmeter.drift.binning import Binning
from driftmeter.drift.budget import FixedChance
from driftmeter.drift.collecting import LEAST
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.rhythm.expectation import expectation
from driftmeter.drift.scores import BLOCK
from driftmeter.drift.shifts import ShiftWatch

RNG = np.random.default_rng(5)
REFERENCE = Reference.from_data({"x": RNG.normal(size=20_000), "y": RNG.normal(size=20_000)}, model="m")


def _watch(chance=2.0**-13, reference=REFERENCE):
    binning = Binning(reference)
    return ShiftWatch(binning, expectation(reference, binning, Evaluator(binning)), FixedChance(chance))


def _delay(shift, seed):
    """Rows from the shift of one of two columns to its alarm."""
    rng, watch = np.random.default_rng(seed), _watch()
    watch.observe(rng.normal(size=(1000 + seed % BLOCK, 2)))
    [turn, *_] = watch.observe(rng.normal(size=(3000, 2)) + np.array([shift, 0.0]))
    assert turn.place == 0
    return turn.block + 1


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "rows"), [(0.25, 450), (0.5, 120), (1.0, 50), (-0.5, 120), (5.0, 16 + BLOCK)])
def test_a_shift_is_found_soon(shift, rows):
    """Median of 40 streams; about twice the needed nats over the squared shift, as the theory of such sums has it."""
    assert np.median([_delay(shift, seed) for seed in range(40)]) <= rows


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "rows"), [(1.3, 400), (2.0, 150), (0.75, 350)])
def test_a_change_of_scale_is_found_soon(scale, rows):
    """Median of 40 streams, by the sums for scales, where the mean stays what it was."""
    delays = []
    for seed in range(40):
        rng, watch = np.random.default_rng(seed), _watch()
        watch.observe(rng.normal(size=(1000 + seed, 2)))
        turns = watch.observe(rng.normal(size=(3000, 2)) * np.array([scale, 1.0]))
        delays.append(next(turn.block + 1 for turn in turns if watch.subjects[turn.place] == ("x", "scale")))
    assert np.median(delays) <= rows


def test_a_flag_has_no_scale_of_its_own():
    """What the size of its scores tells, they tell themselves."""
    rows = RNG.random(20_000)
    reference = Reference.from_data({"flag": rows < 0.3, "x": rows}, model="m")
    assert _watch(reference=reference).subjects == (("flag", "shift"), ("x", "shift"), ("x", "scale"))


@pytest.mark.slow
@pytest.mark.parametrize("draw", ["normal", "heavy", "rare"])
def test_sums_that_are_false_stay_within_their_chance(draw):
    """200,000 looks at two columns at 2^-9 each: 390 granted; columns, ways and sizes of a shift share them."""
    rng = np.random.default_rng(8)
    rows = {
        "normal": lambda n: rng.normal(size=(n, 2)),
        "heavy": lambda n: rng.standard_t(1, size=(n, 2)),
        "rare": lambda n: (rng.random((n, 2)) < [0.02, 0.3]).astype(np.float64),
    }[draw]
    raised = 0
    for _ in range(10):
        sample = rows(20_000)
        watch = _watch(2.0**-9, Reference.from_data({"x": sample[:, 0], "y": sample[:, 1]}, model="m"))
        raised += sum(turn.raised for turn in watch.observe(rows(20_000 * BLOCK)))
    assert watch.needed == pytest.approx(LEAST)
    assert raised <= 200_000 / 2**9


def test_columns_that_do_not_arrive_keep_their_sums():
    """Nothing is said of them, and nothing is told before they ever came."""
    watch = _watch()
    watch.observe(np.tile([np.nan, 5.0], (320, 1)), [0])
    assert watch.subjects == (("x", "shift"), ("y", "shift"), ("x", "scale"), ("y", "scale"))
    assert watch.seen.tolist() == [False, True] * 2
    assert watch.evidence[[0, 2]].tolist() == [0.0, 0.0]
    assert watch.alarms.tolist() == [False, True] * 2


def test_an_alarm_is_over_when_the_shift_is():
    """And not before; a shift of half the smallest does not come and go."""
    rng, watch = np.random.default_rng(2), _watch()

    def turns(rows, shift):
        found = watch.observe(rng.normal(size=(rows, 2)) + np.array([shift, 0.0]))
        return [turn.raised for turn in found if watch.subjects[turn.place] == ("x", "shift")]

    assert turns(2000, 1.0) == [True]
    assert turns(4000, 0.15) == []
    assert turns(4000, 0.0) == [False]


def test_one_row_at_a_time_is_the_same_as_all_at_once():
    """To the last bit of the evidence."""
    rows = np.random.default_rng(4).normal(size=(500, 2)) + np.array([0.5, 0.0])
    one, all_ = _watch(), _watch()
    turns = [(row, turn.raised, turn.value) for row in range(500) for turn in one.observe(rows[row : row + 1])]
    assert turns == [(turn.block, turn.raised, turn.value) for turn in all_.observe(rows)]
    assert one.evidence.tolist() == all_.evidence.tolist()
