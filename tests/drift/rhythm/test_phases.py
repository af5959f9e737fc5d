"""Which hour of the week or month a time falls into."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.rhythm.phases import as_period, phases_of


@given(st.integers(-(2**31), 2**33))
def test_phases_are_those_of_the_calendar(second):
    """Also before 1970."""
    moment, seconds = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=second), np.array([second])
    assert phases_of(seconds, "hour-of-week")[0] == moment.weekday() * 24 + moment.hour
    assert phases_of(seconds, "month")[0] == moment.month - 1


def test_other_periods_are_refused():
    """With those that there are."""
    with pytest.raises(ValueError, match="'week'; a profile is by hour-of-week or month"):
        as_period("week")
