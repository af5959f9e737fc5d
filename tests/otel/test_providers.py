import pytest
from opentelemetry import metrics, trace
from opentelemetry._logs import NoOpLoggerProvider, get_logger_provider
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as SdkGrpcExporter

from driftmeter.otel import providers
from driftmeter.otel.exporters import OtlpSpans
from driftmeter.otel.providers import Providers
from driftmeter.pipeline import Tally

DISABLED = {"OTEL_SDK_DISABLED": "true"}
NONE = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}


@pytest.fixture
def installed(monkeypatch):
    """The providers that would have been made the global ones."""
    found = []
    monkeypatch.setattr(trace, "set_tracer_provider", found.append)
    monkeypatch.setattr(metrics, "set_meter_provider", found.append)
    monkeypatch.setattr(providers, "set_logger_provider", found.append)
    yield found
    for provider in found:
        provider.shutdown()


def settled(environ, **given):
    return Providers(lost=Tally(), environ=environ, **given)


@pytest.mark.parametrize("environ", [DISABLED, NONE])
def test_switched_off_by_opentelemetrys_own_variables(installed, environ):
    """Nothing is set up, and there is nothing to flush."""
    found = settled(environ)
    assert (found.tracer_provider, found.meter_provider, found.logger_provider, installed) == (None, None, None, [])
    assert found.flush(1)


def test_given_providers_are_used(sdk, installed):
    """And none is installed."""
    given = sdk().providers
    found = settled({}, **given)
    assert (found.tracer_provider, found.meter_provider, found.logger_provider) == tuple(given.values())
    assert (installed, found.own_otlp) == ([], set())


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://localhost:4318/v1/traces"),
        ({"OTEL_TRACES_EXPORTER": ""}, "http://localhost:4318/v1/traces"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": ""},
            "http://localhost:4318/v1/traces",
        ),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http://localhost:4317"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "http://localhost:4317"),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "http://localhost:4318/v1/traces",
        ),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://elsewhere/spans"}, "http://elsewhere/spans"),
    ],
)
def test_spans_follow_the_protocol_and_the_endpoint(installed, environ, address):
    """http/protobuf unless the variables say otherwise; an empty variable says nothing."""
    found = settled({**NONE, "OTEL_TRACES_EXPORTER": "otlp", **environ})
    exporter = exporter_of(found)
    assert type(exporter) is OtlpSpans
    assert exporter.address == address
    assert installed == [found.tracer_provider]
    assert found.own_otlp == {"traces"}


def test_the_sdks_own_exporter_of_spans_is_there_by_its_name(installed):
    """For those who need something of it."""
    found = settled({**NONE, "OTEL_TRACES_EXPORTER": "otlp_proto_grpc"})
    assert type(exporter_of(found)) is SdkGrpcExporter
    assert found.own_otlp == {"traces"}


def exporter_of(found):
    [processor] = found.tracer_provider._active_span_processor._span_processors
    return processor.span_exporter


def test_several_exporters_and_those_that_send_nowhere(installed):
    """The console is no endpoint that could be unreachable."""
    found = settled({**NONE, "OTEL_TRACES_EXPORTER": "console, console"})
    assert len(found.tracer_provider._active_span_processor._span_processors) == 2
    assert found.own_otlp == set()


def test_durations_are_counted_by_the_chunk_where_exporters_are_ours(sdk, installed):
    """Also for whoever finds the provider set up already; any other has the SDK's histogram alone."""
    found = settled({**NONE, "OTEL_METRICS_EXPORTER": "console"})
    assert found.durations is not None
    assert settled({}, **{**sdk().providers, "meter_provider": found.meter_provider}).durations is found.durations
    assert settled({}, **sdk().providers).durations is None
    assert settled(NONE).durations is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"OTEL_METRICS_EXPORTER": "smoke"}, "OTEL_METRICS_EXPORTER is 'smoke'; installed are otlp, none, .*console"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "pigeon"}, "OTEL_EXPORTER_OTLP_PROTOCOL is 'pigeon'; choose one of"),
        ({"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "pigeon"}, "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL is 'pigeon'"),
    ],
)
def test_exporter_that_does_not_exist_is_refused_before_anything_is_installed(installed, environ, message):
    """Half of the providers in place would be the worst."""
    with pytest.raises(ValueError, match=message):
        settled(environ)
    assert installed == []


def test_provider_that_does_nothing_may_be_a_choice(monkeypatch, installed):
    """Only the API's own stand-in is nobody's."""
    chosen = trace.NoOpTracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: chosen)
    monkeypatch.setattr(providers, "get_logger_provider", NoOpLoggerProvider)
    found = settled({"OTEL_METRICS_EXPORTER": "none"})
    assert found.tracer_provider is chosen
    assert (type(found.logger_provider), installed) == (NoOpLoggerProvider, [])
    assert type(get_logger_provider()).__name__ == "ProxyLoggerProvider"


class Flushed:
    """A provider that answers a flush in its own way."""

    def __init__(self, answer):
        self.answer = answer

    def force_flush(self, timeout_millis):
        return self.answer()

    def shutdown(self):
        pass


@pytest.mark.parametrize(
    ("answer", "flushed"), [(lambda: True, True), (lambda: None, True), (lambda: False, False), (lambda: 1 / 0, False)]
)
def test_flush_is_true_only_when_nobody_failed(answer, flushed):
    """A provider may be anybody's, and some answer None."""
    assert settled(DISABLED, tracer_provider=Flushed(answer)).flush(5) is flushed


def test_flush_is_false_when_an_export_was_lost_meanwhile():
    """The SDK itself says True."""
    lost = Tally()
    provider = Flushed(lambda: lost.add("export_logs") or True)
    assert not Providers(lost=lost, environ=DISABLED, tracer_provider=provider).flush(5)


def test_flush_keeps_its_time_limit():
    """The SDK's own does not."""
    import threading

    go_on = threading.Event()
    found = settled(DISABLED, tracer_provider=Flushed(lambda: go_on.wait(20)))
    assert not found.flush(0.05)
    assert not found.flush(0)
    go_on.set()
