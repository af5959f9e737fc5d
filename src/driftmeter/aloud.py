"""What whoever starts the program must see, though logging may lead to a backend alone."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

_AWAY = "opentelemetry."
_ELSEWHERE = (_AWAY, "driftmeter.")
"""Whose handlers send records away, and write nothing here; ours leaves what it alone would get to Python."""

_log = logging.getLogger("driftmeter")


def say_off(fault: Exception) -> None:
    """Say that nothing is recorded, and why: to the log, and on standard error where no handler of the log writes here.

    `opentelemetry-instrument` gives the root logger a handler, so that Python's last resort is silent; and the backend
    may be what is wrong.
    """
    with contextlib.suppress(Exception):  # the handlers that get this are the user's
        _log.error("driftmeter is off: %s", fault)  # the message says it all, a traceback would hide it
        handlers = [type(handler).__module__ for handler in handlers_from(_log)]
        away = any(module.startswith(_AWAY) for module in handlers)
        if away and all(module.startswith(_ELSEWHERE) for module in handlers):
            print(f"driftmeter is off: {fault}", file=sys.stderr)  # noqa: T201  # nobody else would


def handlers_from(logger: logging.Logger | None) -> Iterator[logging.Handler]:
    """Those that a record of this logger reaches, by propagation too."""
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None
