import os

import pytest

from driftmeter.otel.per_process import per_process


class Exporter:
    """Remembers which process built it."""

    built, stopped = 0, []

    def __init__(self):
        type(self).built += 1
        self.pid = os.getpid()

    def export(self, batch, **how):
        return (self.pid, batch, how)

    def shutdown(self):
        type(self).stopped.append(self.pid)


@pytest.fixture
def exporter(monkeypatch):
    monkeypatch.setattr(Exporter, "built", 0)
    monkeypatch.setattr(Exporter, "stopped", [])
    return per_process(Exporter)


def test_one_process_keeps_one_exporter(exporter):
    """And gets its answers."""
    assert exporter.export([1], timeout_millis=5) == (os.getpid(), [1], {"timeout_millis": 5})
    exporter.export([2])
    assert Exporter.built == 1


def test_child_builds_its_own(exporter, monkeypatch):
    """Once, when it has something to send: a connection that is kept alive belongs to the parent."""
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert [exporter.export([n])[0] for n in range(3)] == [-1] * 3
    assert Exporter.built == 2


def test_child_stops_its_own_alone(exporter, monkeypatch):
    """Its parent goes on; and what it has not built need not be stopped."""
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    exporter.shutdown()
    assert Exporter.stopped == []
    exporter.export([1])
    exporter.shutdown()
    assert Exporter.stopped == [-1]
    monkeypatch.setattr(os, "getpid", lambda: parent)
    per_process(Exporter).shutdown()
    assert Exporter.stopped == [-1, parent]
