import logging
import pickle

import pytest

from driftmeter.otlp.endpoint import Endpoint

GENERAL = "OTEL_EXPORTER_OTLP_"
LOGS = "OTEL_EXPORTER_OTLP_LOGS_"


def endpoint(**variables):
    return Endpoint.from_environ({GENERAL + name: value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({}, "http://localhost:4318/v1/logs"),
        ({GENERAL + "ENDPOINT": "http://otel:4318"}, "http://otel:4318/v1/logs"),
        ({GENERAL + "ENDPOINT": "https://otel.example/otlp/"}, "https://otel.example/otlp/v1/logs"),
        ({GENERAL + "ENDPOINT": "https://otel.example/?key=1"}, "https://otel.example/v1/logs?key=1"),
        ({LOGS + "ENDPOINT": "https://logs.example/in"}, "https://logs.example/in"),
        ({LOGS + "ENDPOINT": "https://logs.example", GENERAL + "ENDPOINT": "http://otel"}, "https://logs.example"),
        ({GENERAL + "ENDPOINT": "http://[::1]:4318"}, "http://[::1]:4318/v1/logs"),
    ],
)
def test_http_endpoint_is_a_url(environ, target):
    """The general one is a base, the signal's own is taken as it is."""
    assert Endpoint.from_environ(environ).target == target


@pytest.mark.parametrize(
    ("given", "insecure", "target", "secure"),
    [
        ("", "", "localhost:4317", False),
        ("http://otel:4317", "", "otel:4317", False),
        ("https://otel:4317", "true", "otel:4317", True),
        ("http://otel", "false", "otel:4317", False),
        ("otel:1234", "", "otel:1234", True),
        ("otel:1234", "true", "otel:1234", False),
        ("http://[::1]:4317/", "", "[::1]:4317", False),
        ("unix:///run/otel.sock", "", "unix:///run/otel.sock", False),
    ],
)
def test_grpc_endpoint_is_host_and_port(given, insecure, target, secure):
    """Its scheme says whether TLS is used; without one the variable does."""
    found = endpoint(PROTOCOL="grpc", ENDPOINT=given, INSECURE=insecure)
    assert (found.protocol, found.target, found.secure) == ("grpc", target, secure)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ENDPOINT": "otel:4318"}, "ENDPOINT is 'otel:4318'; http/protobuf needs a URL such as http://localhost:4318"),
        ({"ENDPOINT": "http://"}, "needs a URL"),
        ({"ENDPOINT": "ftp://otel"}, "needs a URL"),
        ({"ENDPOINT": "http://otel:port"}, "no URL"),
        ({"ENDPOINT": "http://otel:99999"}, "no URL"),
        ({"ENDPOINT": "http://[::1"}, "no URL"),
        ({"ENDPOINT": "http://ot el"}, "no spaces"),
        ({"ENDPOINT": "http://otel/#part"}, "fragment"),
        ({"PROTOCOL": "grpc", "ENDPOINT": "http://otel/path"}, "gRPC needs host and port"),
        ({"PROTOCOL": "http/json"}, "PROTOCOL is 'http/json'; choose one of http/protobuf, grpc"),
        ({"COMPRESSION": "zstd"}, "COMPRESSION is 'zstd'; choose one of none, gzip, deflate"),
        ({"COMPRESSION": "deflate", "PROTOCOL": "grpc"}, "choose one of none, gzip"),
        ({"TIMEOUT": "soon"}, "TIMEOUT is 'soon'; it must be a number of seconds above 0"),
        ({"TIMEOUT": "0"}, "above 0"),
        ({"TIMEOUT": "nan"}, "above 0"),
        ({"INSECURE": "maybe", "PROTOCOL": "grpc", "ENDPOINT": "otel:4317"}, "INSECURE is 'maybe'"),
        ({"CERTIFICATE": "/no/such/file"}, "CERTIFICATE is '/no/such/file', which cannot be read"),
        ({"HEADERS": "novalue"}, "entry 1 is not name=value"),
        ({"HEADERS": "a=1,b c=2"}, "entry 2 is not name=value"),
    ],
)
def test_what_cannot_be_meant_is_refused(variables, message):
    """With the variable, the value and the way out."""
    with pytest.raises(ValueError, match=message.replace("(", r"\(")) as caught:
        endpoint(**variables)
    assert str(caught.value).startswith("OTEL_EXPORTER_OTLP_")


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("", ()),
        ("api-key=abc", (("api-key", "abc"),)),
        (" Api-Key = a%20b , x=1=2,", (("api-key", "a b"), ("x", "1=2"))),
        ("a=1,a=2", (("a", "2"),)),
        ("empty=", (("empty", ""),)),
    ],
)
def test_headers_are_a_list(text, headers):
    """With percent signs resolved, as the specification has it."""
    assert endpoint(HEADERS=text).headers == headers


@pytest.mark.parametrize("value", ["%0d%0aX-Evil: 1", "a%0Ab", "%00", "a\x7fb", "caf%C3%A9"])
def test_header_that_would_break_out_is_refused_without_being_quoted(value):
    """It would start a header, or a request, of its own."""
    with pytest.raises(ValueError, match="the value of 'x-secret' has characters") as caught:
        endpoint(HEADERS=f"x-secret=sesame{value}")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "variables",
    [
        {"ENDPOINT": "https://me:sesame@otel.example/?token=sesame", "HEADERS": "api-key=sesame"},
        {"ENDPOINT": "https://me:sesame@otel.example:4317", "PROTOCOL": "grpc"},
    ],
)
def test_secrets_are_shown_nowhere(variables):
    """Neither name nor password, query or headers."""
    found = endpoint(**variables)
    for shown in (repr(found), str(found), found.address, f"{found}"):
        assert "sesame" not in shown
        assert "me:" not in shown
    assert dict(found.headers)["authorization"] == "Basic bWU6c2VzYW1l"
    assert b"sesame" not in pickle.dumps(found.address)
    assert "sesame" not in found.target.partition("?")[0]


@pytest.mark.parametrize(
    "given",
    ["me:sesame@otel:4318", "ftp://me:sesame@otel", "http://me:sesame@", "http://me:sesame", "http://me:sesame@[::1"],
)
def test_secrets_are_not_in_errors_either(given):
    """Not even where the password stands in the place of a port: the parser's own words are not passed on."""
    with pytest.raises(ValueError, match="OTEL_EXPORTER_OTLP_ENDPOINT is") as caught:
        endpoint(ENDPOINT=given)
    if "@" in given:
        assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_own_variable_wins_over_the_general_one():
    """Of every kind; an empty one says nothing."""
    found = Endpoint.from_environ(
        {
            GENERAL + "HEADERS": "a=1", LOGS + "HEADERS": "b=2",
            GENERAL + "TIMEOUT": "5", LOGS + "TIMEOUT": "7",
            GENERAL + "COMPRESSION": "gzip", LOGS + "COMPRESSION": " ",
        }
    )  # fmt: skip
    assert (found.headers, found.timeout_s, found.compression) == ((("b", "2"),), 7.0, "gzip")


def test_timeout_of_a_thousand_and_more_is_milliseconds():
    """The specification has milliseconds, the Python exporters seconds: nobody waits for a quarter of an hour."""
    assert [endpoint(TIMEOUT=given).timeout_s for given in ("", "2.5", "30", "10000")] == [10.0, 2.5, 30.0, 10.0]


@pytest.mark.parametrize(
    ("given", "warns"),
    [
        ("http://otel.example", True),
        ("https://otel.example", False),
        ("http://localhost", False),
        ("http://127.0.0.1:4318", False),
        ("http://[::1]:4318", False),
        ("http://10.0.0.1", True),
    ],
)
def test_headers_in_the_open_are_warned_of(caplog, given, warns):
    """Once, without the headers; not where they never leave the machine."""
    endpoint(ENDPOINT=given, HEADERS="api-key=sesame")
    records = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(records) == warns
    assert "sesame" not in caplog.text
    caplog.clear()
    endpoint(ENDPOINT=given)
    assert not caplog.records


def test_certificates_are_tried_at_once(tmp_path):
    """Rather than at the first request."""
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    https = {"ENDPOINT": "https://otel.example"}
    with pytest.raises(ValueError, match=r"nonsense\.pem'; it must hold PEM certificates"):
        endpoint(CERTIFICATE=str(nonsense), **https)
    with pytest.raises(ValueError, match="must be PEM files that belong together"):
        endpoint(CLIENT_CERTIFICATE=str(nonsense), CLIENT_KEY=str(nonsense), **https)
    with pytest.raises(ValueError, match="set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE too"):
        endpoint(CLIENT_KEY=str(nonsense), **https)
