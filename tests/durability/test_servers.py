"""Servers with several workers, one of which is killed: what they had answered arrives."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
from scene import BATCH, PATIENCE_S, clean_environ, until

GUNICORN = ("gunicorn", "--preload", "--workers", "2", "--log-level", "error", "--bind", "127.0.0.1:{port}")
UVICORN = ("uvicorn", "--workers", "2", "--log-level", "error", "--host", "127.0.0.1", "--port", "{port}")
UWSGI = (
    "uwsgi", "--master", "--processes", "2", "--enable-threads", "--die-on-term", "--disable-logging",
    "--http-socket", "127.0.0.1:{port}", "--module",
)  # fmt: skip
LAZY = ("uwsgi", "--lazy-apps", *UWSGI[1:])
HOOKED = ("uwsgi", "--py-call-uwsgi-fork-hooks", *UWSGI[1:])
SERVERS = {
    "gunicorn": (GUNICORN, "served:wsgi"),
    "uvicorn": (UVICORN, "served:asgi"),
    "uwsgi": (UWSGI, "served:wsgi"),
    "uwsgi-lazy": (LAZY, "served:wsgi"),
    "uwsgi-hooked": (HOOKED, "served:wsgi"),
}
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
    script, *words = [word.format(port=port) for word in command]
    with (scene.path / "err").open("ab") as errors:
        server = subprocess.Popen([Path(sys.executable).with_name(script), *words, app], env=environ, stderr=errors)
    try:
        until(lambda: ask(f"http://127.0.0.1:{port}/"), f"{command[0]} to answer: {scene.errors()}")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.mark.e2e
@pytest.mark.parametrize("behaviour", ["ok", "down"])
@pytest.mark.parametrize("server", SERVERS)
def test_server_whose_worker_is_killed_has_lost_nothing_that_it_answered(scene, server, behaviour):
    """Its workers share a journal; the other one, or the one that takes the place, sends what the dead one left."""
    scene.backend.behave(behaviour)
    with serving(scene, *SERVERS[server]) as url, ThreadPoolExecutor(4) as clients:
        first = {None, *clients.map(ask, [url] * 400)}
        answers = [clients.submit(ask, url) for _ in range(600)]
        os.kill(max(filter(None, first)), signal.SIGKILL)
        wait(answers)
        scene.backend.behave("ok")
        # Not before: uWSGI waits a minute for a worker that is told to go while it loads the application.
        until(lambda: ask(url) not in first, "a worker to take the dead one's place")
    scene.drain()
    account = scene.account()
    assert len(account.returned) >= 900
    assert (account.lost, account.reported) == (set(), 0)
    assert account.duplicates <= BATCH
