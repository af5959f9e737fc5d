import pytest

from driftmeter.record import TraceLink
from driftmeter.sinks.logs_api import LoggerWriter, SeverityNumber


def test_event_has_its_name_twice_and_its_trace(telemetry):
    """Many backends drop the record's own name."""
    writer = LoggerWriter(telemetry.providers["logger_provider"])
    writer.write(
        "ml.example",
        {"a": 1},
        body="a sentence",
        timestamp_ns=7,
        trace=TraceLink(1, 2, 1),
        severity=SeverityNumber.WARN,
    )
    event = telemetry.event("ml.example")
    assert (event.attributes["event.name"], event.attributes["a"]) == ("ml.example", 1)
    assert (event.trace_id, event.span_id, event.timestamp, event.severity_text) == (1, 2, 7, "WARN")


@pytest.mark.parametrize("trace", [None, TraceLink(0, 0, 0)])
def test_outside_of_a_trace_there_is_none(telemetry, trace):
    """Not even the one that is current on the worker's thread."""
    with telemetry.tracer.start_as_current_span("other"):
        LoggerWriter(telemetry.providers["logger_provider"]).write("ml.example", {}, body="x", trace=trace)
    assert not telemetry.event("ml.example").trace_id
