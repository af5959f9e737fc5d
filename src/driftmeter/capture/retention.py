"""Until when a record is to be kept: a date on each event, so that every store that holds it can delete by it."""

from __future__ import annotations

import datetime as dt

from driftmeter.text import parse_duration

DAY_S = 86_400.0
DAY_NS = 86_400_000_000_000


class Retention:
    """Stamps records with the day from which they are to be deleted.

    A day, not a moment: kept for as long as was asked and less than a day longer, and the same for all records of one
    day, so that they can share what is said once for many.

    Args:
        period: a duration such as `180d`; None where nothing is to be stamped.

    >>> Retention("180d").until(1_767_225_600_000_000_000), Retention(None).until(0)
    ('2026-06-30', None)

    """

    def __init__(self, period: str | None) -> None:
        self._period_ns = None if period is None else int((parse_duration(period) or 0.0) * 1e9)
        self._latest: tuple[int, str] = (-1, "")

    def until(self, time_ns: int) -> str | None:
        """The UTC date, ISO 8601, from which a record of this wall clock time is to be deleted."""
        if self._period_ns is None:
            return None
        day = -(-(time_ns + self._period_ns) // DAY_NS)
        latest, text = self._latest
        if day != latest:
            text = (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()
            self._latest = (day, text)
        return text
