"""Predictions and trace-correlated logs through the standard library's logging."""

from __future__ import annotations

import datetime as dt
import io
import logging
import logging.config
import logging.handlers
import queue
import threading
import uuid
import warnings

import numpy as np
import pytest
import yaml
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value
from opentelemetry.instrumentation import logging as instrumentation
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider

import driftmeter
from driftmeter import PredictionHandler
from driftmeter.pipeline import Pipeline, catalogue, current
from driftmeter.pipeline.stages import Once
from driftmeter.sinks.log_lines import LogLines
from driftmeter.sinks.spans import SpanSink
from driftmeter.testing import CapturingSink

PREDICTION = {"model": "air-time", "inputs": {"airline": "AA", "distance_mi": 945}, "outputs": [131.0]}


class Watched:
    """A pipeline that remembers predictions, and a real LoggerProvider that remembers logs."""

    def __init__(self):
        self._exporter = InMemoryLogRecordExporter()
        self.provider = sdk_logs.LoggerProvider()
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self._exporter))
        self.tracer_provider = TracerProvider()
        self.tracer = self.tracer_provider.get_tracer("app")
        self.sink = CapturingSink()
        self.pipeline = Pipeline(
            [self.sink], stages=[Once()], spans=SpanSink(self.tracer_provider), logs=LogLines(self.provider)
        )
        current.install(self.pipeline)

    def otel_handler(self, level=logging.NOTSET):
        return LoggingHandler(level, logger_provider=self.provider)

    @property
    def predictions(self):
        assert self.pipeline.drain(5)
        return self.sink.predictions

    @property
    def faults(self):
        assert self.pipeline.drain(5)
        return self.pipeline.guard.faults.counts()

    @property
    def logs(self):
        return [finished.log_record for finished in self._exporter.get_finished_logs()]

    @property
    def bodies(self):
        return [record.body for record in self.logs]

    @property
    def scopes(self):
        return [finished.instrumentation_scope.name for finished in self._exporter.get_finished_logs()]


@pytest.fixture
def watched(monkeypatch):
    """A real SDK that sends nothing anywhere, and loggers as they were before afterwards."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield Watched()
    for logger in (root, logging.getLogger("app"), logging.getLogger("app.scores")):
        for handler in logger.handlers[:]:
            if handler not in before[0]:
                logger.removeHandler(handler)
                handler.close()
        logger.propagate, logger.disabled = True, False
        logger.setLevel(logging.NOTSET)
    root.handlers[:] = before[0]
    root.setLevel(before[1])


@pytest.fixture
def log(watched):
    """A logger with our handler."""
    logger = logging.getLogger("app")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(PredictionHandler())
    return logger


# Predictions


def test_a_record_with_a_prediction_becomes_one(watched, log):
    """The promise of the handler, with every key that there is."""
    given = {
        **PREDICTION,
        "version": "7",
        "scores": {"short": 0.2, "long": 0.8},
        "id": "p-1",
        "timestamp": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        "duration_s": 0.25,
        "operation": "rank",
        "slices": {"region": "EU"},
        "tags": {"request": 17},
        "error_type": "Timeout",
    }
    log.info("scored", extra={"prediction": given})
    (prediction,) = watched.predictions
    assert (prediction.model, prediction.version, prediction.id) == ("air-time", "7", "p-1")
    assert (prediction.source, prediction.operation, prediction.error_type) == ("log", "rank", "Timeout")
    assert {name: list(prediction.inputs[name]) for name in prediction.inputs.names} == {
        "airline": ["AA"],
        "distance_mi": [945],
    }
    assert list(prediction.outputs["0"]) == [131.0]
    assert list(prediction.scores["long"]) == [0.8]
    assert (prediction.slices, prediction.tags) == ({"region": "EU"}, {"request": "17"})
    assert (prediction.duration_s, prediction.timestamp_ns) == (0.25, 1_767_312_000 * 10**9)
    assert prediction.batch_size == 1
    assert watched.logs == []
    assert watched.faults == {}


def test_a_prediction_without_more_has_an_id_and_the_time_of_its_record(watched, log):
    """Nothing but inputs is needed."""
    seen = []
    log.addFilter(lambda record: seen.append(record) or True)
    log.info("scored", extra={"prediction": {"inputs": {"a": 1}}})
    log.filters.clear()
    (prediction,) = watched.predictions
    assert uuid.UUID(prediction.id)
    assert prediction.started_ns == prediction.timestamp_ns == int(seen[0].created * 1e9)
    assert prediction.duration_s is None
    assert prediction.model == "unnamed"


def test_an_unnamed_model_is_the_handlers_then_that_of_the_only_reference(watched, log):
    """A handler's version is not given to a model of another name."""
    logging.getLogger("app.scores").addHandler(PredictionHandler(model="air-time", version=7))
    logging.getLogger("app.scores").info("", extra={"prediction": {"inputs": {"a": 1}}})
    logging.getLogger("app.scores").info("", extra={"prediction": {"inputs": {"a": 1}, "model": "fare"}})
    assert [(p.model, p.version) for p in watched.predictions] == [("air-time", "7"), ("fare", None)]
    catalogue.announce([catalogue.KnownModel("fare", "1", ("a",), ())])
    try:
        log.info("", extra={"prediction": {"inputs": {"a": 1}}})
        assert watched.predictions[-1].model == "fare"
    finally:
        catalogue.announce([])


def test_a_prediction_belongs_to_the_span_in_which_it_was_logged(watched, log):
    """Without a span of its own it is tied to the one around it."""
    with watched.tracer.start_as_current_span("request") as span:
        log.info("scored", extra={"prediction": PREDICTION})
    log.info("scored", extra={"prediction": PREDICTION})
    inside, outside = watched.predictions
    context = span.get_span_context()
    assert inside.trace[:2] == (context.trace_id, context.span_id)
    assert outside.trace is None


def test_values_are_those_of_the_moment_of_logging(watched, log):
    """The caller goes on with its buffers, the worker reads later."""
    row, batch, tags = {"a": 1.0}, np.array([[1.0], [2.0]]), {"k": "v"}
    log.info("", extra={"prediction": {"inputs": row, "tags": tags}})
    log.info("", extra={"prediction": {"inputs": batch}})
    row["a"], batch[:], tags["k"] = 9.0, 9.0, "w"
    first, second = watched.predictions
    assert (list(first.inputs["a"]), first.tags) == ([1.0], {"k": "v"})
    assert list(second.inputs["0"]) == [1.0, 2.0]
    assert second.batch_size == 2


def test_an_exception_on_the_record_is_the_predictions_error(watched, log):
    """`log.exception` with a prediction says that the model failed."""
    log.error(
        "failed", exc_info=LookupError("no such airport"), extra={"prediction": {"model": "m", "inputs": {"a": 1}}}
    )
    assert [prediction.error_type for prediction in watched.predictions] == ["LookupError"]


def test_levels_and_filters_hold_for_predictions(watched, log):
    """It is a handler as every other."""
    log.handlers[0].setLevel("WARNING")
    log.info("scored", extra={"prediction": PREDICTION})
    log.warning("scored", extra={"prediction": PREDICTION})
    log.handlers[0].addFilter(lambda record: False)
    log.warning("scored", extra={"prediction": PREDICTION})
    assert len(watched.predictions) == 1


# Counting once


def test_a_record_that_reaches_two_handlers_counts_once(watched, log):
    """One on the named logger, one on the root: prediction and log alike."""
    logging.getLogger().addHandler(PredictionHandler())
    log.info("scored", extra={"prediction": PREDICTION})
    log.info("served")
    assert len(watched.predictions) == 1
    assert watched.bodies == ["served"]


def test_a_prediction_logged_inside_its_call_belongs_to_it(watched, log):
    """It gives the call what it lacks, and takes nothing from it."""
    with driftmeter.predict("air-time", inputs={"a": 1}) as call:
        log.info("", extra={"prediction": {"inputs": {"a": 2}, "outputs": [3.0], "tags": {"k": 1}}})
        log.info("", extra={"prediction": {"model": "air-time", "id": call.id, "outputs": [4.0]}})
    (prediction,) = watched.predictions
    assert (prediction.source, prediction.id, prediction.tags) == ("predict", call.id, {"k": "1"})
    assert list(prediction.inputs["a"]) == [1]
    assert list(prediction.outputs["0"]) == [3.0]


def test_another_prediction_logged_inside_a_call_counts_for_itself(watched, log):
    """Another model or another id is another prediction."""
    with driftmeter.predict("air-time", inputs={"a": 1}):
        log.info("", extra={"prediction": {"model": "fare", "inputs": {"a": 2}}})
        log.info("", extra={"prediction": {"model": "air-time", "id": "other", "inputs": {"a": 3}}})
    assert [(p.source, p.model) for p in watched.predictions] == [
        ("log", "fare"),
        ("log", "air-time"),
        ("predict", "air-time"),
    ]


def test_a_prediction_logged_after_its_call_under_its_id_counts_once(watched, log):
    """The usual way: call, then log."""
    with driftmeter.predict("air-time", inputs={"a": 1}) as call:
        pass
    log.info("scored", extra={"prediction": {"id": call.id, **PREDICTION}})
    assert [prediction.source for prediction in watched.predictions] == ["predict"]


# Ordinary records


def test_an_ordinary_record_becomes_a_log_of_the_current_trace(watched, log):
    """Message, severity, time, scope, extras and span: everything a backend can be asked for."""
    with watched.tracer.start_as_current_span("request") as span:
        log.warning("served %d rows", 3, extra={"user": {"tier": 1}, "size": np.float32(1.5), "_own": "no"})
    (record,) = watched.logs
    assert record.body == "served 3 rows"
    assert (record.severity_text, record.severity_number.value) == ("WARN", 13)
    assert (record.trace_id, record.span_id) == (span.get_span_context().trace_id, span.get_span_context().span_id)
    assert dict(record.attributes) == {"user": {"tier": 1}, "size": 1.5}
    assert record.timestamp > 0
    assert watched.scopes == ["app"]
    assert watched.predictions == []


def test_an_exception_is_described_by_the_semantic_conventions(watched, log):
    """Type, message and stack trace."""
    log.error("failed", exc_info=LookupError("no such airport"))
    (record,) = watched.logs
    assert record.attributes["exception.type"] == "LookupError"
    assert record.attributes["exception.message"] == "no such airport"
    assert record.attributes["exception.stacktrace"].rstrip() == "LookupError: no such airport"


def test_code_attributes_come_only_when_asked_for(watched, log):
    """They name files of the user's machine."""
    log.info("before")
    logging.getLogger("app.scores").addHandler(PredictionHandler(code_attributes=True))
    logging.getLogger("app.scores").info("after")
    before, after = watched.logs
    assert not before.attributes
    assert after.attributes["code.function.name"] == "test_code_attributes_come_only_when_asked_for"
    assert after.attributes["code.line.number"] > 0


def test_a_formatter_makes_the_body(watched, log):
    """Who gives the handler a formatter wants it used."""
    log.handlers[0].setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log.info("served")
    assert watched.bodies == ["INFO served"]


def test_an_extra_can_name_the_event(watched, log):
    """As with OpenTelemetry's own handler."""
    log.info("done", extra={"otel.event.name": "app.done", "n": 1})
    (record,) = watched.logs
    assert (record.event_name, dict(record.attributes)) == ("app.done", {"n": 1})


def test_denied_extras_are_not_recorded(watched, log):
    """What the settings refuse as a column is refused as an extra."""
    watched.pipeline.logs = LogLines(watched.provider, lambda name: "token" not in name)
    log.info("in", extra={"session_token": "s3cr3t", "n": 1})
    assert [dict(record.attributes) for record in watched.logs] == [{"n": 1}]


def test_a_prediction_that_is_no_mapping_is_counted_and_logged(watched, log):
    """Somebody else's extra of the same name is theirs."""
    log.info("scored", extra={"prediction": 0.7})
    assert watched.faults == {"sources.log.prediction": 1}
    assert [dict(record.attributes) for record in watched.logs] == [{"prediction": 0.7}]


# Recursion and OpenTelemetry's own handler


@pytest.mark.parametrize("name", ["driftmeter", "driftmeter.internal", "opentelemetry", "opentelemetry.sdk._logs"])
def test_what_telemetry_logs_is_refused(watched, log, name):
    """An exporter that logs its failure would be sent, fail, and log."""
    logging.getLogger().addHandler(PredictionHandler())
    logging.getLogger(name).error("failed", extra={"prediction": PREDICTION})
    assert (watched.bodies, watched.predictions) == ([], [])


def test_what_is_logged_while_a_record_is_emitted_is_refused(watched, log):
    """A user's log processor that logs would go round for ever."""

    class Chatty(sdk_logs.LogRecordProcessor):
        def on_emit(self, log_record):
            logging.getLogger("app").info("emitted")

        def shutdown(self):
            pass

        def force_flush(self, timeout_millis=30000):
            return True

    watched.provider.add_log_record_processor(Chatty())
    log.info("served")
    log.info("again")
    assert watched.bodies == ["served", "again"]


def test_what_an_exporters_http_client_logs_is_refused(watched, log):
    """Exporters mark their own context; no logger's name tells."""
    token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
    try:
        logging.getLogger("app").debug("POST /v1/logs")
    finally:
        detach(token)
    assert watched.bodies == []


@pytest.mark.parametrize("first", ["ours", "otel"])
@pytest.mark.parametrize("place", ["same logger", "root"])
def test_beside_opentelemetrys_handler_nothing_is_doubled(watched, first, place):
    """Ordinary records are left to it, predictions are kept from it; the order does not matter, from the first on."""
    logger = logging.getLogger("app")
    logger.setLevel(logging.DEBUG)
    theirs = watched.otel_handler()
    put = {
        "ours": lambda: logger.addHandler(PredictionHandler()),
        "otel": lambda: (logger if place == "same logger" else logging.getLogger()).addHandler(theirs),
    }
    put.pop(first)()
    put.popitem()[1]()
    logger.info("scored", extra={"prediction": PREDICTION})
    logger.info("served")
    assert len(watched.predictions) == 1
    assert watched.bodies == ["served"]


def test_the_sdks_deprecated_handler_is_recognised(watched, log):
    """Many programs still install it by hand."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        logging.getLogger().addHandler(sdk_logs.LoggingHandler(logger_provider=watched.provider))
    log.info("scored", extra={"prediction": PREDICTION})
    log.info("served")
    assert len(watched.predictions) == 1
    assert watched.bodies == ["served"]


def test_what_opentelemetrys_handler_does_not_take_is_ours(watched, log):
    """Its level counts: a record below it would be lost."""
    logging.getLogger().addHandler(watched.otel_handler(logging.ERROR))
    log.info("served")
    log.error("failed")
    assert watched.bodies == ["served", "failed"]


def test_opentelemetrys_handler_keeps_predictions_that_we_do_not_take(watched, log):
    """A record of a logger without our handler, or below its level, is not ours."""
    logging.getLogger().addHandler(watched.otel_handler())
    log.handlers[0].setLevel("WARNING")
    log.warning("scored", extra={"prediction": PREDICTION})
    log.info("below", extra={"prediction": PREDICTION})
    logging.getLogger("elsewhere").warning("other", extra={"prediction": PREDICTION})
    assert len(watched.predictions) == 1
    assert watched.bodies == ["below", "other"]


def test_closing_leaves_opentelemetrys_handler_as_it_was(watched, log):
    """The filter goes with the handler that brought it."""
    theirs = watched.otel_handler()
    logging.getLogger().addHandler(theirs)
    log.info("served")
    assert theirs.filters
    log.handlers[0].close()
    assert theirs.filters == []


def test_the_logging_instrumentor_on_root_is_respected(watched, log, monkeypatch):
    """The real instrumentor, as `opentelemetry-instrument` starts it."""
    monkeypatch.setattr(instrumentation, "get_logger_provider", lambda: watched.provider)
    for name in ("dictConfig", "fileConfig"):  # the instrumentor wraps them for good
        monkeypatch.setattr(logging.config, name, getattr(logging.config, name))
    monkeypatch.setattr(logging, "basicConfig", logging.basicConfig)
    instrumentation.LoggingInstrumentor().instrument()
    try:
        log.info("scored", extra={"prediction": PREDICTION})
        log.info("served")
    finally:
        instrumentation.LoggingInstrumentor().uninstrument()
    assert len(watched.predictions) == 1
    assert watched.bodies == ["served"]


# Configuration


def test_dict_config_from_yaml_builds_the_handler(watched):
    """As uvicorn, Django and plain programs are configured."""
    text = """
        version: 1
        disable_existing_loggers: false
        handlers:
          predictions: {class: driftmeter.PredictionHandler, level: INFO, model: air-time, version: 7}
        loggers:
          app: {handlers: [predictions], level: DEBUG}
    """
    logging.config.dictConfig(yaml.safe_load(text))
    logging.getLogger("app").info("scored", extra={"prediction": {"inputs": {"a": 1}}})
    logging.getLogger("app").debug("scored", extra={"prediction": {"inputs": {"a": 1}}})
    assert [(p.model, p.version) for p in watched.predictions] == [("air-time", "7")]


def test_file_config_builds_the_handler(watched):
    """The oldest way of all."""
    text = """
[loggers]
keys=root,app
[handlers]
keys=predictions
[formatters]
keys=
[logger_root]
handlers=
[logger_app]
level=INFO
handlers=predictions
qualname=app
[handler_predictions]
class=driftmeter.PredictionHandler
level=INFO
args=()
kwargs={"model": "air-time"}
"""
    logging.config.fileConfig(io.StringIO(text), disable_existing_loggers=False)
    logging.getLogger("app").info("scored", extra={"prediction": {"inputs": {"a": 1}}})
    assert [prediction.model for prediction in watched.predictions] == ["air-time"]


def test_building_the_handler_starts_nothing(watched):
    """No pipeline, so no provider, thread or file; flushing and closing start nothing, either."""
    current.install(None)
    threads = threading.active_count()
    handler = PredictionHandler("INFO", model="m", windows="500rows")
    handler.flush()
    handler.close()
    assert current.installed() is None
    assert threading.active_count() == threads


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"windos": "5rows"}, "unknown argument 'windos'"),
        ({"spans": "some"}, "argument spans is 'some'"),
        ({"reference": "no/such.reference.json"}, "no/such.reference.json"),
    ],
)
def test_a_wrong_setting_is_refused_when_the_handler_is_built(watched, settings, message):
    """Loud when built, whether or not a pipeline is there already."""
    with pytest.raises(ValueError, match=message):
        PredictionHandler(**settings)
    current.install(None)
    with pytest.raises(ValueError, match=message):
        PredictionHandler(**settings)


# Queues


def test_behind_a_queue_predictions_and_logs_arrive_once(watched):
    """The way of asyncio programs; the trace is what the logging instrumentation left on the record."""
    waiting = queue.SimpleQueue()
    logger = logging.getLogger("app")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.handlers.QueueHandler(waiting))
    logging.getLogger().addHandler(watched.otel_handler())
    logging.getLogger().handlers[-1].setLevel(logging.ERROR)
    listener = logging.handlers.QueueListener(waiting, PredictionHandler(model="air-time"))
    listener.start()
    ids = {"otelTraceID": "0a" * 16, "otelSpanID": "0b" * 8, "otelTraceSampled": True, "otelServiceName": "s"}
    logger.error("scored", extra={"prediction": {"inputs": {"a": 1}}, **ids})
    logger.info("served %s", "it", extra=ids)
    listener.stop()
    (prediction,) = watched.predictions
    assert prediction.trace[:2] == (int("0a" * 16, 16), int("0b" * 8, 16))
    (record,) = watched.logs
    assert (record.body, record.trace_id, dict(record.attributes)) == ("served it", int("0a" * 16, 16), {})


def test_what_a_memory_handler_lets_go_belongs_to_where_it_was_logged(watched):
    """It lets go inside another request, and its span and its call are not those of what waited."""
    logger = logging.getLogger("app")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.handlers.MemoryHandler(100, logging.ERROR, PredictionHandler()))
    ids = {"otelTraceID": "0a" * 16, "otelSpanID": "0b" * 8, "otelTraceSampled": True}
    logger.info("scored", extra={"prediction": PREDICTION, **ids})
    logger.info("served", extra=ids)
    with driftmeter.predict("air-time", inputs={"a": 1}):
        other = threading.Thread(target=logger.info, args=("scored",), kwargs={"extra": {"prediction": PREDICTION}})
        other.start()
        other.join()
        logger.error("failed")
    assert [prediction.source for prediction in watched.predictions] == ["log", "log", "predict"]
    assert watched.predictions[0].trace[:2] == (int("0a" * 16, 16), int("0b" * 8, 16))
    assert [(record.body, record.trace_id == int("0a" * 16, 16)) for record in watched.logs] == [
        ("served", True),
        ("failed", False),
    ]


# Bad input


@pytest.mark.parametrize("given", [{}, {"name": None, "levelno": 20, "levelname": "INFO"}, {"name": 7}])
def test_a_record_made_of_a_dictionary_needs_no_name(watched, given):
    """As one that came through a socket: a handler is then called directly."""
    handler = PredictionHandler()
    handler.handle(logging.makeLogRecord({"msg": "served", **given}))
    handler.handle(logging.makeLogRecord({"prediction": PREDICTION, **given}))
    assert watched.bodies == ["served"]
    assert watched.scopes == ["root"]
    assert len(watched.predictions) == 1
    assert watched.faults == {}


class Hostile:
    """Raises whatever is asked of it."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def cyclic():
    ring = []
    ring.append(ring)
    return ring


@pytest.mark.parametrize(
    "value",
    [
        np.float32(1.5),
        np.arange(3),
        float("nan"),
        float("inf"),
        10**5000,
        "\ud800",
        "x" * 10_000_000,
        cyclic(),
        Hostile(),
        {"a": {Hostile(): cyclic()}},
        b"\xff",
        {1, 2},
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_value_raises_into_the_logging_call(watched, log, value):
    """As an extra, and anywhere in a prediction; neighbours arrive unharmed."""
    log.info("extra", extra={"value": value})
    for key in ("model", "version", "id", "timestamp", "duration_s", "operation", "slices", "tags", "error_type"):
        log.info("scored", extra={"prediction": {"inputs": {"a": 1}, "outputs": [2], key: value}})
    for key in ("inputs", "outputs", "scores"):
        log.info("scored", extra={"prediction": {key: value}})
        log.info("scored", extra={"prediction": {"model": "m", key: {"a": value}}})
    log.info("after")
    assert len(watched.predictions) == 15
    assert watched.bodies == ["extra", "after"]
    assert watched.pipeline.dropped.total() == 0


def test_unknown_keys_of_a_prediction_are_counted_and_left_out(watched, log):
    """A typing error shows in the count, not in the backend."""
    log.info("scored", extra={"prediction": {**PREDICTION, "input": {"a": 1}, "modle": "m"}})
    assert len(watched.predictions) == 1
    assert watched.faults == {"sources.log.keys": 2}


def test_a_message_that_cannot_be_formatted_goes_logging_s_own_way(watched, log, capsys):
    """Told on stderr where logging wants it told, never raised."""
    log.propagate = False  # pytest's handler raises
    log.info("%s", Hostile())
    deep = []
    for _ in range(100_000):
        deep = [deep]
    log.info("%d", deep)
    log.info("after")
    assert watched.bodies == ["after"]
    assert capsys.readouterr().err.count("--- Logging error ---") == 2
    while deep:  # unwound by hand, since the interpreter would do it recursively
        deep = deep[0]


def test_a_processor_that_raises_is_contained(watched, log):
    """The SDK lets it through; we do not."""

    class Broken(sdk_logs.LogRecordProcessor):
        def on_emit(self, log_record):
            raise RuntimeError("broken")

        def shutdown(self):
            pass

        def force_flush(self, timeout_millis=30000):
            return True

    watched.provider.add_log_record_processor(Broken())
    log.info("served")
    assert watched.faults == {"sources.log.lines": 1}


def test_a_pipeline_that_cannot_be_built_does_not_raise(watched, log, monkeypatch, caplog):
    """Even then a logging call only logs."""
    current.install(None)
    monkeypatch.setattr(current, "RECIPE", ("no.such.module", "first_use"))
    log.info("served")
    assert "driftmeter is off: No module named 'no'" in caplog.messages


def test_what_telemetry_warns_of_is_printed_where_no_other_handler_gets_it(monkeypatch, capsys):
    """A root logger whose only handler is ours would hide that the backend is away."""
    ours = logging.getLogger("driftmeter")
    monkeypatch.setattr(ours, "propagate", False)
    monkeypatch.setattr(ours, "handlers", [driftmeter.PredictionHandler(), driftmeter.PredictionHandler()])
    ours.warning("backend away")
    ours.info("backend back")
    assert capsys.readouterr().err == "backend away\n"
    ours.addHandler(logging.NullHandler())
    ours.warning("backend away")
    behind_a_queue = driftmeter.PredictionHandler()
    behind_a_queue.handle(logging.makeLogRecord({"name": "driftmeter", "levelno": logging.WARNING, "msg": "away"}))
    assert capsys.readouterr().err == ""


def test_flush_hands_over_what_was_predicted(watched, log):
    """Also `logging.shutdown()` comes by here."""
    log.info("scored", extra={"prediction": PREDICTION})
    log.handlers[0].flush()
    assert len(watched.sink.predictions) == 1


def test_threads_log_side_by_side(watched, log):
    """No record of any thread is lost or doubled."""

    def work(worker):
        for turn in range(50):
            log.info("scored", extra={"prediction": {"model": "m", "id": f"{worker}-{turn}", "inputs": {"a": turn}}})
            log.info("served")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({prediction.id for prediction in watched.predictions}) == 200
    assert len(watched.bodies) == 200
