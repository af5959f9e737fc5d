import json

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from driftmeter.delivery.gaps import sendable
from driftmeter.journal import Entry, Kind, Loss
from driftmeter.otlp import Origin
from driftmeter.testing.decoding import attributes

ORIGIN = Origin(scope_name="driftmeter")


def test_report_of_a_loss_is_an_event():
    """How many, why, between which numbers of whom, since when."""
    loss = Loss("max_bytes", "00ff" * 4, 7, 90, 80, 1_000, 2_000)
    [entry] = sendable([Entry(Kind.GAP, 91, b"", loss.payload())], ORIGIN)
    assert (entry.kind, entry.seq, entry.definition) == (Kind.RECORD, 91, ORIGIN.to_bytes())
    record = LogRecord.FromString(entry.payload)
    assert (record.event_name, record.time_unix_nano, record.severity_text) == ("driftmeter.journal.gap", 2_000, "WARN")
    assert record.body.string_value == "80 records lost: max_bytes"
    assert attributes(record.attributes) == {
        "event.name": "driftmeter.journal.gap",
        "reason": "max_bytes",
        "driftmeter.journal.gap.count": 80,
        "driftmeter.journal.gap.first": 7,
        "driftmeter.journal.gap.last": 90,
        "driftmeter.journal.gap.started": 1_000,
        "driftmeter.journal.writer": "00ff" * 4,
    }


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[1]", b"{}", json.dumps({"count": -1, "last_ns": 2**80}).encode()])
def test_report_that_cannot_be_read_is_sent_all_the_same(payload):
    """Something was lost, whatever it was."""
    [entry] = sendable([Entry(Kind.GAP, 1, b"", payload)], ORIGIN)
    record = LogRecord.FromString(entry.payload)
    assert attributes(record.attributes)["reason"] == "unknown"


def test_records_pass_as_they_are():
    """Only reports are rewritten."""
    entries = [Entry(Kind.RECORD, 1, b"O", b"x"), Entry(Kind.ROWS, 2, b"L", b"y")]
    assert sendable(entries, ORIGIN) is entries
