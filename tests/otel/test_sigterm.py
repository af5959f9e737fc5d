"""SIGTERM: flushed, and died of all the same."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from driftmeter import runtime
from driftmeter.otel import sigterm
from driftmeter.testing import OtlpReceiver

SERVER = """
    from fastapi import FastAPI
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    app = FastAPI()

    @app.get("/predict")
    def predict():
        return {"answer": float(model.predict([[3.0]])[0])}
"""


def run(code):
    program = "import os, signal, sys\nfrom driftmeter.otel import sigterm\n" + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def disposition():
    """Whatever pytest has for SIGTERM is back afterwards; during the test it is the default."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def test_it_flushes_and_dies_of_the_signal():
    """Whoever waits for the process sees what it would have seen without us."""
    done = run("""
        from driftmeter import runtime
        runtime.flush = lambda timeout_s: print("flushed", timeout_s, flush=True)
        assert sigterm.flush_on_sigterm()
        os.kill(os.getpid(), signal.SIGTERM)
        print("survived")
    """)
    assert (done.returncode, done.stdout.split()) == (-signal.SIGTERM, ["flushed", "4.5"])


def test_a_flush_that_hangs_or_fails_does_not_keep_it_alive():
    for flush in ("lambda timeout_s: threading.Event().wait()", "lambda timeout_s: 1 / 0"):
        done = run(f"""
            import threading
            from driftmeter import runtime
            runtime.flush = {flush}
            sigterm.FLUSH_TIMEOUT_S = 0.2
            sigterm.flush_on_sigterm()
            os.kill(os.getpid(), signal.SIGTERM)
        """)
        assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")


def test_where_nothing_was_predicted_nothing_is_loaded_to_flush_it():
    """Most processes that are instrumented never predict."""
    done = run("""
        sigterm.flush_on_sigterm()
        os.kill = lambda *_: print("driftmeter.runtime" in sys.modules, flush=True)
        signal.raise_signal(signal.SIGTERM)
    """)
    assert (done.returncode, done.stdout.strip()) == (0, "False")


def test_a_taken_signal_is_left_alone(disposition):
    def own(number, frame):
        raise AssertionError

    signal.signal(signal.SIGTERM, own)
    assert not sigterm.flush_on_sigterm()
    sigterm.let_sigterm_be()
    assert signal.getsignal(signal.SIGTERM) is own


def test_it_is_given_back(disposition):
    assert sigterm.flush_on_sigterm()
    assert not sigterm.flush_on_sigterm()
    sigterm.let_sigterm_be()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_off_the_main_thread_python_cannot_take_it(disposition):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(sigterm.flush_on_sigterm()))
    thread.start()
    thread.join()
    assert answers == [False]


def test_a_process_that_the_kernel_spares_goes_on_and_flushes_again(disposition, monkeypatch):
    """A container's first process does not die of a signal's default disposition."""
    flushed = []
    monkeypatch.setattr(runtime, "flush", flushed.append)
    monkeypatch.setattr(os, "kill", lambda number, pid: None)
    sigterm.flush_on_sigterm()
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert flushed == [4.5, 4.5]


@pytest.mark.e2e
@pytest.mark.parametrize(
    "configured", [{}, {"OTEL_PYTHON_CONFIGURATOR": "none", "OTEL_PYTHON_DISTRO": "none"}], ids=["distro", "no distro"]
)
def test_a_server_that_is_told_to_go_loses_nothing(tmp_path, configured):
    """uvicorn raises the signal again after its graceful shutdown; nothing that is registered at exit runs.

    With no distribution and no configurator the providers are ours, and there before the first request: every
    prediction's span hangs below that of its request.
    """
    (tmp_path / "serve.py").write_text(textwrap.dedent(SERVER))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/predict"
    with OtlpReceiver() as receiver:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
            **configured,
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "PYTHONPATH": str(tmp_path),
        }
        instrumented = [Path(sys.executable).with_name("opentelemetry-instrument"), sys.executable, "-m"]
        served = ["uvicorn", "serve:app", "--port", str(port), "--log-level", "error"]
        server = subprocess.Popen([*instrumented, *served], env=environ)
        try:
            ask(url, patience_s=60)
            for _ in range(4):
                ask(url, patience_s=0)
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(30)
        assert status == -signal.SIGTERM
        assert receiver.wait_for(lambda arrived: len(arrived.events("ml.prediction")) == 5)
        predictions = [span for span in receiver.spans if span.name.startswith("predict ")]
    assert [bool(span.parent_span_id) for span in predictions] == [True] * 5


def ask(url, patience_s):
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)
