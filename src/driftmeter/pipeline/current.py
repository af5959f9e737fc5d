"""The process's one pipeline: built at the first use, replaced by `configure`.

Sources ask here. The room that builds pipelines stands above this one, so it is found by name, at the first use.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from importlib import import_module
from typing import cast

from driftmeter.aloud import say_off
from driftmeter.forking import MARK, before_workers, in_child, notice
from driftmeter.pipeline.guard import Guard
from driftmeter.pipeline.pipeline import Pipeline

RECIPE = ("driftmeter.runtime", "first_use")

_lock = threading.RLock()
_current: Pipeline | None = None
_off: Pipeline | None = None
"""What stands in for a pipeline that could not be built."""

_beforehand: Pipeline | None = None
"""What stands in for one that must not be built yet."""

_log = logging.getLogger("driftmeter")


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


def is_off() -> bool:
    """Whether the pipeline could not be built at its first use, and nothing is recorded."""
    return _current is not None and _current is _off


def pipeline() -> Pipeline:
    """The pipeline, built now if need be."""
    if not MARK[0]:
        notice()
    return _current or _build()


def _build() -> Pipeline:
    global _current, _off  # noqa: PLW0603
    with _lock:
        if _current is None and before_workers():
            return _beforehand or _stand_in()
        if _current is None:
            module, function = RECIPE
            try:
                _current = cast("Pipeline", getattr(import_module(module), function)())
            except Exception as fault:  # noqa: BLE001  # wrong settings, a broken SDK, an interpreter going down
                say_off(fault)
                guard = Guard()
                guard.faults.add("configure")
                _current = _off = Pipeline(guard=guard)
        return _current


def _stand_in() -> Pipeline:
    """Serves what is predicted before the workers are forked, such as a first call to warm up."""
    global _beforehand  # noqa: PLW0603
    _beforehand = Pipeline()
    _beforehand.shutdown()
    with contextlib.suppress(Exception):  # the handlers that get this are the user's
        _log.warning(
            "predictions in uWSGI's master are served, but not recorded: it would fork beside our threads, and freeze "
            "workers; to have them recorded, set lazy-apps or py-call-uwsgi-fork-hooks"
        )
    return _beforehand


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


in_child(_renew_lock)
