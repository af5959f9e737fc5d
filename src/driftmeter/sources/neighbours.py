"""OpenTelemetry's own logging handlers beside ours: found without importing them, and kept from predictions."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterable

from driftmeter.aloud import handlers_from

_verdicts: dict[type, bool] = {}


def otel_among(handlers: Iterable[logging.Handler]) -> list[logging.Handler]:
    """The handlers that are OpenTelemetry's `LoggingHandler`: the instrumentation's, or the SDK's deprecated one."""
    return [handler for handler in handlers if _is_otel(type(handler))]


def reached_from(logger_name: str) -> list[logging.Handler]:
    """The handlers that a record of this logger reaches, by propagation too; creates no logger.

    >>> reached_from("no.such.logger") == logging.getLogger().handlers
    True

    """
    return list(handlers_from(_nearest(logger_name)))


def everywhere() -> list[logging.Handler]:
    """The handlers of all loggers that there are."""
    loggers = [logging.root, *logging.root.manager.loggerDict.copy().values()]
    return [handler for logger in loggers if isinstance(logger, logging.Logger) for handler in logger.handlers]


class Refusal(logging.Filter):
    """Put on OpenTelemetry's handlers: refuses the records that one of ours makes a prediction of.

    Args:
        ours: whether a record is taken as a prediction elsewhere.

    """

    def __init__(self, ours: Callable[[logging.LogRecord], bool]) -> None:
        super().__init__()
        self._ours = ours
        self._on: weakref.WeakSet[logging.Handler] = weakref.WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether OpenTelemetry's handler may have the record."""
        return not self._ours(record)

    def put_on(self, handler: logging.Handler) -> None:
        """Keep predictions from this handler."""
        if self not in handler.filters:
            handler.addFilter(self)
            self._on.add(handler)

    def take_off(self) -> None:
        """Leave every handler as it was."""
        for handler in list(self._on):
            handler.removeFilter(self)
        self._on.clear()


def _nearest(name: str) -> logging.Logger:
    while name:
        logger = logging.root.manager.loggerDict.get(name)
        if isinstance(logger, logging.Logger):
            return logger
        name = name.rpartition(".")[0]
    return logging.root


def _is_otel(kind: type) -> bool:
    if (verdict := _verdicts.get(kind)) is None:
        verdict = _verdicts[kind] = any(
            base.__name__ == "LoggingHandler" and base.__module__.startswith("opentelemetry.") for base in kind.__mro__
        )
    return verdict
