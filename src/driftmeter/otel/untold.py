"""The SDK after a fork that nobody told it of: its threads stayed with the parent, whose instance it goes on to be."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider

from driftmeter.forking import in_untold_child

HOOKS = ("_handle_fork", "_at_fork_reinit")
"""What the SDK's parts register with Python for a forked child; it has no public way."""

_log = logging.getLogger("driftmeter")
_own: weakref.WeakSet[MeterProvider] = weakref.WeakSet()
_foreign: weakref.WeakSet[MeterProvider] = weakref.WeakSet()


def tell(*parts: Any) -> None:
    """Have parts of ours do in such a child what they do in one that they are told of."""
    for part in parts:
        for hook in HOOKS:
            if hasattr(part, hook):
                in_untold_child(partial(_call, weakref.WeakMethod(getattr(part, hook))))
        if isinstance(part, MeterProvider):
            _own.add(part)


def _call(hook: weakref.WeakMethod[Callable[[], object]]) -> None:
    if (renew := hook()) is not None:
        renew()


def warn_of(provider: object) -> None:
    """Have such a child say that it sends no metrics, where the provider is somebody else's, and so are its threads."""
    if isinstance(provider, MeterProvider) and provider not in _own:
        _foreign.add(provider)


def _warn() -> None:
    if _foreign:
        _log.warning(
            "this process was forked without Python's hooks: its events are recorded, but OpenTelemetry sends no "
            "metrics from it; with uWSGI set lazy-apps or py-call-uwsgi-fork-hooks"
        )


in_untold_child(_warn)
