"""A server on gevent answers on while its telemetry waits."""

import pytest

from driftmeter.otlp.greenlets import beside
from driftmeter.testing.fault_process import FaultyProcess

pytest.importorskip("gevent", reason="whose greenlets are to go on")

PATCHED = """
from gevent import monkey
monkey.patch_all()
import gevent
from driftmeter.otlp.greenlets import beside
"""


def test_without_gevent_it_is_the_call_itself():
    """Nothing stands between."""
    assert beside(len) is len


def test_a_call_that_waits_in_c_lets_greenlets_go_on(python):
    """Its result and its fault are the caller's; nothing is written elsewhere."""
    code = """
wait = monkey.get_original("threading", "Lock")()
wait.acquire()
waiting = gevent.spawn(beside(wait.acquire), True, timeout=20)
gevent.sleep(0)
wait.release()
print(waiting.get(), beside(int)("12", base=16))
try:
    beside(int)("no number")
except ValueError as fault:
    print(fault)
"""
    found = python(PATCHED + code)
    assert found.out.splitlines() == ["True 18", "invalid literal for int() with base 10: 'no number'"]
    assert found.err == ""


def test_greenlets_go_on_while_grpc_waits_for_a_backend(python):
    """One that never answers; else another greenlet could end the call only when its time is over by itself."""
    code = """
import os
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.grpc import GrpcTransport
transport = GrpcTransport(Endpoint.from_environ(os.environ, "logs"))
sending = gevent.spawn(transport.send, b"", compressed=False, timeout_s=5.0)
gevent.sleep(0.2)
transport.close()
print(sending.get().reason)
"""
    with FaultyProcess("black_hole", protocol="grpc") as backend:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        assert python(PATCHED + code, **environ).out == "grpc_cancelled"
