"""A child that nobody told: servers that are written in C fork without Python's hooks."""

from __future__ import annotations

import contextlib
import logging
import threading

from driftmeter.forking.mark import MARK
from driftmeter.forking.order import announced, tell_child

_noticing = threading.Lock()
_log = logging.getLogger("driftmeter")


def notice() -> None:
    """Catch up where `MARK[0]` is 0."""
    with _noticing:
        if MARK[0]:
            return
        with contextlib.suppress(Exception):  # nor does a prediction notice when a log's handler fails
            hooked = announced()  # an older hook of the program's predicts, before ours was called
            tell_child()
            if not hooked:
                _log.warning(
                    "this process was forked without Python's hooks: its events are recorded, but OpenTelemetry sends "
                    "no metrics from it; with uWSGI set py-call-osafterfork or lazy-apps"
                )
