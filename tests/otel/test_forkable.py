"""A fork while a request hangs."""

import pytest

from driftmeter.testing.fault_process import FaultyProcess

CODE = """
import os, threading, time
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otel.forkable import Forkable
from driftmeter.otlp.transport import connect
from driftmeter.testing.forking import fork
transport = Forkable(connect(Endpoint.from_environ()))
answers = []

def send():
    answers.append(transport.send(b"", compressed=False, timeout_s=3.0).verdict.value)

def child():
    answers.clear()
    send()
    assert answers[-1] == "retry"

thread = threading.Thread(target=send)
thread.start()
while not transport._sending.locked():
    time.sleep(0.01)
time.sleep(0.3)
_, status = os.waitpid(fork(child), 0)
thread.join()
print(*answers, os.waitstatus_to_exitcode(status))
"""


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_neither_parent_nor_child_suffers(python, protocol):
    """The parent's call ends in a verdict, in time or at once, and the child's, over a connection of its own."""
    with FaultyProcess("black_hole", protocol="grpc" if protocol == "grpc" else "http") as backend:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
        found = python(CODE, **variables)
    assert found.out.split() == ["retry", "0"]
    assert "skipping fork() handlers" not in found.err
