import os

import pytest

from driftmeter.delivery import close_outboxes, default_directory, open_outbox
from driftmeter.journal import Kind, Limits, mounts
from driftmeter.otlp import Origin, log_record
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Guard
from driftmeter.testing import OtlpReceiver

ORIGIN = Origin(scope_name="mine")


@pytest.fixture
def receiver():
    with OtlpReceiver() as found:
        yield found


@pytest.fixture
def opened(tmp_path):
    """Opens outboxes in one directory, and closes them."""

    def open_to(endpoint, name="journal"):
        target = Endpoint.from_environ({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
        return open_outbox(tmp_path / name, target, Guard(), lambda: ORIGIN, limits=Limits(), sync="interval")

    yield open_to
    close_outboxes()


def fill(outbox, count):
    for n in range(count):
        record = log_record(time_ns=1, observed_ns=1, body=n, event_name="e")
        assert outbox.append(Kind.RECORD, ORIGIN.to_bytes(), record)


def test_what_was_delivered_does_not_stay_on_disk(opened, receiver, tmp_path):
    """A flush leaves nothing behind that somebody could find later."""
    outbox = opened(receiver.endpoint)
    fill(outbox, 20)
    assert outbox.flush(10)
    assert len(receiver.events("e")) == 20
    assert list((tmp_path / "journal").glob("*.seg")) == []
    fill(outbox, 5)
    assert outbox.flush(10)
    assert len(receiver.events("e")) == 25


def test_nothing_is_opened_before_the_first_record(opened, receiver, tmp_path):
    """A master that only preloads owns no file and no thread."""
    outbox = opened(receiver.endpoint)
    assert outbox.flush(1)
    assert outbox.shutdown(1)
    assert not (tmp_path / "journal").exists()


def test_a_journal_on_a_network_is_warned_of_once(opened, receiver, tmp_path, monkeypatch, caplog):
    """At start-up, while somebody reads the log."""
    told = tmp_path / "mountinfo"
    told.write_text(f"40 22 0:35 / {tmp_path} rw - nfs server:/export rw\n")
    monkeypatch.setattr(mounts.warn_if_remote, "__defaults__", (told,))
    for _ in range(2):
        opened(receiver.endpoint)
    assert [record.name for record in caplog.records] == ["driftmeter"]


def test_one_directory_and_backend_have_one_outbox(opened, receiver):
    """However often settings change; after its end there is a new one."""
    first = opened(receiver.endpoint)
    assert opened(receiver.endpoint) is first
    assert opened("http://127.0.0.1:9") is not first
    fill(first, 1)
    assert first.shutdown(5)
    assert opened(receiver.endpoint) is not first


def test_what_is_left_behind_is_delivered_by_the_next(opened, receiver, tmp_path):
    """Though it goes elsewhere, and says so: the same directory, another backend."""
    fill(opened("http://127.0.0.1:9"), 7)
    close_outboxes()
    assert len(list((tmp_path / "journal").glob("*.seg"))) == 1
    after = opened(receiver.endpoint)
    fill(after, 1)
    assert after.flush(10)
    assert len(receiver.events("e")) == 8


def test_each_service_and_backend_has_a_directory_of_its_own():
    """One that another may send from, it must be sure that it sends alike."""
    environ = {"XDG_STATE_HOME": os.sep + "state"}
    one, other = Endpoint("grpc", "a:4317"), Endpoint("grpc", "b:4317")
    places = {default_directory(e, service, environ) for e in (one, other) for service in ("x", "y", "../x")}
    assert len(places) == 6
    assert {place.parent for place in places} == {next(iter(places)).parent}
