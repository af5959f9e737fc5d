"""A disk that is really full: a small one of our own where we may mount it, a limit on the size of files besides."""

import subprocess
import sys

import pytest

from driftmeter.journal import Journal


def numbers(tools, entries):
    return [int(payload[:6]) for payload in tools.records(entries)]


SMALL_DISK = """
import os, resource, sys, time
from pathlib import Path
from driftmeter.journal import Journal, Kind, Limits
directory, how, marker = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
limits = Limits(max_bytes=2**24, min_free_bytes=0, memory_bytes=2**18, roll_bytes=2**23)
journal = Journal(directory, limits=limits)
for n in range(6000):
    journal.append(Kind.RECORD, b"r", b"%06d" % n + b"." * 600)
assert journal.status().mode == "memory", journal.status()
if how == "tmpfs":
    (directory.parent / "ballast").unlink()
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
began = time.monotonic()
while journal.status().mode == "memory" and time.monotonic() - began < 10:
    time.sleep(0.01)
took_s = time.monotonic() - began
for n in range(6000, 6100):
    journal.append(Kind.RECORD, b"r", b"%06d" % n + b"." * 600)
marker.write_text(f"{journal.losses.total()} {took_s}")
os._exit(0)
"""


def small_disk(path, how):
    """A disk of 3 MiB, a third of it taken, where we may mount one, else a limit on the size of files; how."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", path]
    if how == "tmpfs" and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        (path / "ballast").write_bytes(bytes(2**20))
        return "tmpfs", ""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({2**20}, resource.RLIM_INFINITY));"
    return "limit", limit


@pytest.mark.parametrize("how", ["tmpfs", "limit"])
def test_a_disk_that_is_really_full(how, tmp_path, tools):
    """Nothing raised, losses told to the record, back on the disk within two seconds of there being room."""
    disk, marker = tmp_path / "disk", tmp_path / "marker"
    how, before = small_disk(disk, how)
    try:
        program = before + SMALL_DISK
        subprocess.run([sys.executable, "-c", program, disk / "journal", how, marker], check=True, timeout=60)
        lost, took_s = marker.read_text().split()
        assert float(took_s) <= 2
        journal = Journal(disk / "journal", limits=tools.SMALL)
        entries = tools.drain(journal)
        journal.close()
    finally:
        if how == "tmpfs":
            subprocess.run(["umount", "-l", disk], check=True)
    kept = numbers(tools, entries)
    assert kept == sorted(set(kept))
    assert tools.reported(entries) == int(lost) == 6100 - len(kept) > 0
