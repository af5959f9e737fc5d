"""Encrypted, with certificates of our own making."""

import shutil
import subprocess

import pytest

from driftmeter.otlp.answer import Verdict
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.transport import connect
from driftmeter.testing.fault_faces import Tls
from driftmeter.testing.faults import FaultyBackend

PROTOCOLS = {"http": "http/protobuf", "grpc": "grpc"}
both = pytest.mark.parametrize("protocol", ["http", "grpc"])
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, a server on the loopback address and a client; and an authority that signed neither."""
    place = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True)

    for name in ("authority", "stranger"):
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip
    for name in ("server", "client"):
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        # The second is what Python 3.13 asks for, by RFC 5280.
        (place / "names").write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem",
        )  # fmt: skip
    return place


def answer_of(backend, protocol, **files):
    variables = {f"OTEL_EXPORTER_OTLP_{name}": str(path) for name, path in files.items()}
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": PROTOCOLS[protocol],
        **variables,
    }
    transport = connect(Endpoint.from_environ(environ))
    answer = transport.send(b"", compressed=False, timeout_s=10.0)
    transport.close()
    return answer


def tls(place, *, clients=False):
    return Tls(
        certificate=place / "server.pem",
        key=place / "server.key",
        clients=place / "authority.pem" if clients else None,
    )


@both
def test_authority_that_is_named_is_trusted(certificates, protocol, monkeypatch):
    """Even where the environment names another for other requests."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "stranger.pem"))
    with FaultyBackend(protocol=protocol, tls=tls(certificates)) as backend:
        assert answer_of(backend, protocol, CERTIFICATE=certificates / "authority.pem").verdict is Verdict.ACCEPTED


@both
def test_nobody_else_is_trusted(certificates, protocol):
    """Neither by default nor with another authority; the records wait."""
    with FaultyBackend(protocol=protocol, tls=tls(certificates)) as backend:
        for files in ({}, {"CERTIFICATE": certificates / "stranger.pem"}):
            answer = answer_of(backend, protocol, **files)
            assert answer.verdict is Verdict.RETRY
            assert answer.reason in {"tls", "grpc_unavailable"}
        assert backend.snapshot()["requests"] == {}


@both
def test_client_shows_its_certificate(certificates, protocol):
    """Where the backend asks for one."""
    with FaultyBackend(protocol=protocol, tls=tls(certificates, clients=True)) as backend:
        authority = {"CERTIFICATE": certificates / "authority.pem"}
        assert answer_of(backend, protocol, **authority).verdict is Verdict.RETRY
        own = {"CLIENT_CERTIFICATE": certificates / "client.pem", "CLIENT_KEY": certificates / "client.key"}
        assert answer_of(backend, protocol, **authority, **own).verdict is Verdict.ACCEPTED


def test_key_of_another_certificate_is_refused_at_once(certificates):
    """And never asked a password for on the terminal."""
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(certificates / "client.pem"),
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(certificates / "server.key"),
    }
    with pytest.raises(ValueError, match="must be PEM files that belong together"):
        Endpoint.from_environ(environ)
    locked = certificates / "locked.key"
    subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-in", certificates / "client.key", "-out", locked, "-passout", "pass:x"],
        check=True,
        capture_output=True,
    )
    with pytest.raises(ValueError, match="the key without a password"):
        Endpoint.from_environ({**environ, "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(locked)})
