import json

import pytest
from click.testing import CliRunner

import driftmeter
from driftmeter.cli.group import driftmeter as program
from driftmeter.testing import OtlpReceiver

KEY = "a secret of sixteen bytes or more"


@pytest.fixture
def receiver():
    with OtlpReceiver() as found:
        yield found


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A journal of five predictions, two of them about one person, that nobody has sent."""
    directory = tmp_path / "journal"
    monkeypatch.setenv("DRIFTMETER_HASH_KEY", "env:A_KEY")
    monkeypatch.setenv("A_KEY", KEY)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    driftmeter.configure(events="journal", journal_dir=str(directory), resources="off")
    for n in range(5):
        subject = "user-17" if n % 2 else None
        with driftmeter.predict("m", inputs={"age": float(n)}, id=f"id-{n}", subject=subject) as call:
            call.outputs = 1.0
    driftmeter.feedback("id-3", actual=2.0)
    driftmeter.feedback("id-2", actual=2.0)
    driftmeter.shutdown(0.5)
    return directory


def run(*args, code=0):
    """What a command wrote to stdout."""
    result = CliRunner().invoke(program, ["journal", *map(str, args)])
    assert result.exit_code == code, result.output
    return result.stdout


def test_status_tells_what_waits(directory):
    """As text and for machines."""
    [found] = json.loads(run("status", "--dir", directory, "--json"))["journals"]
    assert (found["waiting"], found["dead_letters"]) == (8, 0)  # five predictions, two labels, and that a model is new
    assert "waiting       8 events" in run("status", "--dir", directory)


def test_entries_are_shown_as_they_will_be_sent(directory):
    """One object per line."""
    lines = [json.loads(line) for line in run("inspect", "--dir", directory, "--json").splitlines()]
    ids = [line["record"]["attributes"].get("ml.prediction.id") for line in lines]
    assert {f"id-{n}" for n in range(5)} <= set(ids)
    assert all(line["pending"] for line in lines)
    assert len(run("inspect", "--dir", directory, "--limit", 2).splitlines()) == 2


def test_drain_sends_what_was_left(directory, receiver, monkeypatch):
    """Once; and says no while nobody listens."""
    assert "something is left" in run("drain", "--dir", directory, "--timeout", 0.3, code=1)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
    assert json.loads(run("drain", "--dir", directory, "--json"))["delivered"] == 8
    assert json.loads(run("drain", "--dir", directory, "--json"))["delivered"] == 0
    assert sorted(event.attributes["ml.prediction.id"] for event in receiver.events("ml.prediction")) == [
        f"id-{n}" for n in range(5)
    ]


def test_dead_letters_can_be_sent_again(directory, receiver, monkeypatch):
    """After the backend was mended."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
    receiver.answer(400)
    run("drain", "--dir", directory, code=1)
    [found] = json.loads(run("status", "--dir", directory, "--json", code=1))["journals"]
    assert (found["waiting"], found["dead_letters"]) == (0, 8)
    receiver.answer(200)
    assert json.loads(run("replay", "--dir", directory, "--json"))["delivered"] == 8
    assert len(receiver.events("ml.prediction")) == 5


def test_one_person_is_erased_and_nobody_else(directory, receiver, monkeypatch):
    """By name, which needs the key; the events of others arrive."""
    assert "3 events erased" in run("erase", "--dir", directory, "--subject", "user-17")
    assert "0 events erased" in run("erase", "--dir", directory, "--subject", "user-17")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
    run("drain", "--dir", directory)
    ids = {event.attributes["ml.prediction.id"] for event in receiver.events("ml.prediction")}
    assert ids == {"id-0", "id-2", "id-4"}
    assert [event.attributes["ml.prediction.id"] for event in receiver.events("ml.feedback")] == ["id-2"]


def test_the_name_itself_is_nowhere_on_disk(directory):
    """Only its pseudonym."""
    content = b"".join(path.read_bytes() for path in directory.rglob("*.seg"))
    assert b"user-17" not in content
    assert b"ml.subject.ref" in content


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["status", "--dir", "nowhere"], 1, "is no directory"),
        (["erase", "--dir", "."], 2, "name --subject or --subject-ref"),
        (["erase", "--dir", ".", "--subject", "x"], 1, "--subject needs the key"),
        (["status"], 1, "there is no journal under"),
    ],
)
def test_what_cannot_be_done_is_said(args, code, message, monkeypatch, tmp_path):
    """With the way out."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    result = CliRunner().invoke(program, ["journal", *args])
    assert (result.exit_code, message in result.output) == (code, True), result.output
