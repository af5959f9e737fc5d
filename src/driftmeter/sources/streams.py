"""Calls of generators: open from the first step to the end, and only while a step runs around what else happens.

What takes the values may predict between two of them, or step through several streams by turns; none of that is inside
the call. So each step runs in a context of the stream's own.
"""

from __future__ import annotations

import functools
import types
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextvars import copy_context
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from driftmeter.sources.call import Call

P = ParamSpec("P")
R = TypeVar("R")
Run = Callable[..., Any]
CallOf = Callable[[tuple[object, ...], Mapping[str, object]], Call]


class _Apart:
    """A call that is entered and left in a context of its own; gives what runs in there, too."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._run = copy_context().run

    def __enter__(self) -> Run:
        self._run(self._call.__enter__)
        return self._run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is GeneratorExit:  # whoever wants no more values is no failure
            kind = error = trace = None
        self._run(self._call.__exit__, kind, error, trace)


def watched(function: Callable[P, Generator[Any, Any, R]], call_of: CallOf) -> Callable[P, Generator[Any, Any, R]]:
    """The same generator function, watched; what it returns is the output, what it yields is not kept."""

    @functools.wraps(function)
    def watched_stream(*args: P.args, **kwargs: P.kwargs) -> Generator[Any, Any, R]:
        stream, call = function(*args, **kwargs), call_of(args, kwargs)
        with _Apart(call) as run:
            try:
                value = run(next, stream)
                while True:
                    try:
                        sent = yield value
                    except GeneratorExit:
                        run(stream.close)
                        raise
                    except BaseException as error:  # noqa: BLE001  # thrown in: the stream's business
                        value = run(stream.throw, error)
                    else:
                        value = run(stream.send, sent)
            except StopIteration as end:
                result: R = end.value
                call.outputs = result
                return result

    return watched_stream


def watched_async(
    function: Callable[P, AsyncGenerator[Any, Any]], call_of: CallOf
) -> Callable[P, AsyncGenerator[Any, Any]]:
    """As `watched`, for a stream that is awaited; it returns nothing."""

    @functools.wraps(function)
    async def watched_stream(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[Any, Any]:
        stream = function(*args, **kwargs)
        with _Apart(call_of(args, kwargs)) as run:
            try:
                value = await _inside(run, anext(stream))
                while True:
                    try:
                        sent = yield value
                    except GeneratorExit:
                        await _inside(run, stream.aclose())
                        raise
                    except BaseException as error:  # noqa: BLE001  # as above
                        value = await _inside(run, stream.athrow(error))
                    else:
                        value = await _inside(run, stream.asend(sent))
            except StopAsyncIteration:
                return

    return watched_stream


@types.coroutine
def _inside(run: Run, step: Awaitable[Any]) -> Generator[Any, Any, Any]:
    """Await, with every part of it run by `run`."""
    parts = step.__await__()
    try:
        wanted = run(parts.send, None)
        while True:
            try:
                given = yield wanted
            except BaseException as error:  # noqa: BLE001  # a task that is cancelled, say
                wanted = run(parts.throw, error)
            else:
                wanted = run(parts.send, given)
    except StopIteration as end:
        return end.value
