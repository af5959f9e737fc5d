"""A child that nobody told: servers that are written in C fork without Python's hooks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from driftmeter.forking.mark import MARK
from driftmeter.forking.order import announced, tell_child

_noticing = threading.Lock()
_untold: list[Callable[[], object]] = []


def in_untold_child(call: Callable[[], object]) -> None:
    """Have something called in every child that finds out by itself, when all others were told.

    What has hooks of its own, such as OpenTelemetry's SDK, was told nothing.

    """
    _untold.append(call)


def notice() -> None:
    """Catch up where `MARK[0]` is 0."""
    with _noticing:
        if MARK[0]:
            return
        hooked = announced()  # an older hook of the program's predicts, before ours was called
        for call in (tell_child, *(() if hooked else _untold)):
            with contextlib.suppress(Exception):  # a prediction must not notice
                call()
