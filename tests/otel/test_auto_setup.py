import pytest
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from driftmeter.otel.auto_setup import sends_over_otlp_unchanged

AUTO = Resource({"telemetry.auto.version": "0.66b2"})


@pytest.fixture
def provided():
    """Builds providers, and ends them."""
    made = []

    def provide(resource, *processors):
        provider = LoggerProvider(resource, shutdown_on_exit=False)
        for processor in processors:
            provider.add_log_record_processor(processor)
        made.append((provider, processors))
        return provider

    yield provide
    for _, processors in made:
        for processor in processors:
            processor.shutdown()


def over_otlp():
    return BatchLogRecordProcessor(OTLPLogExporter("http://127.0.0.1:9/v1/logs"))


def test_what_auto_instrumentation_set_up_may_be_gone_round(provided):
    """To the same place, only safer."""
    assert sends_over_otlp_unchanged(provided(AUTO, over_otlp()))


def test_what_the_user_chose_is_respected(provided):
    """A provider of one's own, another exporter, a processor beside, none at all, none of the SDK's."""
    in_memory = SimpleLogRecordProcessor(InMemoryLogRecordExporter())
    assert not sends_over_otlp_unchanged(provided(Resource({}), over_otlp()))
    assert not sends_over_otlp_unchanged(provided(AUTO, BatchLogRecordProcessor(InMemoryLogRecordExporter())))
    assert not sends_over_otlp_unchanged(provided(AUTO, in_memory, over_otlp()))
    assert not sends_over_otlp_unchanged(provided(AUTO))
    assert not sends_over_otlp_unchanged(None)
