import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.testing import FakeClock


@given(st.lists(st.integers(0, 10**12)))
def test_both_clocks_advance_together(steps_ns):
    """Without rounding anything away, however many steps."""
    clock = FakeClock(start_ns=5)
    for step_ns in steps_ns:
        clock.advance(step_ns / 1e9)
    assert clock.time_ns() == 5 + sum(steps_ns)
    assert clock() == sum(steps_ns) / 1e9


def test_time_does_not_pass_backwards():
    """No monotonic clock does."""
    with pytest.raises(ValueError, match="cannot advance by -1 s"):
        FakeClock().advance(-1)
