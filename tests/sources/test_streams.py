"""Generators under the decorator: one call from the first value to the end; whoever steps through sees no change."""

import asyncio
import inspect
from contextvars import ContextVar, copy_context

import pytest

import driftmeter


@driftmeter.predict("m")
def stream(inputs):
    """Gives back what is sent, takes one fault, and returns a sum."""
    total = 0.0
    for value in inputs["a"]:
        try:
            total += (yield value) or 0.0
        except KeyError:
            yield "caught"
    return total


@driftmeter.predict("m")
async def stream_async(inputs):
    """The same, awaited."""
    for value in inputs["a"]:
        await asyncio.sleep(0)
        try:
            yield (yield value)
        except KeyError:
            yield "caught"


INPUTS = {"a": [1.0, 2.0, 3.0]}


def test_a_generator_is_one_call_until_its_end(telemetry):
    """Its output is what it returns."""
    steps = stream(INPUTS)
    assert [next(steps), steps.send(5.0), steps.send(6.0)] == [1.0, 2.0, 3.0]
    assert telemetry.events() == []
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == 11.0
    event = telemetry.event()
    assert event.attributes["ml.prediction.inputs"] == {"a": (1.0, 2.0, 3.0)}
    assert event.attributes["ml.prediction.outputs"] == {"output": 11.0}
    assert len(telemetry.spans) == 1


async def test_an_async_generator_is_one_call_until_its_end(telemetry):
    """Sent values, faults and cancellation are its own business."""
    steps = stream_async(INPUTS)
    assert [await anext(steps), await steps.asend("sent"), await anext(steps)] == [1.0, "sent", 2.0]
    assert await steps.athrow(KeyError) == "caught"
    assert telemetry.events() == []
    assert [value async for value in steps] == [3.0, None]
    assert telemetry.event().attributes["ml.prediction.inputs"] == {"a": (1.0, 2.0, 3.0)}


def test_it_is_a_generator_for_whoever_steps(telemetry):
    """Of the same kind, with faults that it may take, and untouched until its first step."""
    assert inspect.isgeneratorfunction(stream)
    assert inspect.isasyncgenfunction(stream_async)
    steps = stream(INPUTS)
    assert telemetry.events() == []
    assert [next(steps), steps.throw(KeyError), next(steps)] == [1.0, "caught", 2.0]
    with pytest.raises(ZeroDivisionError):
        steps.throw(ZeroDivisionError)
    assert telemetry.event().attributes["error.type"] == "ZeroDivisionError"


def test_one_that_is_never_begun_is_no_call(telemetry):
    """The model was not asked."""
    stream(INPUTS).close()
    assert telemetry.events() == []


def test_who_wants_no_more_values_is_no_failure(telemetry):
    """The call is over then."""
    steps = stream(INPUTS)
    next(steps)
    steps.close()
    assert "error.type" not in telemetry.event().attributes
    assert telemetry.faults == {}


async def test_who_awaits_no_more_values_is_no_failure(telemetry):
    """Also where the loop closes what was left, or a task that waited is cancelled."""
    steps = stream_async(INPUTS)
    await anext(steps)
    await asyncio.create_task(steps.aclose())
    assert "error.type" not in telemetry.event().attributes
    waiting = asyncio.create_task(anext(stream_async(INPUTS)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert telemetry.events()[1].attributes["error.type"] == "asyncio.exceptions.CancelledError"
    assert telemetry.faults == {}


def test_what_is_predicted_between_two_values_is_no_part_of_it(telemetry):
    """Nor are two streams parts of each other that are stepped through by turns, in whichever context."""
    for _pair in zip(stream(INPUTS), stream(INPUTS), strict=True):
        with driftmeter.predict("m"):
            pass
    steps = stream(INPUTS)
    while copy_context().run(next, steps, None):
        pass
    assert len(telemetry.events()) == 6
    assert telemetry.faults == {}
    assert {span.parent for span in telemetry.spans} == {None}


def test_what_is_predicted_within_is_a_part_of_it(telemetry):
    """As in any call of the same model."""
    place = ContextVar("place", default="outside")

    @driftmeter.predict("m")
    def nested():
        with driftmeter.predict("m"):
            place.set("inside")
            yield place.get()
        yield place.get()

    assert list(nested()) == ["inside", "inside"]
    assert place.get() == "outside"
    assert len(telemetry.events()) == 1


def test_each_call_of_a_generator_function_is_another(telemetry):
    """With an id of its own."""
    for _ in range(3):
        assert list(stream(INPUTS)) == [1.0, 2.0, 3.0]
    assert len({event.attributes["ml.prediction.id"] for event in telemetry.events()}) == 3
