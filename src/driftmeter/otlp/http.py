"""OTLP over HTTP: one kept connection, no redirects, answers read up to a bound."""

from __future__ import annotations

import time
import zlib
from importlib import import_module

import requests
from requests.exceptions import ConnectTimeout, RequestException, SSLError, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError

from driftmeter.forking import look_after
from driftmeter.otlp.answer import Answer, Verdict, of_status, of_success
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.quiet import hush_http, sending
from driftmeter.otlp.sessions import GivenSession, OwnSession
from driftmeter.otlp.transport import credentials

ANSWER_BYTES = 65_536
"""More than any honest answer has; the rest is left unread."""

_COMPRESSION_LEVEL = 1
_WINDOW_BITS = {"gzip": 31, "deflate": 15}
_UNAUTHORISED = {401, 407}
"""Credentials may be others by now than when the session was opened."""

_IMPORTED_WHILE_SENDING = ("encodings.idna", "netrc")
"""What the HTTP library imports at its first request: a child forked just then would wait for it for ever."""


class HttpTransport:
    """Sends to one OTLP/HTTP endpoint.

    Args:
        endpoint: where and how.

    Raises:
        ValueError: If the endpoint's credential provider is not installed or gives no session.

    """

    def __init__(self, endpoint: Endpoint) -> None:
        for module in _IMPORTED_WHILE_SENDING:
            import_module(module)
        hush_http()
        self._endpoint = endpoint
        self._headers = {"content-type": "application/x-protobuf", "user-agent": "driftmeter", **dict(endpoint.headers)}
        # A session of the provider's own is asked for at once, so that what is wrong with it shows at the start.
        self._session: GivenSession | OwnSession | None = self._open() if endpoint.provider[1] else None
        look_after(self)

    def __repr__(self) -> str:
        return f"HttpTransport({self._endpoint!r})"

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._endpoint.address

    def send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:
        """Send one serialised request, as `Transport` says."""
        compressed = compressed and self._endpoint.compression != "none"
        encoding = {"content-encoding": self._endpoint.compression} if compressed else {}
        if compressed:
            request = _compress(request, self._endpoint.compression)
        try:
            with sending():
                return self._post(request, encoding, timeout_s, compressed=compressed)
        except ConnectTimeout:
            return Answer(Verdict.RETRY, "connect_timeout")
        except Timeout:
            return Answer(Verdict.RETRY, "timeout", unknown=True)
        except SSLError:
            return Answer(Verdict.RETRY, "tls")
        except (RequestException, HTTPError, OSError) as error:
            return Answer(Verdict.RETRY, "connection", unknown=not _never_connected(error))

    def close(self) -> None:
        """Let go of the connection."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def interrupt(self) -> bool:
        """A socket that waits for its answer does a child no harm."""
        return False

    def before_fork(self) -> None:
        """Nothing: see `interrupt`."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Forget the connection: closing a TLS connection would tell the parent's backend good-bye."""
        self._session = None

    def _post(self, body: bytes, encoding: dict[str, str], timeout_s: float, *, compressed: bool) -> Answer:
        if self._session is None:
            self._session = self._open()
        with self._session.post(body, encoding, timeout_s) as response:
            if response.ok and not response.is_redirect and response.status_code < 300:
                return of_success(_read(response, timeout_s), response.headers.get("Content-Type", ""))
            retry_after = response.headers.get("Retry-After")
            _read(response, timeout_s)
        if response.status_code in _UNAUTHORISED:
            self.close()
        return of_status(response.status_code, compressed=compressed, retry_after=retry_after, now_s=time.time())

    def _open(self) -> GivenSession | OwnSession:
        given = credentials(self._endpoint.provider, requests.Session, "requests.Session")
        if isinstance(given, requests.Session):
            return GivenSession(given, self._endpoint, self._headers)
        return OwnSession(self._endpoint, self._headers)


def _never_connected(error: Exception) -> bool:
    """Whether the HTTP library says so: it wraps the reason twice."""
    return any(isinstance(getattr(cause, "reason", None), NewConnectionError) for cause in error.args)


def _compress(body: bytes, compression: str) -> bytes:
    compressor = zlib.compressobj(_COMPRESSION_LEVEL, zlib.DEFLATED, _WINDOW_BITS[compression])
    return compressor.compress(body) + compressor.flush()


def _read(response: requests.Response, timeout_s: float) -> bytes:
    """Read an answer to its end, so that the connection can be used again, unless it is long or slow in coming."""
    deadline_s = time.monotonic() + timeout_s
    parts: list[bytes] = []
    left = ANSWER_BYTES
    try:
        while left > 0 and time.monotonic() < deadline_s and (part := response.raw.read(left, decode_content=True)):
            parts.append(part)
            left -= len(part)
    except (HTTPError, OSError):
        return b""  # the status has said what there is to say
    return b"".join(parts)
