"""The process's one pipeline: built at the first use, replaced by `configure`.

Sources ask here. The room that builds pipelines stands above this one, so it is found by name, at the first use.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import cast

from driftmeter.forking import MARK, in_child, notice
from driftmeter.pipeline.pipeline import Pipeline

RECIPE = ("driftmeter.runtime", "first_use")

_lock = threading.RLock()
_current: Pipeline | None = None


def install(pipeline: Pipeline | None) -> Pipeline | None:
    """Make this the process's pipeline (None: build one at the next use); return the one before."""
    global _current
    with _lock:
        before, _current = _current, pipeline
    return before


def installed() -> Pipeline | None:
    """The pipeline if one was built."""
    if not MARK[0]:
        notice()
    return _current


def pipeline() -> Pipeline:
    """The pipeline, built now if need be."""
    if not MARK[0]:
        notice()
    return _current or _build()


def _build() -> Pipeline:
    global _current  # noqa: PLW0603
    with _lock:
        if _current is None:
            module, function = RECIPE
            _current = cast("Pipeline", getattr(import_module(module), function)())
        return _current


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


in_child(_renew_lock)
