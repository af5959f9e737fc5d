import json
import sys

import pytest
from click.testing import CliRunner

from driftmeter.cli.demo import command
from driftmeter.demo import run as demo_run
from driftmeter.demo.outlets import Forward, Lines
from driftmeter.demo.scene import Outcome, Pace
from driftmeter.demo.verdict import Detection, Tally, judge
from driftmeter.testing import OtlpReceiver

TALLY = Tally(predictions=100, events=100, traces=100, labels=90, label_events=90)
FOUND = [
    Detection(subject=subject, statistic="psi", flight_date=day, rows_after_onset=7, value=0.4, threshold=0.03)
    for subject, day in (("airline", "2015-07-03"), ("distance_mi", "2015-11-17"))
]


@pytest.fixture
def told(monkeypatch):
    """What the command asked the demo to do; the demo itself does not run."""
    told = {"detections": FOUND}

    def run(options, outlet, show):
        told.update(options=options, outlet=outlet)
        outlet.close()
        return Outcome(
            verdict=judge(told["detections"], TALLY),
            tally=TALLY,
            months=(),
            pace=Pace(per_s=400.0, p50_ms=2.0, p99_ms=9.0),
            elapsed_s=61.0,
            where=outlet.where,
            fast=options.fast,
        )

    monkeypatch.setattr(demo_run, "run", run)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    return told


def test_the_last_line_for_machines_is_the_summary_and_nothing_else_is_on_stdout(told, tmp_path):
    """Counts and detections under the promised names."""
    result = CliRunner().invoke(command, ["--json", "--output", str(tmp_path)])
    [line] = result.stdout.splitlines()
    summary = json.loads(line)

    assert result.exit_code == 0
    assert (summary["predictions"], summary["events"], summary["lost"]) == (100, 100, 0)
    assert (
        summary["detections"][0].items()
        >= {
            "subject": "airline",
            "statistic": "psi",
            "flight_date": "2015-07-03",
            "rows_after_onset": 7,
        }.items()
    )


def test_people_see_what_was_found_and_where_it_went(told, tmp_path):
    """The same, as a table."""
    shown = CliRunner().invoke(command, ["--output", str(tmp_path)]).stdout

    for text in ("airline", "2015-07-03", "planted by the demo", "✔"):
        assert text in shown


def test_a_missed_drift_is_exit_code_1(told, tmp_path):
    """And it is said which."""
    told["detections"] = FOUND[:1]
    result = CliRunner().invoke(command, ["--output", str(tmp_path)])

    assert result.exit_code == 1
    assert "distance_mi: its drift from 2015-11-15 was missed" in result.stdout


def test_telemetry_goes_into_the_folder_unless_an_endpoint_is_given(told, tmp_path):
    """By option or by OpenTelemetry's own variable."""
    CliRunner().invoke(command, ["--output", str(tmp_path)])
    assert isinstance(told["outlet"], Lines)

    with OtlpReceiver() as backend:
        CliRunner().invoke(command, ["--output", str(tmp_path), "--endpoint", backend.endpoint])
        assert isinstance(told["outlet"], Forward)
        CliRunner().invoke(command, ["--output", str(tmp_path)], env={"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint})
        assert told["outlet"].where == backend.endpoint


def test_an_unreachable_endpoint_is_told_before_anything_runs(told, tmp_path):
    """Not after ten minutes."""
    result = CliRunner().invoke(command, ["--output", str(tmp_path), "--endpoint", "http://127.0.0.1:1"])

    assert result.exit_code == 1
    assert "does not take OTLP over HTTP" in result.stderr
    assert "options" not in told


def test_fast_is_passed_on(told, tmp_path):
    """One flight of five."""
    CliRunner().invoke(command, ["--fast", "--output", str(tmp_path)])

    assert told["options"].fast


def test_a_missing_extra_says_how_to_get_it(monkeypatch, tmp_path):
    """The demo trains and serves, which the package itself does not."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for name in [name for name in sys.modules if name.startswith(("driftmeter.demo", "sklearn."))]:
        monkeypatch.delitem(sys.modules, name)
    result = CliRunner().invoke(command, ["--output", str(tmp_path)])

    assert result.exit_code == 1
    assert "pip install 'driftmeter[demo]'" in result.stderr
