"""The demo as people run it: a real server process, real HTTP, real telemetry, judged by its own verdict and ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


class Run:
    """One run of `driftmeter demo --fast --json`."""

    def __init__(self, folder: Path) -> None:
        program = "from driftmeter.cli import main; main()"
        self.folder = folder
        self.done = subprocess.run(
            [sys.executable, "-c", program, "demo", "--fast", "--json", "--output", str(folder)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @property
    def summary(self) -> dict[str, object]:
        return json.loads(self.done.stdout.splitlines()[-1])

    def records(self, name: str) -> Iterator[dict[str, object]]:
        """Every log record with this event name, from the file that the demo wrote."""
        for line in (self.folder / "logs.jsonl").read_text().splitlines():
            for resource in json.loads(line)["resourceLogs"]:
                for scope in resource["scopeLogs"]:
                    yield from (record for record in scope["logRecords"] if record.get("eventName") == name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo, run once for all tests of this file."""
    return Run(tmp_path_factory.mktemp("demo"))


def attribute(record: dict[str, object], key: str) -> object:
    return next(pair["value"] for pair in record["attributes"] if pair["key"] == key)


def test_the_demo_passes_its_own_judgement(run: Run) -> None:
    """Exit code 0, one JSON object on stdout and nothing else."""
    assert run.done.returncode == 0, run.done.stderr
    assert len(run.done.stdout.splitlines()) == 1
    assert run.summary["problems"] == []


def test_every_flight_of_the_replay_was_predicted_and_nothing_was_lost(run: Run) -> None:
    """15,130 flights: every fifth of April to December."""
    summary = run.summary

    assert (summary["predictions"], summary["events"], summary["lost"]) == (15_130, 15_130, 0)
    assert summary["traces"] == 15_130
    assert summary["labels"] == summary["label_events"]


@pytest.mark.parametrize(("subject", "onset"), [("airline", "2015-07-01"), ("distance_mi", "2015-11-15")])
def test_each_drift_is_found_within_one_and_a_half_windows_of_its_onset(run: Run, subject: str, onset: str) -> None:
    """And never before."""
    found = [detection for detection in run.summary["detections"] if detection["subject"] == subject]

    assert found
    assert all(detection["flight_date"] >= onset for detection in found)
    assert min(detection["rows_after_onset"] for detection in found) <= 1500


def test_the_files_hold_what_the_summary_says(run: Run) -> None:
    """The count is not only the demo's own word."""
    ids = {attribute(record, "ml.prediction.id")["stringValue"] for record in run.records("ml.prediction")}

    assert len(ids) == 15_130
    assert len(list(run.records("ml.feedback"))) == run.summary["labels"]


def test_an_event_names_model_inputs_outputs_and_trace(run: Run) -> None:
    """Everything that an audit asks for is in one record, though the server says nothing."""
    record = next(run.records("ml.prediction"))
    inputs = {pair["key"] for pair in attribute(record, "ml.prediction.inputs")["kvlistValue"]["values"]}
    [output] = attribute(record, "ml.prediction.outputs")["kvlistValue"]["values"]

    assert inputs == {"airline", "distance_mi", "departure_delay_min", "taxi_out_min"}
    assert output["key"] == "air_time_min"
    assert attribute(record, "ml.model.name") == {"stringValue": "air-time"}
    assert attribute(record, "ml.model.version") == {"stringValue": "2015Q1"}
    assert len(record["traceId"]) == 32


def test_the_spans_of_a_request_hang_together(run: Run) -> None:
    """The prediction's span lies below the HTTP server's."""
    spans = [
        span
        for line in (run.folder / "traces.jsonl").read_text().splitlines()[:3]
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    by_id = {span["spanId"]: span for span in spans}
    span = next(span for span in spans if span["name"].startswith("predict") and span["parentSpanId"] in by_id)
    while span["kind"] != 2 and span["parentSpanId"] in by_id:
        span = by_id[span["parentSpanId"]]

    assert span["kind"] == 2, "the chain of parents ends at the HTTP server's span"


def test_the_server_wrote_no_complaint(run: Run) -> None:
    """No export failed, no fault was contained."""
    assert (run.folder / "server.log").read_text() == ""
