import pytest

from driftmeter.delivery import Pace


def test_delay_is_opentelemetrys():
    """In milliseconds, as the specification has it."""
    pace = Pace.from_environ({"OTEL_BLRP_SCHEDULE_DELAY": " 500 "}, timeout_s=60.0, record_bytes=7)
    assert (pace.delay_s, pace.timeout_s, pace.timeout_most_s, pace.record_bytes) == (0.5, 60.0, 60.0, 7)
    assert Pace.from_environ({}) == Pace()


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "300001"])
def test_delay_that_is_none_is_refused(value):
    """With the variable, the value and the way out."""
    with pytest.raises(ValueError, match=f"OTEL_BLRP_SCHEDULE_DELAY is '{value}'; it must be milliseconds"):
        Pace.from_environ({"OTEL_BLRP_SCHEDULE_DELAY": value})
