import logging
import subprocess
import sys
import threading

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter
from opentelemetry.sdk.resources import Resource

from driftmeter import DurableLogRecordProcessor
from driftmeter.testing import OtlpReceiver

pytestmark = pytest.mark.filterwarnings("ignore:Invalid type:Warning")


@pytest.fixture(autouse=True)
def _enabled(monkeypatch):
    monkeypatch.delenv("OTEL_SDK_DISABLED")


@pytest.fixture
def receiver():
    with OtlpReceiver() as found:
        yield found


@pytest.fixture
def durable(receiver, tmp_path):
    """A provider whose records go through a journal to a receiver."""
    provider = LoggerProvider(Resource.create({"service.name": "air"}), shutdown_on_exit=False)
    processor = DurableLogRecordProcessor(directory=tmp_path / "journal", endpoint=f"{receiver.endpoint}/v1/logs")
    provider.add_log_record_processor(processor)
    yield provider, processor
    provider.shutdown()


def test_any_record_arrives_as_it_was(durable, receiver):
    """Body, attributes, severity, name, resource and scope."""
    provider, _ = durable
    record = LogRecord(
        timestamp=5,
        observed_timestamp=6,
        severity_number=SeverityNumber.WARN,
        severity_text="WARN",
        body={"a": [1, "x", None]},
        attributes={"n": 7, "f": 1.5, "t": "text", "b": True},
        event_name="my.event",
    )
    provider.get_logger("mine", "1.2").emit(record)
    assert provider.force_flush(10_000)
    [found] = receiver.events("my.event")
    assert (found.body, found.attributes) == ({"a": [1, "x", None]}, {"n": 7, "f": 1.5, "t": "text", "b": True})
    assert (found.timestamp_ns, found.severity_text, found.scope) == (5, "WARN", "mine")
    assert found.resource["service.name"] == "air"


def test_a_value_that_nobody_can_encode_costs_neither_the_caller_nor_a_neighbour(durable, receiver):
    """The record is kept with the value marked, where the SDK's own way loses the batch."""
    provider, processor = durable
    logger = provider.get_logger("mine")
    endless = []
    endless.append(endless)
    for body in ("before", "\ud800", 2**70, object(), endless, "after"):
        logger.emit(LogRecord(timestamp=1, body=body, attributes={"x": 2**70}, event_name="e"))
    logger.emit(LogRecord(timestamp=-1, body="early", event_name="e"))
    assert provider.force_flush(10_000)
    found = receiver.events("e")
    assert len(found) == 7
    assert [each.body for each in found][::5] == ["before", "after"]
    assert [each.attributes.get("driftmeter.journal.altered") for each in found] == [True] * 7
    assert processor.guard.faults.total() == 0


def test_what_cannot_be_delivered_waits_for_the_next_process(receiver, tmp_path):
    """An end that takes no time, and loses nothing."""
    first = LoggerProvider(shutdown_on_exit=False)
    first.add_log_record_processor(
        DurableLogRecordProcessor(directory=tmp_path / "journal", endpoint="http://127.0.0.1:9/v1/logs")
    )
    for n in range(300):
        first.get_logger("mine").emit(LogRecord(timestamp=1, body=n, event_name="e"))
    assert not first.force_flush(200)
    first.shutdown()
    second = LoggerProvider(shutdown_on_exit=False)
    processor = DurableLogRecordProcessor(directory=tmp_path / "journal", endpoint=f"{receiver.endpoint}/v1/logs")
    second.add_log_record_processor(processor)
    second.get_logger("mine").emit(LogRecord(timestamp=1, body=300, event_name="e"))
    assert second.force_flush(20_000)
    second.shutdown()
    assert sorted(each.body for each in receiver.events("e")) == list(range(301))
    assert processor.journal.losses.counts() == {}


def test_a_process_that_is_killed_has_lost_nothing_that_returned(receiver, tmp_path):
    """Not even with records still in its hands."""
    code = (
        "import os, sys; from opentelemetry._logs import LogRecord\n"
        "from opentelemetry.sdk._logs import LoggerProvider\n"
        "from driftmeter import DurableLogRecordProcessor\n"
        "p = LoggerProvider(); p.add_log_record_processor(DurableLogRecordProcessor(directory=sys.argv[1], "
        "endpoint='http://127.0.0.1:9/v1/logs'))\n"
        "for n in range(500): p.get_logger('mine').emit(LogRecord(timestamp=1, body=n, event_name='e'))\n"
        "os.kill(os.getpid(), 9)"
    )
    directory = tmp_path / "journal"
    assert subprocess.run([sys.executable, "-c", code, str(directory)], check=False).returncode == -9
    processor = DurableLogRecordProcessor(directory=directory, endpoint=f"{receiver.endpoint}/v1/logs")
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(processor)
    provider.get_logger("mine").emit(LogRecord(timestamp=1, body=500, event_name="e"))
    assert provider.force_flush(20_000)
    provider.shutdown()
    assert sorted(each.body for each in receiver.events("e")) == list(range(501))


def test_what_the_sender_itself_logs_is_not_sent(durable, receiver):
    """Or it would be sent for ever."""
    provider, _ = durable

    class ToOpenTelemetry(logging.Handler):
        def emit(self, record):
            provider.get_logger(record.name).emit(LogRecord(timestamp=1, body=record.getMessage(), event_name="log"))

    handler, urllib3 = ToOpenTelemetry(), logging.getLogger("urllib3")
    level = urllib3.level
    urllib3.setLevel(logging.DEBUG)
    urllib3.addHandler(handler)
    try:
        provider.get_logger("mine").emit(LogRecord(timestamp=1, body="x", event_name="e"))
        assert provider.force_flush(10_000)
        threading.Event().wait(1.5)
    finally:
        urllib3.removeHandler(handler)
        urllib3.setLevel(level)
    assert len(receiver.events("e")) == 1
    assert receiver.events("log") == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"endpoint": "localhost:4318"}, "needs a URL such as http://localhost:4318"),
        ({"directory": "/proc/driftmeter"}, "choose another directory"),
        ({"directory": "a\0b"}, "choose another directory"),
        ({"max_bytes": 1}, "max_bytes=1 is below"),
        ({"sync": "never"}, "is none of process, interval, always"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_built(given, message, tmp_path):
    """Loud while somebody listens."""
    with pytest.raises(ValueError, match=message):
        DurableLogRecordProcessor(**{"directory": tmp_path, **given})


def test_it_stands_beside_the_batch_processor(durable, receiver):
    """Each gets every record."""
    provider, _ = durable
    exporter = InMemoryLogRecordExporter()
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    provider.get_logger("mine").emit(LogRecord(timestamp=1, body="x", event_name="e"))
    assert provider.force_flush(10_000)
    assert len(receiver.events("e")) == len(exporter.get_finished_logs()) == 1
