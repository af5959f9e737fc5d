import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.delivery.backoff import FIRST_S, LEAST_S, MOST_S, Backoff


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_bound_doubles_up_to_the_most(draws):
    """Full jitter: anything between nothing, or nearly, and a bound that doubles."""
    remaining = iter(draws)
    backoff, now_s = Backoff(lambda: next(remaining)), 1000.0
    for failures, draw in enumerate(draws):
        waited_s = backoff.failed(now_s) - now_s
        bound_s = min(MOST_S, FIRST_S * 2**failures)
        assert waited_s == pytest.approx(max(LEAST_S, bound_s * draw))
        assert LEAST_S - 1e-6 <= waited_s <= MOST_S
        now_s = backoff.due_s
    assert backoff.failures == len(draws)


def test_backend_that_names_a_time_is_heeded():
    """And never asked sooner, not even when somebody waits."""
    backoff = Backoff(lambda: 0.5)
    assert backoff.failed(0.0, after_s=300.0) == 300.0
    backoff.hurry()
    assert backoff.due_s == 300.0


def test_hurry_shortens_a_long_wait():
    """Somebody who flushes learns within half a second whether the backend is back."""
    backoff = Backoff(lambda: 0.999)
    for _ in range(8):
        backoff.failed(100.0)
    assert backoff.due_s > 129
    backoff.hurry()
    assert backoff.due_s == 100.0 + FIRST_S


def test_success_forgets_the_failures():
    """The next failure is a first one."""
    backoff = Backoff(lambda: 0.5)
    for _ in range(5):
        backoff.failed(0.0)
    backoff.succeeded()
    assert backoff.due_s < 0
    assert backoff.failed(10.0) == 10.0 + FIRST_S / 2
