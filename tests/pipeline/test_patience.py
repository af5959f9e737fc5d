import pytest

from driftmeter.pipeline.patience import TOGETHER_S, Patience
from driftmeter.testing import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def patience(clock):
    return Patience(clock)


def waits(clock, patience, took_s, *, done=False, timeout_s=5.0):
    """One end that takes so long: the time that it was given."""
    given = []

    def end(left_s):
        given.append(left_s)
        clock.advance(took_s)
        return done

    assert patience.end(end, timeout_s) is done
    return given[0]


def test_what_was_waited_in_vain_is_waited_once(clock, patience):
    """The time of all ends together is that of the first alone."""
    assert [waits(clock, patience, took_s) for took_s in (2.0, 1.0, 2.0, 0.0)] == [5.0, 3.0, 2.0, 0.0]


def test_ends_that_succeed_take_nothing_from_others(clock, patience):
    """Nobody waited in vain."""
    assert [waits(clock, patience, 3.0, done=True) for _ in range(3)] == [5.0] * 3


def test_an_end_long_ago_is_another(clock, patience):
    """A provider may be shut down in the middle of a program's life."""
    waits(clock, patience, 5.0)
    clock.advance(TOGETHER_S + 1)
    assert waits(clock, patience, 1.0) == 5.0


def test_never_less_than_nothing(clock, patience):
    """However long somebody else was allowed to wait."""
    waits(clock, patience, 30.0, timeout_s=30.0)
    assert waits(clock, patience, 0.0) == 0.0
