"""Servers with several workers, one of which is killed: what they had answered arrives."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
from scene import BATCH, PATIENCE_S, clean_environ, until

GUNICORN = ("gunicorn", "--preload", "--workers", "2", "--log-level", "error", "--bind", "127.0.0.1:{port}")
UVICORN = ("uvicorn", "--workers", "2", "--log-level", "error", "--host", "127.0.0.1", "--port", "{port}")
HERE = Path(__file__).parent


def ask(url):
    """The worker that answered; None where none did."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return int(answer.read())
    except (OSError, ValueError, HTTPException):  # it was killed while it answered
        return None


@contextmanager
def serving(scene, command, app):
    """Its address, until it was told to go and went."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = clean_environ(
        **scene.environ(), PYTHONPATH=str(HERE), TEST_JOURNAL=str(scene.journal), TEST_LEDGER=str(scene.path / "ledger")
    )
    words = [word.format(port=port) for word in command]
    with (scene.path / "err").open("ab") as errors:
        server = subprocess.Popen([sys.executable, "-m", *words, app], env=environ, stderr=errors)
    try:
        until(lambda: ask(f"http://127.0.0.1:{port}/"), f"{command[0]} to answer: {scene.errors()}")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.mark.e2e
@pytest.mark.parametrize("behaviour", ["ok", "down"])
@pytest.mark.parametrize(("command", "app"), [(GUNICORN, "served:wsgi"), (UVICORN, "served:asgi")])
def test_server_whose_worker_is_killed_has_lost_nothing_that_it_answered(scene, command, app, behaviour):
    """Its workers share a journal; the other one, or the one that takes the place, sends what the dead one left."""
    scene.backend.behave(behaviour)
    with serving(scene, command, app) as url, ThreadPoolExecutor(4) as clients:
        workers = set(clients.map(ask, [url] * 400))
        answers = [clients.submit(ask, url) for _ in range(600)]
        os.kill(next(iter(workers - {None})), signal.SIGKILL)
        workers |= {answer.result() for answer in answers}
        scene.backend.behave("ok")
        workers |= set(clients.map(ask, [url] * 200))
    scene.drain()
    account = scene.account()
    assert len(workers - {None}) >= 2
    assert len(account.returned) >= 900
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= BATCH
