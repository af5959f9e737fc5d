"""Ordinary log records as OpenTelemetry logs, tied to the trace in which they were written.

They are emitted on the caller's thread, past our buffer: the SDK's own queue is bounded already, the extras are read
before anybody can change them, and a storm of logs cannot push predictions out.
"""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, get_value
from opentelemetry.semconv.attributes import code_attributes, exception_attributes
from opentelemetry.util.types import AnyValue

from driftmeter.plain import Plain
from driftmeter.record import TraceLink, error_type_of
from driftmeter.sinks.logs_api import Logger, LoggerProvider, SeverityNumber, context_of, get_logger

EVENT_NAME_EXTRA = "otel.event.name"
"""The semantic conventions' way to name an event through a logging library."""

SEVERITY_TEXTS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
"""Where OpenTelemetry's own handler speaks otherwise than Python: one query must find the logs of both."""

MAX_TEXT_CHARACTERS = 32_768
MAX_LOGGERS = 1024
MAX_NAMES = 4096
# What every record has, and what OpenTelemetry's trace injection repeats of the context that is recorded anyway.
NO_EXTRAS = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {
    "asctime",
    "message",
    "otelServiceName",
    "otelSpanID",
    "otelTraceID",
    "otelTraceSampled",
    "taskName",
}


class LogLines:
    """Writes log records through the LoggerProvider, under the name of their logger.

    Args:
        provider: where they go; None for the global provider.
        allows: whether an extra of this name may be recorded.
        count: told the reason of each value that is not recorded as it was.

    """

    def __init__(
        self,
        provider: LoggerProvider | None = None,
        allows: Callable[[str], bool] = lambda _name: True,
        count: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._provider = provider
        self._allows = allows
        self._count = count
        self._loggers: dict[str, Logger] = {}
        self._names: dict[str, str | None] = dict.fromkeys(NO_EXTRAS)

    def write(self, record: logging.LogRecord, body: str, *, link: TraceLink | None = None, code: bool = False) -> None:
        """Emit one record.

        Args:
            record: what was logged; extras whose name begins with an underscore are their writer's own business.
            body: its message.
            link: the span that it belongs to, where that is not the current one.
            code: whether to add file, function and line.

        """
        # Exporters set this while they send: what their HTTP client logs then would be sent next, and so for ever.
        if get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            return
        logger, severity = self._logger(record.name), severity_of(record.levelno)
        if not logger.enabled(severity_number=severity):
            return
        plain = Plain(self._allows, self._count)
        body = plain.text(body, MAX_TEXT_CHARACTERS)
        known = _exception(record, plain) | (_code(record, plain) if code else {})
        attributes = self._extras(record, plain)
        event_name = attributes.pop(EVENT_NAME_EXTRA, None)
        attributes |= known  # last, since of too many the SDK evicts the first
        logger.emit(
            timestamp=int(record.created * 1e9),
            context=None if link is None else context_of(link),
            severity_number=severity,
            severity_text=SEVERITY_TEXTS.get(record.levelname) or (record.levelname and plain.key(record.levelname)),
            body=body,
            attributes=attributes,
            event_name=event_name if isinstance(event_name, str) else None,
        )

    def _logger(self, name: str) -> Logger:
        if (logger := self._loggers.get(name)) is None:
            logger = get_logger(name, logger_provider=self._provider)
            if len(self._loggers) < MAX_LOGGERS:
                self._loggers[name] = logger
        return logger

    def _extras(self, record: logging.LogRecord, plain: Plain) -> dict[str, AnyValue]:
        extras: dict[str, AnyValue] = {}
        names = self._names
        for key, value in vars(record).items():
            if not plain.fits(""):
                plain.mark("too_large")
                break
            if (name := names[key] if key in names else self._name(key)) is not None:
                extras[name] = plain.value(value)
        return extras

    def _name(self, key: object) -> str | None:
        """What an extra is called in the backend; None for one that is not recorded. Looked at once per name."""
        if not isinstance(key, str):
            return None
        name = None if key.startswith("_") or not self._allows(key) else Plain().text(key)
        if len(self._names) < MAX_NAMES:
            self._names[key] = name
        return name


@functools.lru_cache(maxsize=128)
def severity_of(level: int | None) -> SeverityNumber:
    """OpenTelemetry's severity of a logging level: four steps to each of Python's ten.

    >>> severity_of(logging.WARNING).name, severity_of(25).name, severity_of(5).name
    ('WARN', 'INFO4', 'TRACE4')

    """
    if level is None or level <= 0:
        return SeverityNumber.UNSPECIFIED
    tens = min(level // 10, 5)
    return SeverityNumber(4 * tens + 1 + min(level - 10 * tens, 3))


def _exception(record: logging.LogRecord, plain: Plain) -> dict[str, AnyValue]:
    if not record.exc_info or (error := record.exc_info[1]) is None:
        return {}
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  # an exception's text is foreign code
        message = ""
    trace = record.exc_text or "".join(traceback.format_exception(*record.exc_info))
    return {
        exception_attributes.EXCEPTION_TYPE: error_type_of(error),
        exception_attributes.EXCEPTION_MESSAGE: plain.text(message, MAX_TEXT_CHARACTERS),
        # The last frames say where it happened.
        exception_attributes.EXCEPTION_STACKTRACE: plain.text(trace[-MAX_TEXT_CHARACTERS:], MAX_TEXT_CHARACTERS),
    }


def _code(record: logging.LogRecord, plain: Plain) -> dict[str, AnyValue]:
    return {
        code_attributes.CODE_FILE_PATH: plain.value(record.pathname),
        code_attributes.CODE_FUNCTION_NAME: plain.value(record.funcName),
        code_attributes.CODE_LINE_NUMBER: plain.value(record.lineno),
    }
