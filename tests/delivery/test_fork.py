"""A server forks while it sends: each child sends its own, and none hangs."""

import pytest

from driftmeter.testing.fault_process import FaultyProcess

SENDING = """
import os, sys, threading
from pathlib import Path
from driftmeter.delivery import Pace, Sender
from driftmeter.journal import Journal, Kind
from driftmeter.otlp import Origin, log_record
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect
from driftmeter.testing.forking import fork
definition = Origin(scope_name="driftmeter").to_bytes()
journal = Journal(Path(sys.argv[1]))
sender = Sender(journal, connect(Endpoint.from_environ()), pace=Pace(delay_s=0.01))

def emit(name, count):
    for i in range(count):
        assert journal.append(Kind.RECORD, definition, log_record(time_ns=1, observed_ns=1, body=f"{name}-{i}"))
        if not sender.awake:
            sender.wake()
"""


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_children_send_their_own_and_nothing_of_their_parent(python, tmp_path, protocol):
    """Forked between and during requests; every record arrives, each once."""
    code = (
        SENDING.replace("sys.argv[1]", repr(str(tmp_path / "journal")))
        + """
emit("parent", 50)
assert sender.flush(20)

def child(k):
    assert sender.status().records == 0
    emit(f"child{k}", 100)
    assert sender.shutdown(20)
    journal.close()

for k in range(4):
    emit(f"before{k}", 50)
    assert os.waitpid(fork(lambda: child(k)), 0)[1] == 0
assert sender.flush(20)
assert [t.name for t in threading.enumerate()].count("driftmeter-sender") == 1
"""
    )
    with FaultyProcess(protocol=protocol) as backend:
        names = {"http": "http/protobuf", "grpc": "grpc"}
        python(
            code,
            OTEL_EXPORTER_OTLP_ENDPOINT=backend.endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL=names[protocol],
            timeout_s=120,
        )
        ids = backend.snapshot()["ids"]
    assert len(ids) == 50 + 4 * (50 + 100)
    assert set(ids.values()) == {1}


def test_interpreter_ends_while_a_request_hangs(python, tmp_path):
    """Neither `shutdown` nor the end of the process waits for the answer."""
    code = (
        SENDING.replace("sys.argv[1]", repr(str(tmp_path / "journal")))
        + """
import time
emit("r", 10)
started_s = time.monotonic()
assert not sender.shutdown(0.5)
print(time.monotonic() - started_s)
"""
    )
    with FaultyProcess("black_hole") as backend:
        took = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=backend.endpoint, timeout_s=60)
    assert float(took.out) < 3


@pytest.mark.slow
def test_fork_ends_a_grpc_call_that_hangs(python, tmp_path):
    """gRPC aborts a child that is forked while a thread of its parent waits inside; the records are sent later."""
    code = (
        SENDING.replace("sys.argv[1]", repr(str(tmp_path / "journal")))
        + """
import time
emit("parent", 10)
while not sender._stepping.locked():
    time.sleep(0.01)
time.sleep(0.3)

def child():
    emit("child", 10)
    sender.flush(1)

for k in range(5):
    assert os.waitpid(fork(child), 0)[1] == 0
assert sender.status().retries.keys() <= {"grpc_cancelled", "closed"}
assert sum(sender.status().retries.values()) >= 1
"""
    )
    with FaultyProcess("black_hole", protocol="grpc") as backend:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        python(code, OTEL_EXPORTER_OTLP_TIMEOUT="60", timeout_s=120, **environ)


@pytest.mark.slow
def test_a_request_that_hangs_keeps_one_fork_waiting_and_no_other(python, tmp_path):
    """A pool of workers is forked in a moment, though the backend is a black hole: it is not for half a second each."""
    code = (
        SENDING.replace("sys.argv[1]", repr(str(tmp_path / "journal")))
        + """
import time
from driftmeter.delivery.sender import FORK_WAIT_S
emit("parent", 10)
while not sender._stepping.locked():
    time.sleep(0.01)
began_s = time.monotonic()
for _ in range(40):
    assert os.waitpid(fork(lambda: None), 0)[1] == 0
assert sender._stepping.locked()
print((time.monotonic() - began_s) / FORK_WAIT_S)
"""
    )
    with FaultyProcess("black_hole") as backend:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
        assert 1 <= float(python(code, timeout_s=60, **environ).out) < 20


def test_a_fork_on_the_senders_own_thread_waits_for_nobody(python, tmp_path):
    """A session of the user's may fork while it sends: its step ends no sooner for being waited for."""
    code = (
        SENDING.replace("sys.argv[1]", repr(str(tmp_path / "journal")))
        + """
from driftmeter.delivery import sender as module
from driftmeter.otlp.answer import Answer, Verdict
module.FORK_WAIT_S = threading.TIMEOUT_MAX
sent = []

class Forking:
    address = "nowhere"

    def send(self, request, **_):
        sent.append(os.waitpid(fork(lambda: None), 0)[1])
        return Answer(Verdict.ACCEPTED)

    def close(self):
        pass

    def interrupt(self):
        return False

sender = Sender(journal, Forking(), pace=Pace(delay_s=0.01))
emit("parent", 1)
assert sender.flush(20)
print(sent)
"""
    )
    assert python(code).out == "[0]"
