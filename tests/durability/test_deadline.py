"""Five seconds in all: no end takes longer, whatever the backend does to events, spans and metrics; nothing is lost."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from scene import EVERY_DOOR, Scene

from driftmeter.testing.faults import FaultyBackend

LONGEST_S = 5.0
WITH_SPANS_AND_METRICS = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "30",
}


@pytest.fixture
def scenes(tmp_path, nursery):
    """One for each protocol and way to end, to be had with a behaviour."""
    with ExitStack() as stack:

        def build(behaviour):
            for protocol in ("http", "grpc"):
                for end in ("return", "shutdown"):
                    path = tmp_path / f"{behaviour}-{protocol}-{end}"
                    path.mkdir()
                    backend = stack.enter_context(FaultyBackend(behaviour, protocol=protocol))
                    yield Scene(path, nursery, backend), protocol.replace("http", "http/protobuf"), end

        yield lambda behaviour: list(build(behaviour))


def longest_s(scenes):
    """Start them all; the longest life of a program, and the longest end of one."""
    started_s = time.monotonic()
    producers = [
        scene.start(
            doors=EVERY_DOOR, count=70, end=end, settings={"spans": True},
            environ={**WITH_SPANS_AND_METRICS, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol},
        )
        for scene, protocol, end in scenes
    ]  # fmt: skip
    lives_s, ends_s = [], []
    for (scene, _, _), producer in zip(scenes, producers, strict=True):
        assert scene.wait(producer) == 0, scene.errors()
        [began_s] = [float(line.split()[1]) for line in scene.ledger() if line.startswith("#ends")]
        lives_s.append(time.monotonic() - started_s)
        ends_s.append(time.monotonic() - began_s)
    return max(lives_s), max(ends_s)


@pytest.mark.slow
@pytest.mark.parametrize(
    "behaviour",
    ["black_hole", *(pytest.param(each, marks=pytest.mark.e2e) for each in ("down", "slow:10", "status:503"))],
)
def test_no_end_takes_longer_than_five_seconds(scenes, behaviour):
    """Beyond what this machine needs for the whole life of the same programs while the backend is well."""
    slack_s, _ = longest_s(scenes("ok"))
    away = scenes(behaviour)
    _, took_s = longest_s(away)
    assert took_s < LONGEST_S + slack_s
    for scene, protocol, _ in away:
        scene.backend.behave("ok")
        status, said = scene.command(
            "journal", "drain", "--dir", str(scene.journal), OTEL_EXPORTER_OTLP_PROTOCOL=protocol
        )
        assert status == 0, said
        account = scene.account()
        assert len(account.returned) == 70
        assert (account.lost, account.reported) == (set(), 0)
        assert "Traceback" not in scene.errors()
