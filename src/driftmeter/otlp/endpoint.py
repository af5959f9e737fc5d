"""Where and how records go, as `OTEL_EXPORTER_OTLP_*` say: checked when read, and silent about every secret."""

from __future__ import annotations

import base64
import ipaddress
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from driftmeter.otlp.variables import Variables, check_certificates

HTTP = "http/protobuf"
GRPC = "grpc"
PORTS = {HTTP: 4318, GRPC: 4317}
COMPRESSIONS = {HTTP: ("none", "gzip", "deflate"), GRPC: ("none", "gzip")}

_log = logging.getLogger("driftmeter.endpoint")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One OTLP endpoint of one signal.

    >>> Endpoint.from_environ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://me:secret@otlp.example"})
    Endpoint(protocol='http/protobuf', address='https://otlp.example/v1/logs', compression='none', timeout_s=10.0)

    """

    protocol: str
    """`http/protobuf` or `grpc`."""
    address: str
    """Fit to be shown: without userinfo, query and headers."""
    compression: str = "none"
    """`none`, `gzip` or `deflate`."""
    timeout_s: float = 10.0
    """The time limit of one request."""
    signal: str = field(default="logs", repr=False)
    """`logs`, `metrics` or `traces`."""
    target: str = field(default="", repr=False)
    """For a transport: the URL without userinfo; for gRPC host and port."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Names in lower case, and values."""
    secure: bool = field(default=False, repr=False)
    """Whether TLS is used."""
    certificate: Path | None = field(default=None, repr=False)
    """Certificates of the authorities to trust; None for the usual ones."""
    client_certificate: Path | None = field(default=None, repr=False)
    client_key: Path | None = field(default=None, repr=False)
    provider: tuple[str, str] = field(default=("", ""), repr=False)
    """The variable that names a credential provider, and the name; "" for none."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ, signal: str = "logs") -> Endpoint:
        """Read the variables of one signal.

        Raises:
            ValueError: For an endpoint, header, file or word that cannot be meant; it names the variable and the way
                out, and quotes no secret.

        """
        variables = Variables(environ, signal)
        protocol = variables.choice("PROTOCOL", (HTTP, GRPC))
        files = tuple(variables.file(name) for name in ("CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"))
        endpoint = cls(
            protocol=protocol,
            address="",
            compression=variables.choice("COMPRESSION", COMPRESSIONS[protocol]),
            timeout_s=variables.timeout_s(),
            signal=signal,
            headers=variables.headers(),
            certificate=files[0],
            client_certificate=files[1],
            client_key=files[2],
            provider=variables.provider("HTTP" if protocol == HTTP else "GRPC"),
        )
        endpoint = _over_http(endpoint, variables, signal) if protocol == HTTP else _over_grpc(endpoint, variables)
        if endpoint.secure:
            check_certificates(*files)
        _warn_of_open_headers(endpoint)
        return endpoint


def _warn_of_open_headers(endpoint: Endpoint) -> None:
    host = urlsplit(endpoint.address).hostname
    if endpoint.headers and not endpoint.secure and host is not None and not _is_loopback(host):
        _log.warning("headers are sent to %s unencrypted; use https:// for it", endpoint.address)


def _over_http(endpoint: Endpoint, variables: Variables, signal: str) -> Endpoint:
    variable, value = variables.find("ENDPOINT")
    url = _split(variable, value or f"http://localhost:{PORTS[HTTP]}")
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError(f"{variable} is {_shown(value)!r}; {HTTP} needs a URL such as http://localhost:4318")
    if variable.endswith("OTLP_ENDPOINT"):
        url = url._replace(path=f"{url.path.rstrip('/')}/v1/{signal}")
    return _with_userinfo(endpoint, url, target="")


def _over_grpc(endpoint: Endpoint, variables: Variables) -> Endpoint:
    variable, value = variables.find("ENDPOINT")
    if value.startswith("unix:"):
        return replace(endpoint, address=value, target=value)
    given = value or f"http://localhost:{PORTS[GRPC]}"
    if "://" not in given:
        given = f"{'http' if variables.flag('INSECURE') else 'https'}://{given}"
    url = _split(variable, given)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path not in {"", "/"} or url.query:
        raise ValueError(f"{variable} is {_shown(value)!r}; gRPC needs host and port, such as http://localhost:4317")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return _with_userinfo(endpoint, url, target=f"{host}:{url.port or PORTS[GRPC]}")


def _split(variable: str, value: str) -> SplitResult:
    """Take a URL apart; the parser's own errors may quote a password."""
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise ValueError(f"{variable} is {_shown(value)!r}, which is no URL; write http://host:port") from None
    if not (value.isascii() and value.isprintable()) or " " in value or url.fragment:
        raise ValueError(f"{variable} is {_shown(value)!r}; an endpoint has no spaces, umlauts or fragment")
    return url


def _with_userinfo(endpoint: Endpoint, url: SplitResult, target: str) -> Endpoint:
    """Move a name and password from the URL, which errors quote, to a header, which they do not."""
    userinfo, _, place = url.netloc.rpartition("@")
    headers = dict(endpoint.headers)
    if userinfo:
        basic = base64.b64encode(unquote(userinfo).encode()).decode()
        headers.setdefault("authorization", f"Basic {basic}")
    bare = url._replace(netloc=place)
    return replace(
        endpoint,
        address=urlunsplit(bare._replace(query="")),
        target=target or urlunsplit(bare),
        headers=tuple(headers.items()),
        secure=url.scheme == "https",
    )


def _shown(value: str) -> str:
    """An endpoint without what may be a secret in it."""
    before, at, after = value.partition("?")[0].rpartition("@")
    scheme, separator, _ = before.partition("://")
    return f"{scheme}{separator}***@{after}" if at and separator else f"***@{after}" if at else after


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
