"""A caller's own time, as nanoseconds since the epoch."""

from __future__ import annotations

import datetime as dt
from time import time_ns

import numpy as np

from driftmeter.pipeline import Guard

Timestamp = dt.datetime | int | float | None
"""A time zone aware datetime, or seconds since the epoch, or (as int above 10^15) nanoseconds since the epoch."""

LATEST_NS = 2**63
AHEAD_NS = 86_400 * 10**9
"""Clocks and time zones differ by less than a day. One row from years ahead, such as milliseconds taken for seconds,
would end every window by time: all that came after it would be late."""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def nanoseconds(timestamp: object) -> int | None:
    """Nanoseconds since the epoch; None for what is no time: a wrong time must not fail a prediction.

    >>> nanoseconds(1.5), nanoseconds(dt.datetime(1970, 1, 2, tzinfo=dt.UTC)), nanoseconds("now")
    (1500000000, 86400000000000, None)

    """
    if isinstance(timestamp, np.integer | np.floating):
        timestamp = timestamp.item()
    if isinstance(timestamp, dt.datetime):
        try:
            since = int((timestamp.astimezone(dt.UTC) - EPOCH) // MICROSECOND) * 1000
        except Exception:  # noqa: BLE001  # pandas' NaT, years beyond the calendar, somebody's own time zone
            return None
        return since if 0 <= since < LATEST_NS else None
    if isinstance(timestamp, int) and 10**15 < timestamp < LATEST_NS:
        return timestamp
    if isinstance(timestamp, int | float) and 0 <= timestamp < LATEST_NS / 1e9:
        return int(timestamp * 1_000_000_000)
    return None


def timestamp_ns(given: object, guard: Guard) -> int | None:
    """`nanoseconds`; what is given but no time, or more than a day ahead of the clock, is counted."""
    if given is None:
        return None
    with guard.at("sources.timestamp"):
        if (found := nanoseconds(given)) is None:
            raise ValueError("a timestamp is an aware datetime, or seconds since the epoch")
        if found > time_ns() + AHEAD_NS:
            raise ValueError("a timestamp is at most a day ahead of the clock")
        return found
    return None
