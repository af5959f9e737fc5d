"""Programs of several processes on one journal: each record arrives once, whoever recorded it."""

import multiprocessing
import random

import producers
import pytest
from scene import BATCH, EVERY_DOOR, until


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["ok", pytest.param("down", marks=pytest.mark.e2e)])
def test_fork_while_others_record(scene, behaviour):
    """Parent and children go on; a child that leaves by `os._exit` leaves a request at most without its answer."""
    scene.backend.behave(behaviour)
    assert scene.wait(scene.start(doors=EVERY_DOOR, count=300, end="fork")) == 0, scene.errors()
    scene.backend.behave("ok")
    scene.drain()
    account = scene.account()
    assert len(account.returned) == (1 + 1 + 3 + 3) * 300
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= (3 * BATCH if behaviour == "ok" else 0)


@pytest.mark.e2e
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_of_multiprocessing(scene, method):
    """They end without running what is registered for the exit: as if killed, perhaps in the middle of a request."""
    plans = [scene.plan(doors=EVERY_DOOR, count=700, end="return") for _ in range(2)]
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=producers.produce, args=(plan,)) for plan in plans]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    scene.drain()
    account = scene.account()
    assert len(account.returned) == 1400
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= len(processes) * BATCH


@pytest.mark.e2e
def test_eight_processes_on_one_journal_some_of_which_are_killed(scene):
    """The living adopt what the dead left, while the backend comes and goes."""
    running = [scene.start(doors=EVERY_DOOR, pause_s=0.002) for _ in range(8)]
    for behaviour in ("status:503", "ok", "down", "ok"):
        until(lambda: all((scene.path / f"ledger{n}").exists() for n in range(1, 9)), "all to begin")
        scene.returned(at_least=len(scene.ledger()) + random.randrange(200, 1500))
        scene.backend.behave(behaviour)
        scene.kill(running.pop(random.randrange(len(running))))
    scene.returned(at_least=len(scene.ledger()) + 1000)
    for producer in running:
        scene.kill(producer)
    scene.drain()
    account = scene.account()
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= 8 * BATCH


@pytest.mark.e2e
def test_processes_that_are_killed_by_turns(scene):
    """Each takes over from its predecessor; the backend has whims of its own."""
    whims = ["ok", "ok", "ok", "status:503", "reset", "down"]
    for _ in range(30):
        scene.backend.behave(random.choice(whims))
        producer = scene.start(doors=EVERY_DOOR, threads=random.randrange(3))
        scene.returned(at_least=len(scene.ledger()) + random.randrange(1, 600))
        scene.kill(producer)
    scene.backend.behave("ok")
    scene.drain()
    account = scene.account()
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= 30 * BATCH


@pytest.mark.e2e
def test_command_drains_what_is_left_over(scene):
    """In an interpreter of its own, as its user types it."""
    scene.backend.behave("down")
    producer = scene.start(doors=EVERY_DOOR, count=700)
    scene.done()
    scene.kill(producer)
    assert scene.console("journal", "drain", "--timeout", "1") == 1
    scene.backend.behave("ok")
    assert scene.console("journal", "drain") == 0
    assert scene.console("journal", "status") == 0
    account = scene.account()
    assert (account.lost, account.duplicates, account.reported) == (set(), 0, 0)


@pytest.mark.e2e
def test_command_takes_nothing_from_a_process_that_lives(scene):
    """It may be run at any time, and as often as one likes."""
    producer = scene.start(doors=EVERY_DOOR, pause_s=0.0002)
    scene.returned(at_least=300)
    for _ in range(3):
        scene.command("journal", "drain", "--dir", str(scene.journal), "--timeout", "20")
    scene.kill(producer)
    scene.drain()
    account = scene.account()
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= BATCH
