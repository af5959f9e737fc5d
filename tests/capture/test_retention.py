import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from driftmeter.capture import Retention


@given(st.integers(0, 4 * 10**9), st.integers(1, 4000))
def test_kept_as_long_as_asked_and_less_than_a_day_longer(time_s, hours):
    """By the calendar of UTC."""
    until = dt.datetime.fromisoformat(Retention(f"{hours}h").until(time_s * 10**9)).replace(tzinfo=dt.UTC)
    assert 0 <= until.timestamp() - time_s - hours * 3600 < 86_400


def test_one_day_has_one_date():
    """Also when times come out of order."""
    retention = Retention("180d")
    day = 86_400 * 10**9
    assert [retention.until(day * n) for n in (1, 0, 1)] == ["1970-07-01", "1970-06-30", "1970-07-01"]
    assert len({retention.until(day + n * 3600 * 10**9) for n in range(1, 24)}) == 1
    assert Retention(None).until(day) is None
