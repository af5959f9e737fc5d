import ast

import pytest

from driftmeter.demo import server
from driftmeter.demo.server import FlightServer, environment, serve_file


def test_the_example_server_says_nothing_about_monitoring():
    """It imports what a model server needs, and no more."""
    tree = ast.parse(serve_file().read_text())
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported == {"os", "joblib", "uvicorn", "fastapi", "pydantic"}


def test_the_server_is_told_everything_by_its_environment(tmp_path, monkeypatch):
    """And nothing of the caller's own telemetry settings."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://elsewhere")
    monkeypatch.setenv("DRIFTMETER_EVENTS", "off")
    told = environment(
        model=tmp_path / "m",
        reference=tmp_path / "r",
        endpoint="http://127.0.0.1:9",
        windows="1000rows",
        journal=tmp_path / "j",
    )

    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:9"
    assert told["DRIFTMETER_WINDOWS"] == "1000rows"
    assert "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" not in told
    assert "DRIFTMETER_EVENTS" not in told


def test_a_server_that_cannot_start_says_why(tmp_path, monkeypatch):
    """Its last words are in the error."""
    broken = tmp_path / "serve.py"
    broken.write_text("raise SystemExit('no such model')")
    monkeypatch.setattr(server, "serve_file", lambda: broken)
    variables = environment(
        model=tmp_path, reference=tmp_path, endpoint="http://127.0.0.1:9", windows="1h", journal=tmp_path / "journal"
    )
    for signal in ("TRACES", "METRICS", "LOGS"):
        variables[f"OTEL_{signal}_EXPORTER"] = "none"
    del variables["DRIFTMETER_REFERENCE"]

    with pytest.raises(RuntimeError, match="no such model"), FlightServer(variables, tmp_path / "log"):
        pass
