"""`PredictionHandler`: predictions and trace-correlated logs through the standard library's logging."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import threading
from collections.abc import Mapping
from contextvars import ContextVar

from driftmeter.pipeline import Pipeline, current
from driftmeter.record import error_type_of
from driftmeter.sources.adopting import adopt
from driftmeter.sources.call import Call, surrounding
from driftmeter.sources.default import Default
from driftmeter.sources.here import here, injected
from driftmeter.sources.logged import NAMES, VALUES, LoggedPrediction
from driftmeter.sources.neighbours import Refusal, everywhere, otel_among, reached_from
from driftmeter.sources.surrounded import anybody_asks, tell_span_sources
from driftmeter.sources.text import texts_of
from driftmeter.text import as_text

EXTRA = "prediction"
TAKEN = "_driftmeter_taken"
"""The mark on a record that one handler of ours has taken, so that a second one on its way leaves it."""

FLUSH_TIMEOUT_S = 2.0
"""`logging.config` flushes handlers while it holds logging's own lock, for which an exporter that logs must wait."""

_emitting: ContextVar[bool] = ContextVar("driftmeter_emitting", default=False)


class PredictionHandler(logging.Handler):
    """Makes predictions of records that carry one, and OpenTelemetry logs of all others.

    A record with `extra={"prediction": {...}}` is a prediction: an event, metrics, and values counted for drift. The
    mapping may hold `model`, `version`, `inputs`, `outputs`, `scores`, `id`, `timestamp`, `duration_s`, `operation`,
    `slices`, `tags`, `error_type`, each as `driftmeter.predict` takes it; anything else is counted and left out. With
    `exc_info` the prediction failed; behind a `QueueHandler`, which drops that, say so by `error_type`. Written inside
    `with driftmeter.predict(...)` of the same model it belongs to that call, and gives it what it lacks. Elsewhere,
    give it the call's `id` to have it counted once.

    All other records become logs of the current trace, unless OpenTelemetry's own handler gets them as well. Nothing
    is started before the first record, nothing raises into a logging call, and no record is taken twice.

    Args:
        level: the least level that is taken, as for every handler.
        model: the model of predictions that name none; else the model of the only reference, else `unnamed`.
        version: its version.
        code_attributes: whether ordinary records carry file, function and line.
        **settings: settings as for `driftmeter.configure`, such as `reference`; they hold for the whole program.

    Raises:
        ValueError: for an unknown setting, a value that a setting does not take, a reference that cannot be read.

    >>> log = logging.getLogger("air")
    >>> log.addHandler(PredictionHandler(model="air-time", version="7"))
    >>> log.warning("scored", extra={"prediction": {"inputs": {"distance_mi": 945}, "outputs": [131.0]}})

    """

    def __init__(
        self,
        level: int | str = logging.NOTSET,
        *,
        model: str | None = None,
        version: str | float | None = None,
        code_attributes: bool = False,
        **settings: object,
    ) -> None:
        super().__init__(level)
        adopt(settings)
        self._default = Default(model, None if version is None else str(version))
        self._code_attributes = code_attributes
        self._refusal = Refusal(_is_taken)
        # So that the first prediction does not slip through a handler that stands before ours.
        for handler in otel_among(everywhere()):
            self._refusal.put_on(handler)

    def handle(self, record: logging.LogRecord) -> bool:
        """Filter and emit, without the lock of other handlers: there is nothing to protect, and much to wait for."""
        kept: object = self.filter(record)
        if not kept:
            return False
        self.emit(kept if isinstance(kept, logging.LogRecord) else record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record, unless it comes from telemetry itself, from inside this very method, or was taken before."""
        name: object = record.name
        if not isinstance(name, str):  # one that was made of a dictionary need not have any
            record.name = logging.root.name
        if _is_telemetry(record.name):
            self._leave_to_last_resort(record)
            return
        if _emitting.get() or TAKEN in vars(record):
            return
        token = _emitting.set(True)
        try:
            self._take(record)
        except Exception:  # noqa: BLE001  # logging's own convention for what goes wrong in a handler
            self.handleError(record)
        finally:
            _emitting.reset(token)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """As logging does, but never raising: printing arguments that hold each other can exhaust the stack."""
        with contextlib.suppress(RecursionError):
            super().handleError(record)

    def flush(self) -> None:
        """Send what was predicted before, waiting no longer than two seconds."""
        pipeline = current.installed()
        # Logging flushes last of all at exit, when everything was handed over and the providers are gone.
        if pipeline is not None and threading.main_thread().is_alive():
            pipeline.flush(FLUSH_TIMEOUT_S)

    def close(self) -> None:
        """Leave OpenTelemetry's handlers as they were."""
        self._refusal.take_off()
        super().close()

    def _leave_to_last_resort(self, record: logging.LogRecord) -> None:
        """Have Python print what telemetry warns of where no other handler gets it, as if there were none at all."""
        reached, last = reached_from(record.name), logging.lastResort
        alone = reached[:1] == [self] and all(isinstance(handler, PredictionHandler) for handler in reached)
        if alone and last is not None and record.levelno >= last.level:
            last.handle(record)

    def _take(self, record: logging.LogRecord) -> None:
        pipeline = current.pipeline()
        given = vars(record).get(EXTRA)
        neighbours = otel_among(reached_from(record.name))
        for handler in neighbours:
            self._refusal.put_on(handler)
        if isinstance(given, Mapping):
            vars(record)[TAKEN] = True
            with pipeline.guard.at("sources.log"):
                self._predict(pipeline, record, given)
            return
        if given is not None:
            pipeline.guard.faults.add("sources.log.prediction")
        if pipeline.logs is None or any(handler.level <= record.levelno for handler in neighbours):
            return
        vars(record)[TAKEN] = True
        body = self.format(record) if self.formatter is not None else record.getMessage()
        with pipeline.guard.at("sources.log.lines"):
            pipeline.logs.write(record, body, link=injected(record), code=self._code_attributes)

    def _predict(self, pipeline: Pipeline, record: logging.LogRecord, given: Mapping[str, object]) -> None:
        call = surrounding()
        if call is not None and _is_of(call, record, given):
            _complete(call, given, pipeline)
            return
        link = injected(record) or here()
        if anybody_asks():
            tell_span_sources(link, self._default.named(as_text(given.get("model")), None)[0])
        draft = LoggedPrediction(
            given,
            self._default,
            created_ns=int(record.created * 1e9),
            error_type=error_type_of(record.exc_info[1]) if record.exc_info else None,
            link=link,
        )
        pipeline.submit(draft)


def _is_of(call: Call, record: logging.LogRecord, given: Mapping[str, object]) -> bool:
    """Whether the prediction is the open call's: of its name, and not one that a `MemoryHandler` lets go only now."""
    model, id_ = given.get("model"), given.get("id")
    if (model is not None and model != call.model) or (id_ is not None and id_ != call.id):
        return False
    if id_ is not None:
        return True
    return record.thread in {None, threading.get_ident()} and call.began_by(record.created)


def _complete(call: Call, given: Mapping[str, object], pipeline: Pipeline) -> None:
    """Give the call around a record what the record knows and the call does not."""
    for key in VALUES:
        if getattr(call, key) is None:
            setattr(call, key, given.get(key))
    slices, tags = (texts_of(given.get(key), pipeline.guard, f"sources.log.{key}") for key in NAMES)
    call.extras = call.extras._replace(slices=call.extras.slices or slices, tags=call.extras.tags or tags)


def _is_telemetry(logger_name: str) -> bool:
    return logger_name.startswith(("driftmeter.", "opentelemetry.")) or logger_name in {"driftmeter", "opentelemetry"}


def _is_taken(record: logging.LogRecord) -> bool:
    """Whether a handler of ours has made a prediction of this record, or will: perhaps behind a queue."""
    if not isinstance(vars(record).get(EXTRA), Mapping):
        return False
    ours = (PredictionHandler, logging.handlers.QueueHandler)
    return TAKEN in vars(record) or any(
        isinstance(handler, ours) and handler.level <= record.levelno for handler in reached_from(record.name)
    )
