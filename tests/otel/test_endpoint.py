import logging
import socket

import pytest

from driftmeter.otel.endpoint import unreachable, warn_if_unreachable


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_endpoint_that_answers_is_reachable(listening):
    """With or without a scheme."""
    assert unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": listening}) == []
    assert unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": listening.removeprefix("http://")}) == []


def test_endpoint_that_does_not_answer_is_named_once(closed):
    """Three signals, one endpoint, one reason."""
    assert unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": closed}) == [f"{closed} (ConnectionRefusedError)"]


def test_each_signal_may_have_its_own_endpoint(listening, closed):
    """Only those that are used are tried."""
    environ = {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": listening, "OTEL_EXPORTER_OTLP_ENDPOINT": closed}
    assert unreachable(environ, ["logs"]) == []
    assert len(unreachable(environ, ["logs", "traces"])) == 1


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:port", "http://[::1", "http://127.0.0.1:99999", "://"])
def test_endpoint_that_is_none_is_unreachable(endpoint):
    """Nothing is raised: the exporter says more."""
    assert len(unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})) == 1


@pytest.mark.parametrize(("protocol", "port"), [("grpc", 4317), ("http/protobuf", 4318), ("", 4318)])
def test_default_port_is_the_protocols(monkeypatch, protocol, port):
    """As the specification has them."""
    tried = []

    def connect(address, timeout):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert unreachable({"OTEL_EXPORTER_OTLP_PROTOCOL": protocol}, ["logs"])
    assert tried == [("localhost", port)]


def test_warning_names_the_endpoint_and_the_way_out(closed, listening, caplog):
    """One warning; none where somebody listens."""
    warn_if_unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": listening})
    warn_if_unreachable({"OTEL_EXPORTER_OTLP_ENDPOINT": closed})
    [(logger, level, message)] = caplog.record_tuples
    assert (logger, level) == ("driftmeter.endpoint", logging.WARNING)
    assert closed in message
    assert "Start a Collector there" in message
