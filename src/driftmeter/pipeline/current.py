"""The process's one pipeline: built at the first use, replaced by `configure`.

Sources ask here; the room that knows how to build a pipeline leaves its recipe here, so that nobody imports upward.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from driftmeter.pipeline.pipeline import Pipeline

Recipe = Callable[[], Pipeline]

_lock = threading.RLock()
_recipe: Recipe = Pipeline
_current: Pipeline | None = None


def set_recipe(recipe: Recipe) -> None:
    """Say how to build the pipeline when the first prediction ends before anybody configured one."""
    global _recipe  # noqa: PLW0603  # global state lives in this module alone
    _recipe = recipe


def install(pipeline: Pipeline | None) -> Pipeline | None:
    """Make this the process's pipeline (None: build one at the next use); return the one before."""
    global _current
    with _lock:
        before, _current = _current, pipeline
    return before


def installed() -> Pipeline | None:
    """The pipeline if one was built."""
    return _current


def pipeline() -> Pipeline:
    """The pipeline, built now if need be."""
    return _current or _build()


def _build() -> Pipeline:
    global _current  # noqa: PLW0603
    with _lock:
        if _current is None:
            _current = _recipe()
        return _current


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)
