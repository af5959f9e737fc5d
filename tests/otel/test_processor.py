"""Spans that others made, with features as attributes, become predictions."""

from __future__ import annotations

import itertools
import logging

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, AlwaysRecordSampler
from opentelemetry.trace import Status, StatusCode, TraceFlags, get_current_span

import driftmeter
from driftmeter.otel.processor import DriftSpanProcessor
from driftmeter.pipeline import Pipeline, current
from driftmeter.pipeline.stages import Once
from driftmeter.sinks.spans import SpanSink
from driftmeter.testing import CapturingSink


class Watched:
    """A real tracer provider with our processor, in front of a pipeline that remembers."""

    def __init__(self, processor, **provider):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(**provider)
        self.provider.add_span_processor(processor)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("somebody.else")
        self.sink = CapturingSink()
        self.pipeline = Pipeline([self.sink], stages=[Once()], spans=SpanSink(self.provider))
        current.install(self.pipeline)

    @property
    def predictions(self):
        assert self.pipeline.drain(5)
        return self.sink.predictions

    @property
    def faults(self):
        assert self.pipeline.drain(5)
        return self.pipeline.guard.faults.counts()


@pytest.fixture
def watch(monkeypatch):
    """Build a watched provider: a real SDK, which sends nothing anywhere."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    return lambda processor=None, **provider: Watched(processor or DriftSpanProcessor(model="air-time"), **provider)


def test_attributes_under_the_prefixes_become_features_and_outputs(watch):
    """The convention that needs no configuration: `ml.feature.*` and `ml.output.*`."""
    watched = watch()
    given = {"ml.feature.airline": "AA", "ml.feature.distance_mi": 945, "ml.output.minutes": 131.5, "http.route": "/"}
    with watched.tracer.start_as_current_span("infer", attributes=given):
        pass
    (prediction,) = watched.predictions
    assert (prediction.model, prediction.source, prediction.operation) == ("air-time", "span", "predict")
    assert {name: list(prediction.inputs[name]) for name in prediction.inputs.names} == {
        "airline": ["AA"],
        "distance_mi": [945],
    }
    assert list(prediction.outputs["minutes"]) == [131.5]
    assert prediction.batch_size == 1


def test_a_stated_mapping_replaces_the_prefixes(watch):
    """Spans of an existing application need not change their attributes."""
    processor = DriftSpanProcessor(
        model="air-time", features={"app.dist": "distance_mi"}, outputs={"app.answer": "minutes"}
    )
    watched = watch(processor)
    with watched.tracer.start_as_current_span("a", attributes={"app.dist": 945.0, "app.answer": 131.0, "app.x": 1}):
        pass
    with watched.tracer.start_as_current_span("b", attributes={"ml.feature.distance_mi": 1.0}):
        pass
    (prediction,) = watched.predictions
    assert prediction.inputs.names == ("distance_mi",)
    assert list(prediction.inputs["distance_mi"]) == [945.0]
    assert list(prediction.outputs["minutes"]) == [131.0]


def test_sequences_are_batch_columns(watch):
    """Three values in each attribute are three rows."""
    watched = watch()
    given = {"ml.feature.a": [1.0, 2.0, 3.0], "ml.feature.b": ["x", "y", "z"], "ml.output.y": [True, False, True]}
    with watched.tracer.start_as_current_span("infer", attributes=given):
        pass
    (prediction,) = watched.predictions
    assert prediction.batch_size == prediction.inputs.rows == prediction.outputs.rows == 3
    assert list(prediction.inputs["b"]) == ["x", "y", "z"]


def test_identity_slices_and_tags_come_from_attributes(watch):
    """What the span says of itself wins over what the processor was built with."""
    watched = watch(DriftSpanProcessor(model="air-time", version="7"))
    named = {
        "ml.model.name": "fare",
        "ml.model.version": 3,
        "ml.prediction.id": "p-1",
        "ml.operation.name": "rank",
        "ml.slice.region": "EU",
        "ml.tag.retry": True,
    }
    with watched.tracer.start_as_current_span("a", attributes={"ml.feature.a": 1, **named}):
        pass
    with watched.tracer.start_as_current_span("b", attributes={"ml.feature.a": 1}):
        pass
    first, second = watched.predictions
    assert (first.model, first.version, first.id, first.operation) == ("fare", "3", "p-1", "rank")
    assert (first.slices, first.tags) == ({"region": "EU"}, {"retry": "True"})
    assert (second.model, second.version) == ("air-time", "7")


def test_time_trace_and_id_are_the_spans_own(watch):
    """A prediction leads to its span, and its id can be told from the trace context."""
    watched = watch()
    with watched.tracer.start_as_current_span("request") as parent:
        span = watched.tracer.start_span("infer", attributes={"ml.feature.a": 1}, start_time=1_000_000_000)
        span.end(end_time=1_250_000_000)
    (prediction,) = watched.predictions
    context = span.get_span_context()
    assert prediction.trace == (
        context.trace_id,
        context.span_id,
        context.trace_flags,
        parent.get_span_context().span_id,
    )
    assert prediction.id == f"{context.trace_id:032x}-{context.span_id:016x}"
    assert (prediction.started_ns, prediction.timestamp_ns, prediction.duration_s) == (10**9, 10**9, 0.25)


@pytest.mark.parametrize(("attributes", "expected"), [({}, "error"), ({"error.type": "TimeoutError"}, "TimeoutError")])
def test_a_failed_span_is_a_failed_prediction(watch, attributes, expected):
    """The status decides; `error.type` names the failure where it is given."""
    watched = watch()
    with watched.tracer.start_as_current_span("infer", attributes={"ml.feature.a": 1, **attributes}) as span:
        span.set_status(Status(StatusCode.ERROR))
    assert [prediction.error_type for prediction in watched.predictions] == [expected]


@pytest.mark.parametrize(
    ("wanted", "expected"), [(None, 3), ("infer", 1), ("infer*", 2), ("infer/*", 1), ("nothing", 0)]
)
def test_span_name_selects_exactly_or_by_prefix(watch, wanted, expected):
    """A star at the end makes it a prefix."""
    watched = watch(DriftSpanProcessor(model="m", span_name=wanted))
    for name in ("infer", "infer/air-time", "other"):
        watched.tracer.start_span(name, attributes={"ml.feature.a": 1}).end()
    assert len(watched.predictions) == expected


def test_spans_without_a_matching_attribute_are_left_alone(watch):
    """Most spans of a server are none of ours: no pipeline is even built for them."""
    watched = watch()
    current.install(None)
    watched.tracer.start_span("GET /", attributes={"http.route": "/"}).end()
    watched.tracer.start_span("bare").end()
    assert current.installed() is None


def test_drift_sees_spans_that_the_sampler_refuses(watch):
    """With AlwaysRecordSampler every span is recorded, though none is exported."""
    watched = watch(sampler=AlwaysRecordSampler(ALWAYS_OFF))
    with watched.tracer.start_as_current_span("infer") as span:
        span.set_attribute("ml.feature.a", 1)
    (prediction,) = watched.predictions
    assert not prediction.trace.trace_flags & TraceFlags.SAMPLED
    assert watched.exporter.get_finished_spans() == ()


def test_a_span_around_a_recorded_call_counts_once(watch):
    """`predict()` inside a span that carries the same features: the call is recorded, the span is not counted again."""
    watched = watch()
    with (
        watched.tracer.start_as_current_span("request"),
        watched.tracer.start_as_current_span("infer", attributes={"ml.feature.a": 1}),
        driftmeter.predict("air-time", inputs={"a": 1}) as call,
    ):
        call.outputs = [2.0]
    assert [(prediction.source, prediction.id) for prediction in watched.predictions] == [("predict", call.id)]


def test_a_span_around_a_recorded_call_counts_once_however_far_outside(watch):
    """Other spans may lie between, and a second processor hears of the call as well."""
    watched = watch()
    watched.provider.add_span_processor(DriftSpanProcessor(model="air-time"))
    with (
        watched.tracer.start_as_current_span("infer", attributes={"ml.feature.a": 1}),
        watched.tracer.start_as_current_span("step"),
        watched.tracer.start_as_current_span("substep"),
        driftmeter.predict("air-time", inputs={"a": 1}),
    ):
        pass
    assert [prediction.source for prediction in watched.predictions] == ["predict"]


def test_a_span_inside_a_call_of_its_model_counts_once(watch):
    """The call is recorded when it closes; the span inside it tells of the same prediction."""
    watched = watch()
    with driftmeter.predict("air-time", inputs={"a": 1}):
        watched.tracer.start_span("infer", attributes={"ml.feature.a": 1}).end()
        watched.tracer.start_span("infer", attributes={"ml.feature.a": 1, "ml.model.name": "fare"}).end()
    assert [(p.source, p.model) for p in watched.predictions] == [("span", "fare"), ("predict", "air-time")]


def test_a_span_around_a_call_of_another_model_is_a_prediction_of_its_own(watch):
    """An ensemble asks its parts, and each of them is one model more."""
    watched = watch()
    current.install(Pipeline([watched.sink], spans=SpanSink(watched.provider)))
    with (
        watched.tracer.start_as_current_span("ensemble", attributes={"ml.feature.a": 1}),
        driftmeter.predict("part", inputs={"a": 1}),
    ):
        pass
    assert current.pipeline().drain(5)
    assert [(p.source, p.model) for p in watched.sink.predictions] == [("predict", "part"), ("span", "air-time")]


def test_a_prediction_logged_inside_a_span_that_carries_it_counts_once(watch):
    """Log record and span, three sources at hand, one prediction."""
    watched = watch()
    logger = logging.getLogger("otel.test")
    logger.addHandler(handler := driftmeter.PredictionHandler())
    try:
        with (
            watched.tracer.start_as_current_span("infer", attributes={"ml.feature.a": 1}),
            watched.tracer.start_as_current_span("step"),
        ):
            logger.warning("scored", extra={"prediction": {"model": "air-time", "inputs": {"a": 1}}})
    finally:
        logger.removeHandler(handler)
    assert [prediction.source for prediction in watched.predictions] == ["log"]


def test_two_spans_side_by_side_are_two_predictions(watch):
    """Counting once must not cost a sibling."""
    watched = watch()
    with watched.tracer.start_as_current_span("request"):
        for value in (1, 2):
            watched.tracer.start_span("infer", attributes={"ml.feature.a": value}).end()
        with driftmeter.predict("air-time", inputs={"a": 3}):
            pass
    assert sorted(prediction.source for prediction in watched.predictions) == ["predict", "span", "span"]


def test_a_span_that_repeats_a_recorded_id_counts_once(watch):
    """The caller's own id tells that both sources saw the same prediction, wherever the span stands."""
    watched = watch()
    with driftmeter.predict("air-time", inputs={"a": 1}, id="p-1"):
        pass
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 1, "ml.prediction.id": "p-1"}).end()
    assert [prediction.source for prediction in watched.predictions] == ["predict"]


def test_spans_of_driftmeter_are_never_predictions(watch):
    """Our own span around a call carries our own attributes, and is no second prediction."""
    watched = watch(DriftSpanProcessor(features={"ml.prediction.batch_size": "size"}))
    with driftmeter.predict("air-time", inputs={"a": 1}):
        pass
    assert [prediction.source for prediction in watched.predictions] == ["predict"]


def test_rows_that_do_not_fit_together_cost_only_the_inputs(watch):
    """Sequences of different lengths are counted as a fault; the prediction and its neighbours stay."""
    watched = watch()
    given = {"ml.feature.a": [1.0, 2.0], "ml.feature.b": [1.0, 2.0, 3.0], "ml.output.y": 1.0}
    watched.tracer.start_span("infer", attributes=given).end()
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 5}).end()
    first, second = watched.predictions
    assert first.inputs is None
    assert list(first.outputs["y"]) == [1.0]
    assert list(second.inputs["a"]) == [5]
    assert watched.faults == {"sources.inputs": 1}


def test_a_broken_span_raises_nothing_into_the_code_that_ends_it(watch):
    """The SDK calls processors bare, so whatever goes wrong must stay inside; it is counted."""
    watched = watch()

    class Broken(ReadableSpan):
        @property
        def attributes(self):
            raise RuntimeError("not today")

    watched.provider._active_span_processor.on_end(Broken("infer"))
    assert watched.faults == {"sources.span": 1}


def test_strange_names_are_counted_and_left_out(watch):
    """A list as a model's name is none; the prediction is kept under the processor's."""
    watched = watch()
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 1, "ml.model.name": ["a", "b"]}).end()
    assert [prediction.model for prediction in watched.predictions] == ["air-time"]
    assert watched.faults == {"sources.span.names": 1}


def test_a_prediction_that_nobody_names_is_kept_as_unnamed(watch):
    """Its values count for drift all the same."""
    watched = watch(DriftSpanProcessor())
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 1}).end()
    assert [prediction.model for prediction in watched.predictions] == ["unnamed"]


def test_flushing_the_provider_flushes_the_pipeline_and_comes_back(watch):
    """The pipeline flushes the providers, whose processors flush the pipeline: each asks the other only once."""
    watched = watch()
    asked = itertools.count()

    def flush(timeout_s):
        next(asked)
        return watched.provider.force_flush(int(timeout_s * 1000))

    watched.pipeline = Pipeline([watched.sink], flushes=[flush])
    current.install(watched.pipeline)
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 1}).end()
    assert watched.provider.force_flush(5000)
    assert len(watched.sink.predictions) == 1
    assert next(asked) == 1
    assert watched.pipeline.flush(5)


def test_a_shut_down_provider_has_handed_over_and_takes_no_more(watch):
    """Shutdown waits for the worker."""
    watched = watch()
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 1}).end()
    watched.provider.shutdown()
    assert len(watched.sink.predictions) == 1
    watched.tracer.start_span("infer", attributes={"ml.feature.a": 1}).end()
    assert len(watched.predictions) == 1


def test_nothing_is_built_before_the_first_matching_span(watch):
    """A processor that only stands there costs nothing, also when it is flushed and shut down."""
    processor = DriftSpanProcessor(model="m", false_page_interval="7d")
    assert processor.force_flush(10)
    processor.shutdown()
    assert current.installed() is None
    assert not get_current_span().is_recording()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"feature_prefix": ""}, "feature_prefix is ''"),
        ({"windos": "5rows"}, "unknown argument 'windos'"),
        ({"events": "kafka"}, "argument events is 'kafka'"),
        ({"reference": "no/such.reference.json"}, "no/such.reference.json"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_processor_is_built(watch, arguments, message):
    """Loud when built: the message names the value."""
    with pytest.raises(ValueError, match=message):
        DriftSpanProcessor(**arguments)
