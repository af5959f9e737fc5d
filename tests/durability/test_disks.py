"""A disk that is full, read-only or gone: no prediction notices, and what cannot be kept is reported to the record."""

import shutil
import subprocess
from contextlib import contextmanager

import pytest
from scene import BATCH, until


@contextmanager
def small_disk(path, options):
    """A disk of our own; False where we may not mount one."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", path], check=True)


@pytest.mark.parametrize("how", [pytest.param("mounted", marks=pytest.mark.e2e), "limited"])
@pytest.mark.slow
def test_full_disk_loses_what_it_reports_and_no_more(scene, tmp_path, how):
    """More than disk and memory hold, while the backend is down: gap events = `driftmeter.dropped` = what is lost."""
    scene.backend.behave("down")
    with small_disk(tmp_path / "disk", "size=3m") as mounted:
        scene.journal = tmp_path / "disk" / "journal"
        limit = 2**21 if how == "limited" or not mounted else None
        producer = scene.start(
            doors=["wide"], count=9000, end="flush", metrics=tmp_path / "metrics", file_limit_bytes=limit
        )
        scene.done()
        scene.backend.behave("ok")
        scene.go(producer)
        scene.drain()
        account = scene.account()
    assert len(account.returned) == 9000
    assert account.reported == sum(scene.dropped().values())
    # One record more was on its way, which has no id to be known by: that the model is new. It may be lost, too.
    assert 0 < len(account.lost) <= account.reported <= len(account.lost) + 1 < 6000
    assert account.duplicates == 0


def test_full_disk_loses_nothing_while_memory_suffices(scene, tmp_path):
    """And nothing is left over when the backend is there."""
    scene.backend.behave("down")
    producer = scene.start(doors=["wide"], count=2500, end="flush", file_limit_bytes=2**20)
    scene.done()
    scene.backend.behave("ok")
    scene.go(producer)
    account = scene.account()
    assert len(account.returned) == 2500
    assert (account.lost, account.duplicates, account.reported) == (set(), 0, 0)


def test_read_only_disk_costs_nothing_while_the_backend_is_there(scene, tmp_path):
    """A server must start on it, too: events wait in memory."""
    with small_disk(tmp_path / "disk", "ro,size=1m") as mounted:
        if not mounted:
            (tmp_path / "disk").chmod(0o500)
        home = {"XDG_STATE_HOME": str(tmp_path / "disk")}
        producer = scene.start(count=1500, end="flush", journal=None, environ=home)
        scene.done()
        scene.go(producer)
        account = scene.account()
    assert len(account.returned) == 1500
    assert (account.lost, account.duplicates, account.reported) == (set(), 0, 0)


@pytest.mark.slow
def test_directory_that_is_removed_while_it_is_written_to(scene):
    """What is still in the process's hands is written anew, even what is on its way already; so is what comes later."""
    scene.backend.behave("down")
    producer = scene.start(count=3000, end="flush", pause_s=0.0003)
    scene.returned(at_least=700)
    shutil.rmtree(scene.journal)
    until(scene.journal.is_dir, "the directory to be made again")
    scene.done()
    scene.backend.behave("ok")
    scene.go(producer)
    account = scene.account()
    assert len(account.returned) == 3000
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= BATCH


@pytest.mark.e2e
def test_full_journal_loses_the_oldest_and_reports_them(scene):
    """Of the living and of the dead, to the record: gap events = `driftmeter.dropped` = what is lost."""
    scene.backend.behave("down")
    limits = {"journal_max_bytes": 2**24}
    first = scene.start(doors=["wide"], count=4000, settings=limits)
    scene.done()
    scene.kill(first)
    producer = scene.start(
        doors=["wide"], count=9000, end="flush", settings=limits, metrics=scene.path / "metrics", pause_s=0.0005
    )
    scene.returned(at_least=13_002)
    scene.backend.behave("ok")
    scene.go(producer)
    scene.drain()
    account = scene.account()
    assert len(account.returned) == 13_000
    assert 0 < len(account.lost) == account.reported == sum(scene.dropped().values()) < 13_000
    assert {gap["reason"] for gap in account.gaps} == {"journal_full"}
    assert account.duplicates == 0
