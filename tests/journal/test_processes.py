"""Several processes on one directory: each writes its own segment; what a dead one leaves is adopted exactly once."""

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from driftmeter.journal import Files, Journal, Kind, inspect

PRODUCER = """
import os, random, sys, threading, time
from pathlib import Path
from driftmeter.journal import Journal, Kind, Limits
directory, ledger, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
journal = Journal(directory, limits=Limits(roll_bytes=2**15, max_bytes=2**28, min_free_bytes=0))
told = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def work(part):
    for n in range(10**9):
        payload = b"%s.%d.%d" % (name.encode(), part, n)
        if journal.append(Kind.RECORD, b"resource", payload + b"." * (n % 300)):
            os.write(told, payload + b"\\n")
        if n % 20 == 0:
            time.sleep(0.001)
for part in range(2):
    threading.Thread(target=work, args=(part,), daemon=True).start()
def sender():
    while True:
        lane = journal.backlog() or journal.live()
        while (batch := lane.next(50, 2**20)) is not None:
            os.write(sent, b"".join(entry.payload.rstrip(b".") + b"\\n" for entry in batch.entries))
            lane.acknowledge(batch)
        time.sleep(0.001)
if len(sys.argv) > 4:
    sent = os.open(sys.argv[4], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    threading.Thread(target=sender, daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""


def start(directory, ledger, name, *more):
    command = [sys.executable, "-c", PRODUCER, directory, ledger, name, *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def kill(process):
    process.kill()
    process.wait()
    process.stdout.close()


def lines(path):
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def drained(path, tools):
    journal = Journal(path, limits=tools.SMALL)
    entries = tools.drain(journal)
    status = journal.status()
    journal.close()
    return entries, status


def test_nothing_that_returned_is_lost_by_kill_9(tmp_path, tools):
    """At any moment; nor does anything come twice, since nobody acknowledged it."""
    for turn in range(5):
        directory, ledger = tmp_path / f"journal{turn}", tmp_path / f"ledger{turn}"
        process = start(directory, ledger, "p")
        time.sleep(0.05 + 0.03 * turn)
        kill(process)
        entries, status = drained(directory, tools)
        arrived = [payload.rstrip(b".") for payload in tools.records(entries)]
        told = lines(ledger)
        assert told
        assert set(told) <= set(arrived)
        assert len(arrived) == len(set(arrived)) <= len(told) + 2
        assert tools.reported(entries) == 0
        assert status.bytes < 4096, "no more than a file that was just being made"


def test_nothing_is_lost_between_processes_that_are_killed_by_turns(tmp_path, tools):
    """Each writes, sends, and adopts what its predecessors left; duplicates are at most one batch for each kill."""
    directory, ledger, sent = tmp_path / "journal", tmp_path / "ledger", tmp_path / "sent"
    running = [start(directory, ledger, f"first{n}", sent) for n in range(2)]
    for turn in range(4):
        time.sleep(0.15)
        kill(running.pop(0))
        running.append(start(directory, ledger, f"turn{turn}", sent))
    for process in running:
        kill(process)
    entries, _ = drained(directory, tools)
    arrived = lines(sent) + [payload.rstrip(b".") for payload in tools.records(entries)]
    assert tools.gaps(entries) == []
    assert set(lines(ledger)) <= set(arrived)
    assert len(arrived) - len(set(arrived)) <= 6 * 50


def test_a_living_process_is_not_robbed(tmp_path, tools):
    """What it is writing stays its own until it dies."""
    directory, ledger = tmp_path / "journal", tmp_path / "ledger"
    process = start(directory, ledger, "p")
    time.sleep(0.1)
    process.send_signal(signal.SIGSTOP)
    before, _ = drained(directory, tools)
    assert len(tools.records(before)) < len(lines(ledger))
    kill(process)
    after, _ = drained(directory, tools)
    arrived = [payload.rstrip(b".") for payload in tools.records(before + after)]
    assert set(lines(ledger)) <= set(arrived)
    assert len(arrived) == len(set(arrived))


def test_an_orphan_is_adopted_by_one_alone(make, tools):
    """However many reach for it."""
    first = make()
    for n in range(20):
        first.append(Kind.RECORD, b"r", b"%02d" % n)
        first.roll()
    first.close()
    journals = [make() for _ in range(4)]
    found = [[] for _ in journals]
    threads = [
        threading.Thread(target=lambda part=part: found[part].extend(tools.drain(journals[part])))
        for part in range(len(journals))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tools.records(itertools.chain(*found))) == [b"%02d" % n for n in range(20)]
    assert sum(journal.status().adopted for journal in journals) >= 20


def test_an_empty_file_of_a_process_that_died_early_goes(make, tmp_path):
    """It holds nothing but a name."""
    journal = make()
    journal.prepare()
    path = tmp_path / "journal" / f"{5:020d}-{'0f' * 8}-1.seg"
    path.touch(0o600)
    assert journal.backlog() is None
    assert path.exists(), "somebody may be making it"
    os.utime(path, (5, 5))
    assert journal.backlog() is None
    assert not path.exists()


def test_a_name_that_was_taken_sends_nothing_to_memory(make, tools):
    """Where records would die with the process: another name will do."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    tries = iter([False, False, True])
    files.try_lock = lambda descriptor: next(tries) and Files.try_lock(descriptor)
    assert journal.append(Kind.RECORD, b"r", b"x")
    assert journal.status().memory_records == 0
    files.try_lock = Files.try_lock
    assert tools.records(tools.drain(journal)) == [b"x"]


def append_there(directory, name, count):
    journal = Journal(directory)
    for n in range(count):
        journal.append(Kind.RECORD, b"r", b"%s.%d" % (name, n))
    os._exit(0)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_started_in_other_ways(method, tmp_path, tools, monkeypatch):
    """They leave without a word, and nothing is lost."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])  # where the new processes find this module
    context = multiprocessing.get_context(method)
    directory = tmp_path / "journal"
    processes = [context.Process(target=append_there, args=(directory, b"%d" % n, 50)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    entries, _ = drained(directory, tools)
    assert sorted(tools.records(entries)) == sorted(b"%d.%d" % (n, m) for n in range(2) for m in range(50))


def test_looking_disturbs_nobody(make, tools, tmp_path):
    """An inspection takes no lock, and sees what is being written."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x")
    assert [seen.entry.payload for seen in inspect(tmp_path / "journal")] == [b"x"]
    journal.append(Kind.RECORD, b"r", b"y")
    assert tools.records(tools.drain(journal)) == [b"x", b"y"]
