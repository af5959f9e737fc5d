import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.pipeline import Guard
from driftmeter.sources.timestamp import nanoseconds, timestamp_ns

SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("given", "ns"),
    [
        (1, SECOND_NS),
        (1.5, 3 * SECOND_NS // 2),
        (1_700_000_000_000_000_001, 1_700_000_000_000_000_001),
        (np.int64(1), SECOND_NS),
        (np.float32(0.5), SECOND_NS // 2),
        (pd.Timestamp("2015-07-01", tz="UTC"), 1_435_708_800 * SECOND_NS),
        (dt.datetime(1970, 1, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=1))), 3600 * SECOND_NS),
    ],
    ids=repr,
)
def test_times_as_people_write_them(given, ns):
    """Seconds, nanoseconds, aware datetimes, and numpy's and pandas' own."""
    assert nanoseconds(given) == ns


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@given(st.timedeltas(dt.timedelta(0), dt.timedelta(days=80_000)))
def test_datetimes_are_exact_to_the_microsecond(since):
    """A float of seconds cannot hold it without rounding."""
    assert nanoseconds(EPOCH + since) == since // dt.timedelta(microseconds=1) * 1000


WRONG = [-1, 10**30, float("nan"), float("inf"), "now", pd.NaT, EPOCH.replace(9999), EPOCH.replace(1960), object()]


@pytest.mark.parametrize("given", WRONG, ids=lambda given: type(given).__name__)
def test_what_is_no_time_is_counted_and_left_out(given):
    """Nanoseconds beyond 64 bits would cost a whole export, negative ones too."""
    guard = Guard()
    assert timestamp_ns(given, guard) is None
    assert guard.faults.counts() == {"sources.timestamp": 1}


def test_no_time_is_no_fault():
    """Most predictions happen now."""
    guard = Guard()
    assert timestamp_ns(None, guard) is None
    assert guard.faults.total() == 0


def test_what_lies_far_ahead_is_left_out(monkeypatch):
    """One row from years ahead would make all rows after it late; clocks that differ by hours are usual."""
    guard, now_ns = Guard(), 1_700_000_000 * SECOND_NS
    monkeypatch.setattr("driftmeter.sources.timestamp.time_ns", lambda: now_ns)
    day_ns = 86_400 * SECOND_NS
    assert timestamp_ns(now_ns + day_ns, guard) == now_ns + day_ns
    assert timestamp_ns(now_ns + day_ns + 1, guard) is None
    assert guard.faults.counts() == {"sources.timestamp": 1}
