"""What an operator must hear, once a minute and no more: a record per failure would feed the journal it is about."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from driftmeter.pipeline import INTERNAL_LOGGER

EVERY_S = 60.0

_log = logging.getLogger(INTERNAL_LOGGER)


class Telling:
    """Logs each kind of message at most once a minute.

    Args:
        clock: monotonic seconds.

    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told_s: dict[str, float] = {}

    def warn(self, kind: str, text: str, *values: object) -> None:
        """Log a warning, unless one of this kind was logged a moment ago."""
        now_s = self._clock()
        if now_s - self._told_s.get(kind, float("-inf")) < EVERY_S:
            return
        self._told_s[kind] = now_s
        with contextlib.suppress(Exception):  # the handlers that get this are the user's, and may fail themselves
            _log.warning(text, *values)
