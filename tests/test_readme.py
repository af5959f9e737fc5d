"""The README is held to its word: its commands and snippets run as they stand, and what they promise arrives."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftmeter.demo.flights import load_flights
from driftmeter.testing import OtlpReceiver

pytestmark = pytest.mark.e2e  # each snippet is a program of its own

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)

SERVE = """
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.feature_extraction import DictVectorizer
flights = [{"airline": "AA", "distance_mi": float(d)} for d in range(100, 900, 10)]
model = make_pipeline(DictVectorizer(sparse=False), Ridge()).fit(flights, [d["distance_mi"] / 8 for d in flights])
model.predict(flights[:1])
"""


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiving:
        yield receiving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader has when the README begins: a training file, a server, and nothing else."""
    with (tmp_path / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["airline", "distance_mi", "air_time_min"])
        writer.writerows((f.airline, f.distance_mi, f.air_time_min) for f in load_flights()[:2000])
    (tmp_path / "serve.py").write_text(SERVE)
    return tmp_path


def run(command: list[str], folder: Path, receiver: OtlpReceiver) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "DRIFTMETER_"))}
    variables |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "XDG_STATE_HOME": str(folder / "state"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def commands(about: str) -> str:
    """The block of shell commands that speaks of something, without installing what the tests have installed."""
    [block] = [block for block in COMMANDS if about in block]
    return "\n".join(line for line in block.splitlines() if not line.startswith("pip install"))


def build_reference(folder: Path, receiver: OtlpReceiver) -> None:
    run(["bash", "-euc", commands("reference build")], folder, receiver)


WAYS_IN = [snippet for snippet in SNIPPETS if "Durable" not in snippet]


@pytest.mark.parametrize("snippet", WAYS_IN, ids=["logging", "predict", "spans"])
def test_each_snippet_sends_a_prediction_event(snippet: str, folder: Path, receiver: OtlpReceiver) -> None:
    build_reference(folder, receiver)

    run([sys.executable, "-W", "error", "-c", snippet], folder, receiver)

    [event] = receiver.events("ml.prediction")
    assert event.attributes["ml.model.name"] == "air-time"
    assert event.attributes["ml.prediction.inputs"] == {"airline": "AA", "distance_mi": 945}
    [output] = event.attributes["ml.prediction.outputs"].values()
    assert output in {131.0, 20.0 + 0.12 * 945}


def test_own_log_records_can_be_durable_too(folder: Path, receiver: OtlpReceiver) -> None:
    [snippet] = [snippet for snippet in SNIPPETS if "Durable" in snippet]
    emit = "from opentelemetry._logs import LogRecord\nprovider.get_logger('mine').emit(LogRecord(event_name='mine'))"

    run([sys.executable, "-W", "error", "-c", f"{snippet}\n{emit}"], folder, receiver)

    assert len(receiver.events("mine")) == 1


def test_the_journal_s_commands_do_what_they_say(folder: Path, receiver: OtlpReceiver) -> None:
    left_behind = (
        "import os, driftmeter\n"
        "with driftmeter.predict('air-time', inputs={'distance_mi': 945.0}, subject='user-17') as call:\n"
        "    call.outputs = 131.0\n"
        "driftmeter.predict('air-time', inputs={'distance_mi': 100.0}).__enter__().__exit__(None, None, None)\n"
        "os._exit(0)"
    )
    keyed = "export DRIFTMETER_HASH_KEY=env:A_KEY A_KEY=0123456789abcdef0123\n"
    away = "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9\n"
    run(["bash", "-euc", f'{keyed}{away}{sys.executable} -c "{left_behind}"'], folder, receiver)
    *look, erase = commands("journal erase").splitlines()

    run(["bash", "-euc", "\n".join([keyed, erase, *look])], folder, receiver)

    [event] = receiver.events("ml.prediction")
    assert event.attributes["ml.prediction.inputs"] == {"distance_mi": 100.0}


def test_zero_code_sends_a_prediction_event_of_named_columns(folder: Path, receiver: OtlpReceiver) -> None:
    build_reference(folder, receiver)

    run(["bash", "-euc", commands("opentelemetry-instrument")], folder, receiver)

    [event] = receiver.events("ml.prediction")
    assert event.attributes["ml.model.name"] == "air-time"
    assert event.attributes["ml.prediction.inputs"] == {"airline": "AA", "distance_mi": 100.0}
    assert event.resource["service.name"] == "flight-server"


def test_feedback_follows_its_prediction(folder: Path, receiver: OtlpReceiver) -> None:
    run([sys.executable, "-c", next(s for s in SNIPPETS if "feedback" in s)], folder, receiver)

    [prediction], [label] = receiver.events("ml.prediction"), receiver.events("ml.feedback")
    assert label.attributes["ml.prediction.id"] == prediction.attributes["ml.prediction.id"]
    assert label.attributes["ml.label.value"] == 123.0
