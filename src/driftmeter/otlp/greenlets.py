"""What waits inside C, as gRPC does, stops all greenlets of a thread: under gevent, the requests of a whole server."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def beside(call: Callable[P, R]) -> Callable[P, R]:
    """The same call; where gevent makes greenlets of threads, one that has a real thread of gevent's pool wait."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return call
    hub = sys.modules["gevent.hub"]

    @functools.wraps(call)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        # The pool would write a fault to standard error on its way.
        result, fault = hub.get_hub().threadpool.apply(functools.partial(_settled, call, *args, **kwargs))
        if fault is not None:
            raise fault
        return cast("R", result)

    return called


def _settled(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R | None, Exception | None]:
    try:
        return call(*args, **kwargs), None
    except Exception as fault:  # noqa: BLE001  # whatever it is, who called is told
        return None, fault
