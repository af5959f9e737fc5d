"""`make stack`: it tells what a person needs, ends when told to, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from programs import Ports
from stack import Stack, StackError

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


@contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """`tools/stack.py` as a person runs it, once it has shown its addresses, and the programs it started."""
    script = ROOT / "tools" / "stack.py"
    with subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            for line in run.stdout:
                if line.startswith("Ctrl-C"):
                    break
            yield run, psutil.Process(run.pid).children()
        finally:
            run.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_command_told_to_stop_leaves_nothing(number, tmp_path, monkeypatch):
    """Ctrl-C and SIGTERM end the command with status 0, all its programs and its temporary folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with command("--free-ports") as (run, programs):
        assert len(programs) == 5
        run.send_signal(number)
        assert run.wait(60) == 0
        assert not any(program.is_running() for program in programs)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child whose parent was killed")
def test_command_killed_leaves_no_program(tmp_path, monkeypatch):
    """Even SIGKILL, which no handler sees, takes the five programs with it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # only the folder is left then
    with command("--free-ports") as (run, programs):
        assert len(programs) == 5
        run.kill()
        gone, alive = psutil.wait_procs(programs, timeout=30)
        assert alive == []
        assert len(gone) == 5


def test_program_that_ends_by_itself_ends_the_command_with_its_log(capfd):
    """A backend that dies is named, with the end of its log, and the command fails."""
    with command("--free-ports") as (run, programs):
        [jaeger] = [program for program in programs if program.name() == "jaeger"]
        os.kill(jaeger.pid, signal.SIGTERM)
        assert run.wait(60) == 1
        assert not any(program.is_running() for program in programs)
    assert "jaeger ended with status" in capfd.readouterr().err


def test_taken_port_is_named_before_anything_starts():
    """A port in use is an error that says which one it is and what it was for."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=rf"port {port} \(jaeger\)"):
            Stack(dataclasses.replace(Ports.free(), jaeger=port)).__enter__()


def test_missing_binary_is_told_with_the_way_out(tmp_path, monkeypatch):
    """Without built binaries the stack fails and says what to run."""
    monkeypatch.setenv("DRIFTMETER_TOOLS_DIR", str(tmp_path))
    with pytest.raises(StackError, match="make tools"):
        Stack().__enter__()
