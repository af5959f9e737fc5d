from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.cusums import Cusums, Limits, Lines

STEPS = st.lists(st.integers(-8, 8), min_size=1, max_size=60)
LIMITS = Limits(np.array([[10.0], [10.0]]), np.array([6.0]))


SHIFTS = Lines(np.array([[1.0], [-1.0]]), np.zeros((2, 1)))
STAYING = Lines(np.array([[0.5], [-0.5]]), np.zeros((2, 1)))


def _add(sums, steps):
    """One column: what speaks for a rise speaks against a fall, and half as much for one that stands."""
    return sums.add(np.array(steps)[:, None], SHIFTS, STAYING, LIMITS) if steps else []


def _plainly(steps):
    """The same, step by step."""
    sums, fallen, standing, turns = [0.0, 0.0], 0.0, None, []
    for at, step in enumerate(steps):
        if standing is None:
            sums = [max(0.0, old + new) for old, new in zip(sums, (step, -step), strict=True)]
            if max(sums) > LIMITS.raising[0, 0]:
                standing, fallen = sums.index(max(sums)), 0.0
                turns.append((True, at))
        else:
            fallen = max(0.0, fallen - (step if standing == 0 else -step) / 2)
            if fallen >= LIMITS.clearing[0]:
                standing, sums = None, [0.0, 0.0]
                turns.append((False, at))
    return turns


@given(STEPS)
def test_all_at_once_is_step_by_step(steps):
    """Page's recursion, raised and cleared at the same steps."""
    found = _add(Cusums(2, 1), steps)
    assert [(turn.raised, turn.block) for turn in found] == _plainly(steps)


@given(STEPS, st.integers(0, 60))
def test_two_batches_are_one(steps, cut):
    """Turns, heights, and of a raised alarm when its sum was 0 last; the end of one tells only of its own batch."""
    cut = min(cut, len(steps))
    whole, parts = Cusums(2, 1), Cusums(2, 1)
    expected = _add(whole, steps)
    found = _add(parts, steps[:cut])
    found += [turn._replace(block=turn.block + cut, began=turn.began + cut) for turn in _add(parts, steps[cut:])]
    assert [turn[:4] for turn in found] == [turn[:4] for turn in expected]
    assert [turn.began for turn in found if turn.raised] == [turn.began for turn in expected if turn.raised]
    assert parts.height(LIMITS).tolist() == whole.height(LIMITS).tolist()
    assert parts.alarms.tolist() == whole.alarms.tolist()


def test_columns_do_not_disturb_each_other():
    """One that is raised leaves the others' sums as they are."""
    both = Lines(np.array([[1.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2)))
    sums, limits = Cusums(2, 2), Limits(np.full((2, 2), 10.0), np.full(2, 6.0))
    [turn] = sums.add(np.array([[4, 1]] * 5), both, both, limits)
    assert (turn.place, turn.block, turn.value, turn.began) == (0, 2, 1.2, 0)
    assert sums.height(limits).tolist() == [1.0, 0.5]
