"""`predict()`: the three lines of Python that make any model call observable, as context manager or decorator."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Token
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from driftmeter.sources import streams
from driftmeter.sources.call import Call
from driftmeter.sources.extras import NO_EXTRAS, Extras
from driftmeter.sources.timestamp import Timestamp

if sys.version_info >= (3, 14):
    # Annotations are evaluated when they are read, and may be names that only a type checker knows (PEP 649).
    from annotationlib import Format

    _signature = functools.partial(inspect.signature, annotation_format=Format.STRING)
else:
    _signature = inspect.signature

P = ParamSpec("P")
R = TypeVar("R")


class PredictionCall(Call):
    """A `Call` as users hold it: a context manager, sync and async, and a decorator for functions of both kinds."""

    _repeats: tuple[tuple[Call, Token[Call | None] | None], ...] = ()
    _latest: Call | None = None

    @property
    def id(self) -> str:
        """The prediction's id, for `feedback`: the caller's own, or a UUID of version 7 (RFC 9562)."""
        return self.own_id() if self._latest is None else self._latest.id

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _enter_again(self) -> None:
        # Entered before, and what was seen then may still wait for the worker: so another call stands in for this one.
        self.outputs = self.scores = None
        self._latest = self._again(self.inputs).__enter__()
        self._repeats = (*self._repeats, (self._latest, self._token))
        self._token = None

    def _leave_again(self, error: BaseException | None) -> None:
        if not self._repeats:  # closed already, or part of an outer call of the same model
            return
        *repeats, (repeat, self._token) = self._repeats
        self._repeats = tuple(repeats)
        for place in ("inputs", "outputs", "scores"):
            if (given := getattr(self, place)) is not None:
                setattr(repeat, place, given)
        repeat.__exit__(None, error, None)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Watch a function: its first argument is the input (unless `inputs` was given), its result the output.

        A generator, which may be async, is one call from its first value to its end; what it yields is not kept.

        """
        if isinstance(function, staticmethod | classmethod):
            return cast("Callable[P, R]", type(function)(self(function.__func__)))
        input_of = _input_of(function)

        def again(args: tuple[object, ...], kwargs: Mapping[str, object]) -> PredictionCall:
            return self._again(input_of(args, kwargs))

        if _is(inspect.iscoroutinefunction, function):

            @functools.wraps(function)
            async def watched_async(*args: P.args, **kwargs: P.kwargs) -> object:
                async with again(args, kwargs) as call:
                    call.outputs = outputs = await cast("Awaitable[object]", function(*args, **kwargs))
                return outputs

            return cast("Callable[P, R]", watched_async)

        if _is(inspect.isgeneratorfunction, function):
            return cast("Callable[P, R]", streams.watched(cast("Any", function), again))
        if _is(inspect.isasyncgenfunction, function):
            return cast("Callable[P, R]", streams.watched_async(cast("Any", function), again))

        @functools.wraps(function)
        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            with again(args, kwargs) as call:
                call.outputs = outputs = function(*args, **kwargs)
            return outputs

        return watched

    def _again(self, inputs: object) -> PredictionCall:
        """A fresh call like this one, for one call of the decorated function."""
        return PredictionCall(self.model, self.version, inputs, self.operation, self.extras)


def _is(kind: Callable[[object], bool], function: object) -> bool:
    """Whether a function, or the `__call__` of an object that is called like one, is of this kind."""
    while isinstance(function, functools.partial):
        function = function.func
    return kind(function) or kind(getattr(type(function), "__call__", None))  # noqa: B004  # the method itself


def _input_of(function: Callable[..., object]) -> Callable[[tuple[object, ...], Mapping[str, object]], object]:
    """Finds the model's input among arguments: the first one that a caller gives, so not a method's `self`."""
    try:
        parameters = list(_signature(function).parameters.values())
    except (TypeError, ValueError):  # some functions written in C have none
        parameters = []
    place = 1 if parameters and parameters[0].name in {"self", "cls"} else 0
    named = [p.name for p in parameters[place : place + 1] if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]

    def input_of(args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        if place < len(args):
            return args[place]
        return kwargs.get(named[0]) if named else next(iter(kwargs.values()), None)

    return input_of


def predict(
    model: str,
    *,
    version: str | None = None,
    inputs: object = None,
    id: str | None = None,  # noqa: A002  # the word users know
    timestamp: Timestamp = None,
    slices: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    subject: str | None = None,
    operation: str = "predict",
) -> PredictionCall:
    """Watch one model call: a span around it, an event and metrics after it, and its values counted for drift.

    Nothing here raises into the model call, waits for anything, or changes what it returns; what the model raises
    passes unchanged and is recorded with `error.type`.

    Args:
        model: the model's name.
        version: the model's version.
        inputs: what the model is given: a mapping of names to a value or to one value per row, a list of rows, an
            array of shape (rows, columns) or (columns,), a pandas or polars frame, an Arrow table.
        id: the caller's own id for the prediction; otherwise a UUID. Labels refer to it, see `feedback`.
        timestamp: when the prediction counts for windows, if not now: an aware datetime, or seconds since the epoch; at
            most a day ahead of the clock.
        slices: names and values of slices that the call belongs to.
        tags: names and values to find the event by.
        subject: whom the prediction is about; stored as a pseudonym under the setting `hash_key`, else not at all.
        operation: what the model was asked for, such as `predict` or `predict_proba`; of low cardinality.

    Returns:
        A context manager (sync and async) whose `outputs` and `scores` the caller fills, and whose `id` names the
        prediction; or a decorator for functions whose first argument is the input. Generators are decorated, too: a
        `with` inside would stay open around whatever happens between two values.

    >>> import driftmeter
    >>> with driftmeter.predict("air-time", version="7", inputs={"distance_mi": 945}) as call:
    ...     call.outputs = [131.0]
    >>> len(call.id)
    36
    >>> @driftmeter.predict("air-time", version="7")
    ... def air_time_min(flight):
    ...     return 20 + 0.12 * flight["distance_mi"]
    >>> air_time_min({"distance_mi": 1000})
    140.0

    """
    extras = NO_EXTRAS
    if not (id is None and timestamp is None and slices is None and tags is None and subject is None):
        extras = Extras(id, timestamp, slices, tags, subject)
    return PredictionCall(model, version, inputs, operation, extras)
