"""The misbehaving backend itself: each behaviour does what its word says, and the ledger tells the truth."""

import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import zlib
from urllib.parse import urlsplit

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from driftmeter.testing import server as servers
from driftmeter.testing.behaviour import WORDS, Behaviour
from driftmeter.testing.fault_process import FaultyProcess
from driftmeter.testing.faults import FaultyBackend
from driftmeter.testing.server import Answer, Server

EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"


def request_of(*ids, event_name="ml.prediction"):
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for found in ids:
        record = records.add(event_name=event_name)
        record.attributes.add(key="ml.prediction.id").value.string_value = found
    return request.SerializeToString()


def post(backend, body, timeout_s=20, path="/v1/logs", **headers):
    """Status, headers and body; None where no answer came."""
    connection = http.client.HTTPConnection(urlsplit(backend.endpoint).netloc, timeout=timeout_s)
    named = {"Content-Type": "application/x-protobuf", **{k.replace("_", "-"): v for k, v in headers.items()}}
    try:
        connection.request("POST", path, body, named)
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        return type(error)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("behaviour", "status", "stored"),
    [
        ("ok", 200, ["a", "b"]),
        ("status:503", 503, []),
        ("status:400", 400, []),
        ("too_large:10", 413, []),
        ("too_large:10000", 200, ["a", "b"]),
        ("refuse:b", 400, []),
        ("refuse:c", 200, ["a", "b"]),
        ("partial:1", 200, ["a"]),
        ("flaky:1.0", 503, []),
        ("flaky:0.0", 200, ["a", "b"]),
        ("slow:0.1", 200, ["a", "b"]),
    ],
)
def test_behaviour_does_what_its_word_says(behaviour, status, stored):
    """Over HTTP; what was stored is in the ledger, and how the request ended."""
    with FaultyBackend(behaviour) as backend:
        assert post(backend, request_of("a", "b"))[0] == status
        snapshot = backend.snapshot()
    assert snapshot["ids"] == dict.fromkeys(stored, 1)
    assert snapshot["requests"] == {str(status): 1}
    assert snapshot["sizes"] == [2]


@pytest.mark.parametrize("whole", [0, 1])
def test_body_that_is_cut_is_neither_stored_nor_acknowledged(whole):
    """Nothing, or the first of two records, is a message as well: who sent both would take them for stored."""
    first, both = request_of("a"), request_of("a") + request_of("b")
    with FaultyBackend() as backend, socket.create_connection(("127.0.0.1", backend.port), 20) as connection:
        head = f"POST /v1/logs HTTP/1.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: {len(both)}\r\n\r\n"
        connection.sendall(head.encode() + first * whole)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
        assert backend.snapshot()["requests"] == {}


def test_connections_are_reset_with_and_without_storing():
    """The sender cannot tell the one from the other."""
    with FaultyBackend("reset") as backend:
        assert post(backend, request_of("a")) is ConnectionResetError
        backend.behave("ack_lost")
        assert post(backend, request_of("b")) is ConnectionResetError
        assert backend.snapshot()["ids"] == {"b": 1}
        assert backend.snapshot()["requests"] == {"cut": 1, "stored_cut": 1}


def test_backend_that_is_down_keeps_its_port():
    """Nobody listens; then somebody does, at the same address."""
    with FaultyBackend("down") as backend:
        port = backend.port
        assert post(backend, request_of("a")) is ConnectionRefusedError
        backend.behave("ok")
        assert post(backend, request_of("a"))[0] == 200
        backend.behave("down")
        assert post(backend, request_of("b")) is ConnectionRefusedError
        assert backend.port == port
        assert backend.snapshot()["ids"] == {"a": 1}


def test_black_hole_takes_and_never_answers():
    """Until it behaves otherwise: then the connection is cut, and nothing was stored."""
    with FaultyBackend("black_hole") as backend:
        assert post(backend, request_of("a"), timeout_s=0.2) is TimeoutError
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(post(backend, request_of("b"))))
        waiting.start()
        while sum(backend.snapshot()["requests"].values()) < 2:
            pass
        backend.behave("ok")
        waiting.join(20)
        assert answers == [ConnectionResetError]
        assert backend.snapshot()["ids"] == {}


def test_slow_backend_stores_before_it_answers():
    """So that a sender who gives up early makes a duplicate, as with real ones."""
    with FaultyBackend("slow:30") as backend:
        assert post(backend, request_of("a"), timeout_s=0.3) is TimeoutError
        assert backend.snapshot()["ids"] == {"a": 1}


def test_answers_say_what_real_ones_say():
    """When to come again, and how many were not stored."""
    with FaultyBackend("status:429,7") as backend:
        assert post(backend, request_of("a"))[1]["Retry-After"] == "7"
        backend.behave("partial:2")
        body = post(backend, request_of("a", "b", "c"))[2]
    assert ExportLogsServiceResponse.FromString(body).partial_success.rejected_log_records == 2


def test_compression_is_refused_when_told():
    """And understood otherwise."""
    with FaultyBackend() as backend:
        body = gzip.compress(request_of("a"))
        assert post(backend, body, Content_Encoding="gzip")[0] == 200
        backend.behave("no_gzip")
        assert post(backend, body, Content_Encoding="gzip")[0] == 415
        assert post(backend, request_of("b"))[0] == 200


def test_ledger_counts_duplicates_and_keeps_gaps_whole():
    """A gap is no record."""
    with FaultyBackend() as backend:
        post(backend, request_of("a", "b"))
        post(backend, request_of("b"))
        post(backend, request_of("x", event_name="driftmeter.journal.gap"))
        snapshot = backend.snapshot()
    assert snapshot["ids"] == {"a": 1, "b": 2}
    assert snapshot["gaps"] == [{"ml.prediction.id": "x"}]


def test_what_is_no_request_is_noted():
    """And refused."""
    with FaultyBackend() as backend:
        assert post(backend, b"\xff\xff")[0] == 400
        assert backend.snapshot()["requests"] == {"unreadable": 1}


@pytest.mark.parametrize(
    ("behaviour", "code", "stored"),
    [
        ("ok", None, ["a", "b"]),
        ("status:503", grpc.StatusCode.UNAVAILABLE, []),
        ("status:400", grpc.StatusCode.INVALID_ARGUMENT, []),
        ("status:401", grpc.StatusCode.UNAUTHENTICATED, []),
        ("too_large:10", grpc.StatusCode.RESOURCE_EXHAUSTED, []),
        ("reset", grpc.StatusCode.UNAVAILABLE, []),
        ("ack_lost", grpc.StatusCode.UNAVAILABLE, ["a", "b"]),
        ("partial:1", None, ["a"]),
        ("black_hole", grpc.StatusCode.DEADLINE_EXCEEDED, []),
        ("down", grpc.StatusCode.UNAVAILABLE, []),
    ],
)
def test_behaviour_over_grpc(behaviour, code, stored):
    """The same, in gRPC's words."""
    with FaultyBackend(behaviour, protocol="grpc") as backend:
        with grpc.insecure_channel(f"127.0.0.1:{backend.port}") as channel:
            call = channel.unary_unary(EXPORT)
            timeout_s = 0.3 if behaviour == "black_hole" else 20
            if code is None:
                call(request_of("a", "b"), timeout=timeout_s)
            else:
                with pytest.raises(grpc.RpcError) as caught:
                    call(request_of("a", "b"), timeout=timeout_s)
                assert caught.value.code() is code
        assert backend.snapshot()["ids"] == dict.fromkeys(stored, 1)


def test_unknown_behaviour_is_refused():
    """With those that there are."""
    with FaultyBackend() as backend, pytest.raises(ValueError, match=f"choose one of {', '.join(WORDS)}"):
        backend.behave("sulk")
    with pytest.raises(ValueError, match="write slow:seconds"):
        Behaviour.parse("slow")
    with pytest.raises(ValueError, match=r"write ok$"):
        Behaviour.parse("ok:1")


def test_bomb_is_not_unpacked(monkeypatch):
    """Decompression ends where it would be too much."""
    monkeypatch.setattr(servers, "MOST_BYTES", 100_000)
    seen = []
    server = Server(0, lambda request: seen.append(request) or Answer(200))
    connection = http.client.HTTPConnection(f"127.0.0.1:{server.port}")
    statuses = []
    for body, encoding in ((gzip.compress(b"\0" * 10_000_000), "gzip"), (zlib.compress(b"\0" * 99_000), "deflate")):
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": encoding}
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    server.close()
    assert statuses == [400, 200]
    assert [len(request.body) for request in seen] == [99_000]


def test_process_is_steered_from_outside():
    """The same methods; down and up again, and the ledger as JSON."""
    with FaultyProcess("status:503") as backend:
        assert post(backend, request_of("a"))[0] == 503
        backend.behave("down")
        assert post(backend, request_of("a")) is ConnectionRefusedError
        backend.behave("ok")
        assert post(backend, request_of("a"))[0] == 200
        assert backend.snapshot()["ids"] == {"a": 1}
        with pytest.raises(ValueError, match="no behaviour 'sulk'"):
            backend.behave("sulk")


def test_process_ends_with_sigterm():
    """Without a trace."""
    command = [sys.executable, "-m", "driftmeter.testing.faults", "--protocol", "grpc"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert set(json.loads(process.stdout.readline())) == {"port", "steering"}
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/metrics"])
def test_other_signals_are_treated_alike_but_not_stored(path):
    """A backend that is away is away for all."""
    with FaultyBackend("status:503") as backend:
        assert post(backend, b"spans", path=path)[0] == 503
        backend.behave("ok")
        assert post(backend, b"spans", path=path)[0] == 200
        assert post(backend, b"", path="/v1/profiles")[0] == 404
        assert backend.snapshot()["requests"] == {"503": 1, "200": 1}
        assert backend.snapshot()["ids"] == {}
