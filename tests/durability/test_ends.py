"""However a process ends, what returned to its callers arrives: each record, once, but for one batch after a kill."""

import random
import signal

import pytest
from scene import BATCH, EVERY_DOOR


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
