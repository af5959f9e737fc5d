"""Whatever the backend does, every record ends with it or among the dead letters, or is reported as lost."""

import pytest
from scene import BATCH, EVERY_DOOR, until

slow = pytest.mark.e2e

NEWS = {
    "air-time now answers as version 7",
    "air-time now answers as version unknown",
    "ragged now answers as version unknown",
}
"""What is told beside the records of the ledger, and can be rejected as they can."""


def saw(scene, behaviour):
    """Wait until the backend has had to do with a request, behaving so."""
    if behaviour != "down":
        until(lambda: scene.backend.snapshot()["requests"], "a request")


@pytest.mark.parametrize(
    "behaviour",
    [
        "status:503",
        pytest.param("down", marks=slow),
        pytest.param("reset", marks=slow),
        pytest.param("black_hole", marks=slow),
        pytest.param("slow:2", marks=slow),
        pytest.param("flaky:0.5", marks=slow),
        pytest.param("status:429,1", marks=slow),
        pytest.param("status:500", marks=slow),
        pytest.param("status:404", marks=slow),
        pytest.param("status:401", marks=slow),
        pytest.param("too_large:20000", marks=slow),
        pytest.param("no_gzip", marks=slow),
    ],
)
def test_backend_that_recovers_has_every_record_once(scene, behaviour):
    """While the process lives: nothing is left for the next one, and nothing came twice."""
    scene.backend.behave(behaviour)
    producer = scene.start(doors=EVERY_DOOR, count=1500, end="flush")
    scene.done()
    saw(scene, behaviour)
    if not behaviour.startswith(("too_large", "no_gzip")):
        scene.backend.behave("ok")
    scene.go(producer)
    account = scene.account()
    assert len(account.returned) == 1500
    assert (account.lost, account.duplicates, account.reported, account.dead) == (set(), 0, 0, {})


@pytest.mark.e2e
def test_lost_answer_costs_a_batch_of_duplicates_at_most(scene):
    """The backend stored a request, and nobody could know."""
    scene.backend.behave("ack_lost")
    producer = scene.start(doors=EVERY_DOOR, count=1500, end="flush")
    scene.done()
    saw(scene, "ack_lost")
    scene.backend.behave("ok")
    scene.go(producer)
    account, requests = scene.account(), scene.backend.snapshot()["requests"]
    unanswered = sum(count for outcome, count in requests.items() if outcome != "200")
    assert (account.lost, account.reported) == (set(), 0)
    assert 0 < account.duplicates <= unanswered * BATCH


def test_refused_record_is_the_only_dead_letter(scene):
    """One for one: its neighbours arrive."""
    scene.backend.behave("refuse:p1-701")
    producer = scene.start(doors=EVERY_DOOR, count=1400, end="flush")
    scene.done()
    scene.go(producer)
    account = scene.account()
    assert len(account.returned) == 1400
    assert (account.dead, account.lost, account.duplicates) == ({"p1-701": 1}, set(), 0)


def test_dead_letters_arrive_when_they_are_replayed(scene):
    """After the backend was mended."""
    scene.backend.behave("refuse:p1-8")
    assert scene.wait(scene.start(doors=EVERY_DOOR, count=70, end="return")) == 0
    assert scene.account().dead == {"p1-8": 1}
    scene.backend.behave("ok")
    status, said = scene.command("journal", "replay", "--dir", str(scene.journal))
    assert status == 0, said
    account = scene.account()
    assert (account.lost, account.duplicates, account.dead) == (set(), 0, {})


@pytest.mark.e2e
def test_rejected_records_are_counted_to_the_record(scene):
    """By a backend that accepts requests, and says that it left some records out; reports may be among them."""
    scene.backend.behave("partial:3")
    producer = scene.start(doors=EVERY_DOOR[:-1], count=1500, end="flush", metrics=scene.path / "metrics")
    scene.done()
    saw(scene, "partial:3")
    scene.backend.behave("ok")
    scene.go(producer)
    account = scene.account()
    unheard = NEWS - account.stored.keys()
    assert scene.dropped() == {"journal_rejected": len(account.lost) + len(unheard)}
    assert {gap["reason"] for gap in account.gaps} <= {"rejected"}
    assert account.reported <= len(account.lost) + len(unheard)
    assert 0 < len(account.lost) < 1500
    assert account.duplicates == 0
