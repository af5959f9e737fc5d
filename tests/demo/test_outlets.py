import json
import socket

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from driftmeter.demo.outlets import SIGNALS, Forward, Lines
from driftmeter.testing import OtlpReceiver


def request(name):
    made = ExportLogsServiceRequest()
    made.resource_logs.add().scope_logs.add().log_records.add(event_name=name)
    return made


def test_lines_writes_one_file_per_signal_and_one_line_per_request(tmp_path):
    """What a Collector's OTLP/JSON file receiver reads."""
    lines = Lines(tmp_path / "out")
    for name in ("one", "two"):
        lines.put("logs", request(name), b"")
    lines.close()

    written = [json.loads(line) for line in (tmp_path / "out" / "logs.jsonl").read_text().splitlines()]
    assert [one["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["eventName"] for one in written] == ["one", "two"]
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == sorted(SIGNALS)


def test_lines_of_an_earlier_run_do_not_mix_with_those_of_this_one(tmp_path):
    """Counts read from the files are this run's."""
    for name in ("old", "new"):
        lines = Lines(tmp_path)
        lines.put("logs", request(name), b"")
        lines.close()

    assert (tmp_path / "logs.jsonl").read_text().count("\n") == 1


def test_forward_passes_the_very_bytes_on():
    """A backend gets what the server sent."""
    with OtlpReceiver() as backend:
        forward = Forward(backend.endpoint + "/", {"x-tenant": "demo"})
        forward.put("logs", request("one"), request("one").SerializeToString())
        forward.close()

        assert [event.name for event in backend.logs] == ["one"]


def test_forward_raises_when_the_backend_refuses():
    """What is refused counts as lost."""
    with OtlpReceiver() as backend:
        forward = Forward(backend.endpoint)
        backend.answer(503)

        with pytest.raises(OSError, match="503"):
            forward.put("logs", request("one"), b"")


def test_an_endpoint_where_nobody_listens_is_told_at_once():
    """Before any model is trained."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(ValueError, match=r"does not take OTLP over HTTP.*is the backend running"):
        Forward(f"http://127.0.0.1:{port}")


def test_an_endpoint_without_a_scheme_is_told_with_an_example():
    """Some variables are written for gRPC."""
    with pytest.raises(ValueError, match="such as http://"):
        Forward("localhost:4317")
