"""`predict()`: the three lines of Python that make any model call observable, as context manager or decorator."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import ParamSpec, Self, TypeVar, cast

from driftmeter.sources.call import Call

P = ParamSpec("P")
R = TypeVar("R")

Timestamp = dt.datetime | int | float | None
"""A time zone aware datetime, or seconds since the epoch, or (as int above 10^15) nanoseconds since the epoch."""


class PredictionCall(Call):
    """A `Call` as users hold it: a context manager, sync and async, and a decorator for functions of both kinds."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(error)

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(error)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Watch a function: its first argument is the input (unless `inputs` was given), its result the output."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def watched_async(*args: P.args, **kwargs: P.kwargs) -> object:
                async with self._again(args, kwargs) as call:
                    call.outputs = outputs = await function(*args, **kwargs)
                return outputs

            return cast("Callable[P, R]", watched_async)

        @functools.wraps(function)
        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._again(args, kwargs) as call:
                call.outputs = outputs = function(*args, **kwargs)
            return outputs

        return watched

    def _again(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> PredictionCall:
        """A fresh call like this one, for one call of the decorated function."""
        first = args[0] if args else next(iter(kwargs.values()), None)
        return PredictionCall(
            self.model,
            version=self.version,
            inputs=self.inputs if self.inputs is not None else first,
            slices=self.slices,
            tags=self.tags,
            operation=self.operation,
        )


def predict(
    model: str,
    *,
    version: str | None = None,
    inputs: object = None,
    id: str | None = None,  # noqa: A002  # the word users know
    timestamp: Timestamp = None,
    slices: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
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
        timestamp: when the prediction counts for windows, if not now: an aware datetime, or seconds since the epoch.
        slices: names and values of slices that the call belongs to.
        tags: names and values to find the event by.
        operation: what the model was asked for, such as `predict` or `predict_proba`; of low cardinality.

    Returns:
        A context manager (sync and async) whose `outputs` and `scores` the caller fills, and whose `id` names the
        prediction; or a decorator for functions whose first argument is the input.

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
    return PredictionCall(
        model,
        version=version,
        inputs=inputs,
        id=id,
        timestamp_ns=nanoseconds(timestamp),
        slices=slices,
        tags=tags,
        operation=operation,
    )


def nanoseconds(timestamp: object) -> int | None:
    """Nanoseconds since the epoch; None for what is no time: a wrong time must not fail a prediction."""
    if isinstance(timestamp, dt.datetime):
        return int(timestamp.timestamp() * 1_000_000) * 1000
    if isinstance(timestamp, int) and timestamp > 10**15:
        return timestamp
    if isinstance(timestamp, int | float) and 0 <= timestamp < 10**11:
        return int(timestamp * 1_000_000_000)
    return None
