"""No thread of gRPC's is left at the moment of a fork, where its channels are ours."""

import pytest

from driftmeter.testing.fault_process import FaultyProcess

WATCH = """
import os, threading, time
left = []
# Said first, so called last: at the fork itself.
os.register_at_fork(before=lambda: left.append(running()))
from driftmeter.otlp import grpc_threads
from driftmeter.otlp.grpc_threads import SHORT_WAIT_S, WAIT_S, running
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect
from driftmeter.testing.forking import fork

def forked(child=lambda: None):
    return os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1])
"""

PATIENT = """
grpc_threads.GRPC_THREADS._wait_s = grpc_threads.WAIT_S = 30  # however busy the machine is
"""

HANGING = """
transport = connect(Endpoint.from_environ())
answers = []

def send():
    answers.append(transport.send(b"", compressed=False, timeout_s=3.0).verdict.value)

def child():
    answers.clear()
    send()
    assert answers == ["retry"]

thread = threading.Thread(target=send)
thread.start()
time.sleep(0.5)
assert thread.is_alive()
status = forked(child)
thread.join()
print(*answers, status, *left)
"""

OPENING = """
transport = connect(Endpoint.from_environ())
opened, begun = transport._open, threading.Event()

def slowly():
    begun.set()
    time.sleep(0.2)
    return opened()

transport._open = slowly
thread = threading.Thread(target=lambda: transport.send(b"", compressed=False, timeout_s=5.0))
thread.start()
begun.wait()
status = forked()
thread.join()
print(status, *left)
"""

IDLE = """
transports = [connect(Endpoint.from_environ(signal=signal)) for signal in ("logs", "traces", "metrics")]

def send():
    return {transport.send(b"", compressed=False, timeout_s=5.0).verdict.value for transport in transports}

def child():
    assert send() == {"accepted"}

for _ in range(5):
    assert send() == {"accepted"}
    assert running()
    assert forked(child) == 0
print(*left)
"""

OTHERS = """
import grpc
channel = grpc.insecure_channel(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"].removeprefix("http://"))
grpc.channel_ready_future(channel).result(5)
transport = connect(Endpoint.from_environ())
took_s = []
for _ in range(3):
    assert transport.send(b"", compressed=False, timeout_s=5.0).verdict.value == "accepted"
    began_s = time.monotonic()
    assert forked() == 0
    took_s.append(time.monotonic() - began_s)
assert WAIT_S <= took_s[0]
assert SHORT_WAIT_S <= min(took_s[1:]) < took_s[0]
channel.close()
transport.send(b"", compressed=False, timeout_s=5.0)
while left[-1]:  # until the short wait is long enough for a busy machine
    forked()
print(*left[:3], left[-1])
"""

SET_UP = """
import driftmeter
driftmeter.configure(events="otel")

def child():
    with driftmeter.predict("air-time", inputs={"distance_mi": 945}) as call:
        call.outputs = 120.0
    assert driftmeter.flush(20)

for _ in range(3):
    child()
    assert running()
    assert forked(child) == 0
print(*left)
"""


@pytest.fixture
def watched(python):
    """Runs code beside a backend and gives what it prints."""

    def run(code, behaviour="ok", protocol="grpc"):
        with FaultyProcess(behaviour, protocol="grpc" if protocol == "grpc" else "http") as backend:
            variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
            found = python(WATCH + code, timeout_s=60, **variables)
        assert "skipping fork() handlers" not in found.err
        return found.out.split()

    return run


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_call_on_its_way_harms_neither_parent_nor_child(watched, protocol):
    """The parent's call ends in a verdict, in time or at once, and the child's, over a connection of its own."""
    assert watched(PATIENT + HANGING, "black_hole", protocol) == ["retry", "0", "False"]


def test_channel_that_is_opened_meanwhile_is_closed_too(watched):
    """By a call that had begun before the fork did."""
    assert watched(OPENING) == ["0", "False"]


def test_open_channels_are_closed(watched):
    """Of all signals; both processes connect anew."""
    assert watched(PATIENT + IDLE) == ["False"] * 5


@pytest.mark.slow
def test_others_channels_cost_one_fork_a_second(watched):
    """They are not ours to close; as soon as they are closed, all is as before."""
    assert watched(OTHERS) == ["True", "True", "True", "False"]


@pytest.mark.slow
def test_everything_that_is_set_up_by_default_stands_still(watched):
    """Spans, metrics, and events through OpenTelemetry's own door: a process over gRPC forks as safely as over HTTP."""
    assert watched(PATIENT + SET_UP) == ["False"] * 3
