"""Sending unseen: neither instrumentation nor the HTTP library's own log records may feed on what is sent.

A traced export makes a span for each export; at level DEBUG urllib3 logs each request, which a handler on the root
logger would record, and send, and so on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
    _SUPPRESS_INSTRUMENTATION_KEY,
    Context,
    attach,
    create_key,
    detach,
    get_value,
)

_SENDING = create_key("driftmeter-sending")
_QUIET = Context(
    dict.fromkeys(
        # The last is the name under which older instrumentations look.
        (_SENDING, _SUPPRESS_INSTRUMENTATION_KEY, _SUPPRESS_HTTP_INSTRUMENTATION_KEY, "suppress_instrumentation"),
        True,
    )
)
_TALKATIVE = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")


@contextmanager
def sending() -> Iterator[None]:
    """Run a block whose requests nobody traces and nobody logs."""
    token = attach(_QUIET)
    try:
        yield
    finally:
        detach(token)


def hush_http() -> None:
    """Have the HTTP library's loggers refuse what comes from inside `sending`; what others send is logged as ever."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_not_sending)


def _not_sending(_: logging.LogRecord) -> bool:
    return get_value(_SENDING) is None
