"""Both transports, against a backend that misbehaves as told."""

import base64
import contextlib
import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint, EntryPoints

import grpc
import pytest
import requests
from opentelemetry import trace
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled, is_instrumentation_enabled
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from driftmeter.otlp import transport as transports
from driftmeter.otlp.answer import Verdict
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect
from driftmeter.testing.faults import FaultyBackend

PROTOCOLS = {"http": "http/protobuf", "grpc": "grpc"}
both = pytest.mark.parametrize("protocol", ["http", "grpc"])


def request_of(*bodies):
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for body in bodies:
        records.add().body.string_value = body
    return request.SerializeToString()


def to(address, protocol="http", **variables):
    named = {f"OTEL_EXPORTER_OTLP_{name}": value for name, value in variables.items()}
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_PROTOCOL": PROTOCOLS[protocol]}
    return Endpoint.from_environ({**endpoint, **named})


@contextlib.contextmanager
def connected(backend, protocol, **variables):
    transport = connect(to(backend.endpoint, protocol, **variables))
    yield transport
    transport.close()


def send(transport, *bodies, compressed=True, timeout_s=20.0):
    return transport.send(request_of(*bodies or ("r",)), compressed=compressed, timeout_s=timeout_s)


@both
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_request_arrives(protocol, compression):
    """Compressed or not, over one connection."""
    with (
        FaultyBackend(protocol=protocol) as backend,
        connected(backend, protocol, COMPRESSION=compression) as transport,
    ):
        assert [send(transport, name).verdict for name in "abc"] == [Verdict.ACCEPTED] * 3
        assert backend.snapshot()["ids"] == {"a": 1, "b": 1, "c": 1}


@both
@pytest.mark.parametrize(
    ("behaviour", "verdict", "reasons"),
    [
        ("status:503", Verdict.RETRY, {"http_503", "grpc_unavailable"}),
        ("status:429,7", Verdict.RETRY, {"http_429", "grpc_resource_exhausted"}),
        ("status:500", Verdict.RETRY, {"http_500", "grpc_internal"}),
        ("status:401", Verdict.RETRY, {"http_401", "grpc_unauthenticated"}),
        ("status:400", Verdict.REFUSED, {"http_400", "grpc_invalid_argument"}),
        ("too_large:10", Verdict.TOO_LARGE, {"http_413", "grpc_resource_exhausted"}),
        ("no_gzip", Verdict.UNSUPPORTED_ENCODING, {"http_415", "grpc_unimplemented"}),
        ("partial:1", Verdict.ACCEPTED, {""}),
        ("reset", Verdict.RETRY, {"connection", "grpc_unavailable"}),
        ("down", Verdict.RETRY, {"connection", "grpc_unavailable"}),
    ],
)
def test_every_answer_is_a_verdict(protocol, behaviour, verdict, reasons):
    """Nothing is raised, and the reason is fit for a metric."""
    with FaultyBackend(behaviour, protocol=protocol) as backend:
        with connected(backend, protocol, COMPRESSION="gzip") as transport:
            answer = send(transport, "a", "b")
        assert answer.verdict is verdict
        assert answer.reason in reasons
        assert answer.after_s == (7.0 if "429" in behaviour else None)
        assert answer.rejected == (1 if "partial" in behaviour else 0)


@both
def test_black_hole_ends_with_the_time_limit(protocol):
    """And it is not known what became of the request."""
    with FaultyBackend("black_hole", protocol=protocol) as backend, connected(backend, protocol) as transport:
        answer = send(transport, timeout_s=0.3)
        assert (answer.verdict, answer.unknown) == (Verdict.RETRY, True)
        assert answer.reason in {"timeout", "grpc_deadline_exceeded"}


def test_refused_connection_is_known_to_have_brought_nothing():
    """A lost acknowledgement is not."""
    with FaultyBackend("down") as backend, connected(backend, "http") as transport:
        assert not send(transport).unknown
        backend.behave("ack_lost")
        assert send(transport).unknown


@both
def test_backend_that_comes_back_is_found_again(protocol):
    """On the same address, by the same transport."""
    with FaultyBackend(protocol=protocol) as backend, connected(backend, protocol) as transport:
        assert send(transport).verdict is Verdict.ACCEPTED
        backend.behave("down")
        assert send(transport).verdict is Verdict.RETRY
        backend.behave("ok")
        for _ in range(100):  # gRPC takes up to two seconds to look again
            if send(transport).verdict is Verdict.ACCEPTED:
                break
            threading.Event().wait(0.1)
        else:
            pytest.fail("never found again")


@both
def test_closed_or_inherited_transport_connects_anew(protocol):
    """The second is what a forked child does."""
    with FaultyBackend(protocol=protocol) as backend, connected(backend, protocol) as transport:
        for end in (transport.close, transport.after_fork_in_child):
            assert send(transport).verdict is Verdict.ACCEPTED
            end()
        assert send(transport).verdict is Verdict.ACCEPTED


class Peer:
    """An HTTP server that answers with what it is told, and keeps what it was asked."""

    def __init__(self, status=200, headers=(), body=b""):
        self.seen = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                peer.seen.append((self.path, dict(self.headers), is_instrumentation_enabled()))
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_headers_go_along():
    """Those of the variable, and the userinfo of the URL as a header."""
    with Peer() as peer:
        address = peer.address.replace("://", "://me:sesame@")
        transport = connect(to(address, HEADERS="api-key=k%20y"))
        assert send(transport).verdict is Verdict.ACCEPTED
        transport.close()
        [(path, headers, _)] = peer.seen
    headers = {name.lower(): value for name, value in headers.items()}
    assert path == "/v1/logs"
    assert headers["api-key"] == "k y"
    assert headers["authorization"] == "Basic bWU6c2VzYW1l"
    assert headers["content-type"] == "application/x-protobuf"
    assert "content-encoding" not in headers


def test_netrc_does_not_replace_credentials(tmp_path, monkeypatch):
    """The HTTP library would, silently."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Peer() as peer:
        transport = connect(to(peer.address, HEADERS="authorization=Bearer%20mine"))
        send(transport)
        transport.close()
        assert peer.seen[0][1]["authorization"] == "Bearer mine"


def test_credentials_are_looked_up_anew_when_they_are_refused(tmp_path, monkeypatch):
    """Until then once: to look for them takes longer than to send."""
    netrc = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(netrc))
    for status in (401, 200):
        sent = []
        with Peer(status) as peer:
            transport = connect(to(peer.address))
            for password in "ab":
                netrc.write_text(f"machine 127.0.0.1 login me password {password}\n")
                netrc.chmod(0o600)
                send(transport)
            transport.close()
            sent = [base64.b64decode(headers["Authorization"].split()[1]) for _, headers, _ in peer.seen]
        assert sent == ([b"me:a", b"me:b"] if status == 401 else [b"me:a", b"me:a"])


def test_redirects_are_not_followed():
    """They would carry the credentials to wherever the answer says."""
    with Peer() as thief, Peer(307, [("Location", thief.address)]) as peer:
        transport = connect(to(peer.address, HEADERS="api-key=sesame"))
        answer = send(transport)
        transport.close()
        assert (answer.verdict, answer.reason) == (Verdict.RETRY, "http_307")
        assert thief.seen == []


def test_long_answers_are_not_read_to_their_end():
    """Nor unpacked without bound."""
    with Peer(200, body=b"x" * 10_000_000) as peer:
        transport = connect(to(peer.address))
        assert send(transport).verdict is Verdict.ACCEPTED
        assert send(transport).verdict is Verdict.ACCEPTED
        transport.close()


def test_nothing_that_is_no_http_is_raised():
    """A server that speaks something else is a connection that failed."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"\0\1\2 nonsense\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        transport = connect(to(f"http://127.0.0.1:{server.getsockname()[1]}"))
        assert send(transport).reason == "connection"
        transport.close()
        thread.join()


@both
def test_secrets_are_in_no_representation(protocol):
    """Of a transport, either."""
    transport = connect(to("https://me:sesame@otel.example", protocol, HEADERS="api-key=sesame"))
    assert "sesame" not in repr(transport)
    assert transport.address.startswith("https://otel.example")


def test_http_library_does_not_log_what_we_send(caplog):
    """At DEBUG it would feed a handler on the root logger with a record per request; others' requests are logged."""
    caplog.set_level(logging.DEBUG)
    with FaultyBackend() as backend, connected(backend, "http") as transport:
        send(transport)
        backend.behave("down")
        send(transport)
        assert [record for record in caplog.records if record.name.startswith("urllib3")] == []
        with Peer() as peer:
            requests.post(peer.address, data=b"", timeout=10)
        assert [record for record in caplog.records if record.name.startswith("urllib3")] != []


@both
def test_instrumentation_is_suppressed_while_sending(protocol, monkeypatch):
    """And only then; the trace of whoever flushes does not go along."""
    seen = []

    def spy(*_, **__):
        seen.append((is_instrumentation_enabled(), is_http_instrumentation_enabled(), trace.get_current_span()))
        raise requests.ConnectionError

    transport = connect(to("http://127.0.0.1:1", protocol))
    if protocol == "http":
        monkeypatch.setattr(requests.Session, "send", spy)
    else:
        monkeypatch.setattr(grpc, "insecure_channel", spy)
    with trace.use_span(trace.NonRecordingSpan(trace.SpanContext(1, 1, is_remote=False))), contextlib.suppress(OSError):
        send(transport)
    assert seen == [(False, False, trace.INVALID_SPAN)]
    assert is_instrumentation_enabled()


@pytest.fixture
def providers(monkeypatch):
    """Installs credential providers under a name."""
    given = {}

    class Point(EntryPoint):
        def load(self):
            return given[self.name]

    def find(*, group, name=None):
        assert group == "opentelemetry_otlp_credential_provider"
        points = [Point(known, "m:f", group) for known in given if name in {None, known}]
        return EntryPoints(points)

    monkeypatch.setattr(transports, "entry_points", find)
    return given


def test_credential_provider_gives_the_session(providers):
    """As it does for OpenTelemetry's own exporters; a forked child asks anew."""
    made = []

    def provide():
        made.append(requests.Session())
        made[-1].headers["x-token"] = f"token {len(made)}"
        return made[-1]

    providers["vault"] = provide
    with Peer() as peer:
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": peer.address,
            "OTEL_PYTHON_EXPORTER_OTLP_HTTP_LOGS_CREDENTIAL_PROVIDER": "vault",
            "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "other",
        }
        transport = connect(Endpoint.from_environ(environ))
        assert len(made) == 1
        send(transport)
        transport.after_fork_in_child()
        send(transport)
        transport.close()
        assert [headers["x-token"] for _, headers, _ in peer.seen] == ["token 1", "token 2"]


def test_credential_provider_gives_channel_credentials(providers):
    """For gRPC."""
    providers["vault"] = grpc.ssl_channel_credentials
    name = "OTEL_PYTHON_EXPORTER_OTLP_GRPC_CREDENTIAL_PROVIDER"
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    assert connect(Endpoint.from_environ({**environ, name: "vault"})).address == "https://otel.example"
    providers["vault"] = requests.Session
    with pytest.raises(ValueError, match=f"{name} is 'vault', which gives a Session; it must give a grpc.Channel"):
        connect(Endpoint.from_environ({**environ, name: "vault"}))


def test_credential_provider_that_is_none_is_refused(providers):
    """At once, with what is installed."""
    name = "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER"
    with pytest.raises(ValueError, match=f"{name} is 'vault', which is not installed; installed are: none"):
        connect(Endpoint.from_environ({name: "vault"}))
    providers["broken"] = lambda: 1 / 0
    with pytest.raises(ValueError, match="'broken', which failed with ZeroDivisionError"):
        connect(Endpoint.from_environ({name: "broken"}))
