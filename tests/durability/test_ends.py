"""However a process ends, what returned to its callers arrives: each record, once, but for one batch after a kill."""

import random
import signal

import pytest
from scene import BATCH, EVERY_DOOR, Scene

from driftmeter.testing.faults import FaultyBackend


def test_kill_9_at_a_random_moment_loses_nothing(scene):
    """Whatever door the records came through, and wherever the sender was."""
    for turn in range(4):
        producer = scene.start(doors=EVERY_DOOR, threads=turn % 3)
        scene.returned(at_least=len(scene.ledger()) + random.randrange(20, 800))
        scene.kill(producer)
    scene.drain()
    account = scene.account()
    assert account.lost == set()
    assert account.reported == 0
    assert account.duplicates <= 4 * BATCH


@pytest.mark.parametrize("end", ["return", "os._exit", "sys.exit", "sigterm", "abort"])
@pytest.mark.slow
def test_end_while_the_backend_is_down_loses_nothing(scene, end):
    """Nobody is there to be sent to; the next process, or the command, sends everything, each record once."""
    scene.backend.behave("down")
    status = scene.wait(scene.start(doors=EVERY_DOOR, count=700, end=end))
    assert status == {"sys.exit": 3, "sigterm": -signal.SIGTERM, "abort": -signal.SIGABRT}.get(end, 0), scene.errors()
    scene.backend.behave("ok")
    scene.drain()
    account = scene.account()
    assert len(account.returned) == 700
    assert (account.lost, account.duplicates, account.reported) == (set(), 0, 0)


def test_return_without_shutdown_delivers_everything(scene):
    """A program that merely ends has nothing left to drain."""
    assert scene.wait(scene.start(doors=EVERY_DOOR, count=2000, end="return")) == 0
    account = scene.account()
    assert len(account.returned) == 2000
    assert (account.lost, account.duplicates) == (set(), 0)


@pytest.mark.e2e
@pytest.mark.parametrize("behaviour", ["ok", "black_hole"])
def test_threads_that_record_until_the_interpreter_is_gone(scene, behaviour):
    """What they record while and after everything was shut down is on disk like all the rest."""
    scene.backend.behave(behaviour)
    assert scene.wait(scene.start(doors=EVERY_DOOR, count=100, end="leave")) == 0, scene.errors()
    scene.backend.behave("ok")
    scene.drain()
    account = scene.account()
    assert len(account.returned) > 100
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= BATCH


@pytest.mark.e2e
def test_kill_9_while_sending_over_grpc(tmp_path, nursery):
    """The other protocol makes no other promise."""
    with FaultyBackend(protocol="grpc") as backend:
        scene = Scene(tmp_path, nursery, backend)
        grpc = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        for _ in range(4):
            producer = scene.start(doors=EVERY_DOOR, environ=grpc)
            scene.returned(at_least=len(scene.ledger()) + random.randrange(100, 1000))
            scene.kill(producer)
        assert scene.wait(scene.start(doors=EVERY_DOOR, count=300, end="fork", environ=grpc)) == 0, scene.errors()
        assert "nothing is left" in scene.command("journal", "drain", "--dir", str(scene.journal), **grpc)[1]
        account = scene.account()
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= (4 + 3) * BATCH
