import __future__

import asyncio
import contextvars
import functools
import sys
import threading
import uuid

import numpy as np
import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode, get_current_span

import driftmeter
from driftmeter.drift import Reference
from driftmeter.pipeline import current
from driftmeter.semconv import DURATION_BOUNDARIES_S


def predict(model="air-time", outputs=1.0, **facts):
    with driftmeter.predict(model, **facts) as call:
        call.outputs = outputs
    return call


def test_one_call_is_one_span_one_event_and_one_duration(telemetry):
    """Tied together by their trace, id and names."""
    call = predict(version="7", inputs={"distance": 945})
    [span], event, [(attributes, duration)] = (
        telemetry.spans,
        telemetry.event(),
        telemetry.points("ml.prediction.duration"),
    )
    assert (event.trace_id, event.span_id) == (span.context.trace_id, span.context.span_id)
    assert event.attributes["ml.prediction.id"] == call.id
    assert (span.name, dict(span.attributes)) == (
        "predict air-time",
        {
            "ml.model.name": "air-time",
            "ml.model.version": "7",
            "ml.operation.name": "predict",
            "ml.prediction.batch_size": 1,
        },
    )
    assert attributes == {"ml.model.name": "air-time", "ml.model.version": "7", "ml.operation.name": "predict"}
    assert (duration.count, duration.explicit_bounds) == (1, DURATION_BOUNDARIES_S)
    assert [point.value for _, point in telemetry.points("ml.prediction.rows")] == [1]


def test_event_has_every_attribute_with_its_type(telemetry):
    """As the semantic conventions say; what was not given is absent."""
    predict(
        version="7", inputs={"distance": 945, "airline": "AA"}, outputs=[131.5], slices={"hub": "DFW"}, tags={"t": "x"}
    )
    event = telemetry.event()
    found = dict(event.attributes)
    assert isinstance(found.pop("ml.prediction.duration"), float)
    assert uuid.UUID(found.pop("ml.prediction.id")).version == 7
    assert found == {
        "event.name": "ml.prediction",
        "ml.model.name": "air-time",
        "ml.model.version": "7",
        "ml.operation.name": "predict",
        "ml.prediction.batch_size": 1,
        "ml.prediction.source": "predict",
        "ml.prediction.inputs": {"distance": 945, "airline": "AA"},
        "ml.prediction.outputs": {"output": 131.5},
        "ml.slice.hub": "DFW",
        "ml.tag.t": "x",
    }
    assert (event.body, event.severity_text) == ("air-time answered", "INFO")


def test_batches_are_lists(telemetry):
    """One value per row, and the rows are counted."""
    predict(inputs={"a": [1, 2, 3]}, outputs=np.array([1.0, 2.0, 3.0]))
    found = telemetry.event().attributes
    assert found["ml.prediction.inputs"] == {"a": (1, 2, 3)}
    assert found["ml.prediction.outputs"] == {"output": (1.0, 2.0, 3.0)}
    assert found["ml.prediction.batch_size"] == 3
    assert [point.value for _, point in telemetry.points("ml.prediction.rows")] == [3]


def test_scores_stand_beside_the_answer(telemetry):
    """Probabilities by class, say."""
    with driftmeter.predict("m", operation="predict_proba") as call:
        call.outputs, call.scores = ["cat"], {"cat": 0.9, "dog": 0.1}
    found = telemetry.event().attributes
    assert found["ml.prediction.scores"] == {"cat": 0.9, "dog": 0.1}
    assert (found["ml.operation.name"], telemetry.spans[0].name) == ("predict_proba", "predict_proba m")


def test_outputs_never_set(telemetry):
    """The call counts all the same."""
    with driftmeter.predict("m", inputs={"a": 1}):
        pass
    assert "ml.prediction.outputs" not in telemetry.event().attributes


def test_the_callers_own_id_and_time_are_kept(telemetry):
    """Labels come under that id; a replay counts at its own time."""
    call = predict(id="flight-7", timestamp=1_435_708_800)
    event = telemetry.event()
    assert call.id == event.attributes["ml.prediction.id"] == "flight-7"
    assert event.timestamp == 1_435_708_800_000_000_000


def test_ids_are_unique_and_the_same_at_any_time():
    """Before, while and after the model is at work; ten thousand in one process differ."""
    call = driftmeter.predict("m")
    seen = [call.id]
    with call:
        seen.append(call.id)
    assert {*seen, call.id} == {call.id}
    assert len({driftmeter.predict("m").id for _ in range(10_000)}) == 10_000


def test_a_users_random_seed_does_not_repeat_ids():
    """Nor do our ids disturb the user's random numbers."""
    import random

    random.seed(0)
    first, number = driftmeter.predict("m").id, random.random()
    random.seed(0)
    assert driftmeter.predict("m").id != first
    assert random.random() == number


def test_inputs_are_recorded_as_the_model_got_them(telemetry):
    """Some models scale their input in place."""
    row = np.array([[1.0, 2.0]])
    with driftmeter.predict("m", inputs=row) as call:
        row *= 100
        call.outputs = row.sum(axis=1)
    row[:] = 0
    found = telemetry.event().attributes
    assert found["ml.prediction.inputs"] == {"0": 1.0, "1": 2.0}
    assert found["ml.prediction.outputs"] == {"output": 300.0}


def test_outputs_are_recorded_as_they_were_at_the_end(telemetry):
    """Callers reuse their buffers, and the worker comes later."""
    outputs, scores = np.array([1.0]), {"yes": 0.5}
    with driftmeter.predict("m") as call:
        call.outputs, call.scores = outputs, scores
    outputs[0], scores["yes"] = 7.0, 7.0
    found = telemetry.event().attributes
    assert found["ml.prediction.outputs"] == {"output": 1.0}
    assert found["ml.prediction.scores"] == {"yes": 0.5}


def test_inputs_may_be_given_late(telemetry):
    """When they are only known inside."""
    with driftmeter.predict("m") as call:
        call.inputs = {"a": 1}
    assert telemetry.event().attributes["ml.prediction.inputs"] == {"a": 1}


def test_unsampled_traces_still_give_events_metrics_and_drift(sdk):
    """Sampling thins out traces, not the audit trail nor what drift is judged by."""
    reference = Reference.from_data({"a": list(range(1000))}, model="m")
    telemetry = sdk(sampler=ALWAYS_OFF).configure(reference=reference, windows="100rows")
    for value in range(100):
        predict("m", inputs={"a": value})
    assert telemetry.spans == ()
    assert len(telemetry.events()) == 100
    assert all(event.trace_id and not event.trace_flags.sampled for event in telemetry.events())
    seen = [p.value for attributes, p in telemetry.points("ml.feature.observations")]
    assert sum(seen) == 100


def test_spans_are_children_of_what_is_around(telemetry):
    """The HTTP span, say; and the user's spans inside are children of ours."""
    start = telemetry.tracer.start_as_current_span
    with start("http") as http, driftmeter.predict("m"), start("database") as inner:
        pass
    [span] = [span for span in telemetry.spans if span.name == "predict m"]
    assert (span.parent.span_id, inner.parent.span_id) == (http.context.span_id, span.context.span_id)
    assert get_current_span().get_span_context().is_valid is False


class ModelError(Exception):
    """The user's own."""


STOPS = [ModelError("secret 123"), KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError(), GeneratorExit()]


@pytest.mark.parametrize("error", STOPS, ids=repr)
def test_what_the_model_raises_passes_unchanged(telemetry, error):
    """The very same object; recorded by its type, never by its text."""
    before = (error.__cause__, error.__context__)
    with pytest.raises(type(error)) as caught, driftmeter.predict("m", inputs={"a": 1}):
        raise error
    assert caught.value is error
    assert (error.__cause__, error.__context__) == before
    [span], event = telemetry.spans, telemetry.event()
    assert event.attributes["error.type"] == span.attributes["error.type"]
    assert event.attributes["error.type"].endswith(type(error).__name__)
    assert (span.status.status_code, event.severity_text) == (StatusCode.ERROR, "ERROR")
    assert "secret" not in f"{span.to_json()}{event.attributes}{event.body}"
    assert telemetry.points("ml.prediction.duration")[0][0]["error.type"] == event.attributes["error.type"]


async def test_async_errors_pass_unchanged(telemetry):
    """With `async with` and through an async function."""
    error = ModelError()

    @driftmeter.predict("m")
    async def model(row):
        raise error

    with pytest.raises(ModelError) as caught:
        await model({"a": 1})
    assert caught.value is error
    with pytest.raises(ModelError) as caught:
        async with driftmeter.predict("m"):
            raise error
    assert caught.value is error
    assert [event.attributes["error.type"] for event in telemetry.events()] == [f"{__name__}.ModelError"] * 2


def test_decorated_function_returns_the_very_same_object(telemetry):
    """Its first argument is the input, its result the output."""
    answer = [1.0]

    @driftmeter.predict("m", version="7")
    def model(row, verbose=False):
        """Its own documentation."""
        return answer

    assert model({"a": 1}) is model(row={"a": 2}, verbose=True) is answer
    assert (model.__name__, model.__doc__) == ("model", "Its own documentation.")
    assert [event.attributes["ml.prediction.inputs"] for event in telemetry.events()] == [{"a": 1}, {"a": 2}]


def test_decorated_errors_pass_unchanged(telemetry):
    """Through a function as through a block."""
    error = ModelError()

    @driftmeter.predict("m")
    def model(row):
        raise error

    with pytest.raises(ModelError) as caught:
        model({"a": 1})
    assert caught.value is error
    assert telemetry.event().attributes["error.type"] == f"{__name__}.ModelError"


class Model:
    @driftmeter.predict("m")
    def predict(self, rows):
        return [1.0]

    @classmethod
    @driftmeter.predict("m")
    def of_class(cls, rows):
        return [1.0]

    @staticmethod
    @driftmeter.predict("m")
    def alone(rows):
        return [1.0]

    @driftmeter.predict("m")
    @classmethod
    def of_class_outside(cls, rows):
        return [1.0]

    @driftmeter.predict("m")
    @staticmethod
    def alone_outside(rows):
        return [1.0]


@pytest.mark.parametrize(
    "call",
    [Model().predict, Model.of_class, Model.alone, Model.of_class_outside, Model().alone_outside],
)
def test_a_methods_input_is_not_the_model(telemetry, call):
    """`self` is no feature."""
    call({"a": 1})
    call(rows={"a": 2})
    assert [event.attributes["ml.prediction.inputs"] for event in telemetry.events()] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "inputs"),
    [
        (lambda *rows: 1.0, ({"a": 1},), {}, {"a": 1}),
        (lambda **given: 1.0, (), {"row": {"a": 1}}, {"a": 1}),
        (lambda: 1.0, (), {}, None),
        (max, ({"a": 1}, {"a": 1}), {"key": len}, {"a": 1}),
    ],
)
def test_every_signature_can_be_decorated(telemetry, function, args, kwargs, inputs):
    """Even those of C, which have none."""
    driftmeter.predict("m")(function)(*args, **kwargs)
    assert telemetry.event().attributes.get("ml.prediction.inputs") == inputs


class Awaited:
    async def __call__(self, row):
        await asyncio.sleep(0)
        return [1.0]


class Streaming:
    def __call__(self, row):
        yield row
        return [1.0]


async def test_an_object_that_is_called_is_awaited_or_stepped_through_like_a_function(telemetry):
    """What it answers is recorded, not the coroutine or the generator."""
    assert await driftmeter.predict("m")(Awaited())({"a": 1}) == [1.0]
    assert await driftmeter.predict("m")(functools.partial(Awaited()))({"a": 1}) == [1.0]
    assert list(driftmeter.predict("m")(Streaming())({"a": 1})) == [{"a": 1}]
    assert [event.attributes["ml.prediction.outputs"] for event in telemetry.events()] == [{"output": 1.0}] * 3
    assert telemetry.faults == {}


LATE = """
class Model:
    @driftmeter.predict("m")
    def predict(self, row: Row) -> Answer:
        return [1.0]
"""
"""A class with annotations of which neither name exists."""
LATE_BY_ITSELF = sys.version_info >= (3, 14)


def test_annotations_of_a_decorated_function_are_not_evaluated(telemetry):
    """They may be names that only a type checker knows: since Python 3.14, and before where `__future__` says so."""
    flags = 0 if LATE_BY_ITSELF else __future__.annotations.compiler_flag
    exec(compile(LATE, "late", "exec", flags, dont_inherit=True), names := {"driftmeter": driftmeter})
    model = names["Model"]()
    model.predict({"a": 1})
    model.predict(row={"a": 2})
    assert [event.attributes["ml.prediction.inputs"] for event in telemetry.events()] == [{"a": 1}, {"a": 2}]


async def test_gathered_calls_keep_to_their_own_parents(telemetry):
    """Each task has its own context."""

    @driftmeter.predict("m")
    async def model(row):
        await asyncio.sleep(0.001 * (5 - row["n"]))
        return row["n"]

    async def request(n):
        with telemetry.tracer.start_as_current_span(f"request {n}") as http:
            assert await model({"n": n}) == n
        return http.context.span_id

    parents = await asyncio.gather(*(request(n) for n in range(5)))
    spans = {span.context.span_id: span for span in telemetry.spans}
    for event in telemetry.events():
        assert spans[event.span_id].parent.span_id == parents[event.attributes["ml.prediction.inputs"]["n"]]
    assert len(telemetry.events()) == 5


def test_threads_keep_to_their_own_parents(telemetry):
    """And none of their calls is lost."""

    def request(n):
        with telemetry.tracer.start_as_current_span("request") as http:
            parents[n] = http.context.span_id
            for _ in range(20):
                predict(inputs={"n": n})

    parents = {}
    threads = [threading.Thread(target=request, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spans = {span.context.span_id: span for span in telemetry.spans}
    found = [(spans[e.span_id].parent.span_id, e.attributes["ml.prediction.inputs"]["n"]) for e in telemetry.events()]
    assert sorted(found) == sorted((parents[n], n) for n in range(8) for _ in range(20))


def test_call_inside_a_call_of_the_same_model_is_part_of_it(telemetry):
    """A decorated function around a `with`; both know the id."""
    with driftmeter.predict("m", inputs={"a": 1}) as outer:
        with driftmeter.predict("m", inputs={"a": 1}) as inner:
            inner.outputs = 1.0
        assert inner.id == outer.id
        outer.outputs = 2.0
    assert telemetry.event().attributes["ml.prediction.outputs"] == {"output": 2.0}
    assert len(telemetry.spans) == 1


def test_call_inside_a_call_of_another_model_is_its_own(telemetry):
    """An ensemble and its members."""
    with driftmeter.predict("ensemble") as outer:
        predict("member")
    member, ensemble = telemetry.events()
    assert [e.attributes["ml.model.name"] for e in (member, ensemble)] == ["member", "ensemble"]
    spans = {span.name: span for span in telemetry.spans}
    assert spans["predict member"].parent.span_id == spans["predict ensemble"].context.span_id
    assert outer.id != member.attributes["ml.prediction.id"]


async def test_task_that_outlives_its_call_is_not_part_of_it(telemetry):
    """It inherits the context, but what it predicts later is recorded."""
    answered = asyncio.Event()

    async def later():
        await answered.wait()
        predict("m", inputs={"who": "later"})

    with driftmeter.predict("m", inputs={"who": "first"}):
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    answered.set()
    await task
    assert [e.attributes["ml.prediction.inputs"]["who"] for e in telemetry.events()] == ["first", "later"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_call_closed_in_another_context_surrounds_nothing_later(telemetry):
    """As when a streaming response's generator is closed by the garbage collector."""

    def stream():
        with driftmeter.predict("m", inputs={"who": "stream"}):
            yield 1

    def serve():
        rows = stream()
        next(rows)
        contextvars.Context().run(rows.close)
        predict("m", inputs={"who": "later"})

    contextvars.copy_context().run(serve)
    assert [e.attributes["ml.prediction.inputs"]["who"] for e in telemetry.events()] == ["stream", "later"]


def test_call_that_is_entered_again_is_another_call(telemetry):
    """Both are recorded, each with its own values and id."""
    call = driftmeter.predict("m")
    ids = []
    for n in range(3):
        with call:
            call.inputs, call.outputs = {"n": n}, float(n)
        ids.append(call.id)
    found = [(e.attributes["ml.prediction.id"], e.attributes["ml.prediction.inputs"]["n"]) for e in telemetry.events()]
    assert found == list(zip(ids, range(3), strict=True))
    assert len(set(ids)) == 3


def test_call_that_is_entered_inside_itself_is_one_call(telemetry):
    """As a recursive model is."""
    call = driftmeter.predict("m")
    with call:
        with call:
            assert len(call.id) == 36
        call.outputs = 1.0
    assert telemetry.event().attributes["ml.prediction.outputs"] == {"output": 1.0}


def test_shared_call_object_fails_no_thread(telemetry):
    """A mistake, but not one that a model has to pay for."""
    call, begin, errors = driftmeter.predict("m"), threading.Barrier(4), []

    def use():
        begin.wait()
        try:
            for _ in range(50):
                with call:
                    call.outputs = 1.0
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert telemetry.events()


def test_caller_does_not_wait_for_a_sink(telemetry):
    """Everything but the append happens on the worker: here it stands still, and a hundred calls go through."""
    go_on, pipeline = threading.Event(), current.installed()

    class Standing:
        def accept(self, records):
            go_on.wait(20)

    pipeline._sinks = (Standing(), *pipeline._sinks)
    for _ in range(100):
        predict()
    assert not go_on.is_set()
    go_on.set()
    assert len(telemetry.events()) == 100


def test_values_of_a_call_are_not_kept_alive_by_its_error(telemetry):
    """An exception holds its frames, and these the user's arrays."""
    import gc
    import weakref

    class Big:
        pass

    def serve():
        held = Big()
        gone.append(weakref.ref(held))
        with driftmeter.predict("m"):
            raise ModelError

    gone = []
    with pytest.raises(ModelError):
        serve()
    gc.collect()
    assert gone[0]() is None
    assert telemetry.event().attributes["error.type"].endswith("ModelError")
