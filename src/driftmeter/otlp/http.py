"""OTLP over HTTP: one kept connection, no redirects, answers read up to a bound."""

from __future__ import annotations

import time
import zlib
from importlib import import_module

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout, RequestException, SSLError, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError

from driftmeter.otlp.answer import Answer, Verdict, of_status, of_success
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.otlp.quiet import hush_http, sending
from driftmeter.otlp.transport import credentials

ANSWER_BYTES = 65_536
"""More than any honest answer has; the rest is left unread."""

_COMPRESSION_LEVEL = 1
_WINDOW_BITS = {"gzip": 31, "deflate": 15}
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
        self._session: requests.Session | None = self._open() if endpoint.provider[1] else None

    def __repr__(self) -> str:
        return f"HttpTransport({self._endpoint!r})"

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""
        return self._endpoint.address

    def send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:
        """Send one serialised request, as `Transport` says."""
        compressed = compressed and self._endpoint.compression != "none"
        headers = dict(self._headers)
        if compressed:
            headers["content-encoding"] = self._endpoint.compression
            request = _compress(request, self._endpoint.compression)
        try:
            with sending():
                return self._post(request, headers, timeout_s, compressed=compressed)
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

    def abandon(self) -> None:
        """Forget the connection: closing a TLS connection would tell the parent's backend good-bye."""
        self._session = None

    def _post(self, body: bytes, headers: dict[str, str], timeout_s: float, *, compressed: bool) -> Answer:
        if self._session is None:
            self._session = self._open()
        response = self._session.post(
            self._endpoint.target,
            data=body,
            headers=headers,
            timeout=(timeout_s, timeout_s),
            allow_redirects=False,  # they would carry the credentials to wherever the answer says
            stream=True,
            verify=self._verify(self._session),
        )
        with response:
            if not response.ok or response.is_redirect or response.status_code >= 300:
                retry_after = response.headers.get("Retry-After")
                _read(response, timeout_s)
                return of_status(
                    response.status_code, compressed=compressed, retry_after=retry_after, now_s=time.time()
                )
            return of_success(_read(response, timeout_s), response.headers.get("Content-Type", ""))

    def _open(self) -> requests.Session:
        endpoint = self._endpoint
        given = credentials(endpoint.provider, requests.Session, "requests.Session")
        session = given if isinstance(given, requests.Session) else requests.Session()
        if given is None:
            one = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
            session.mount("https://", one)
            session.mount("http://", one)
        if endpoint.client_certificate is not None:
            files = (endpoint.client_certificate, endpoint.client_key)
            session.cert = str(files[0]) if files[1] is None else (str(files[0]), str(files[1]))
        if "authorization" in self._headers:
            session.auth = _as_given  # else an entry in ~/.netrc would replace it
        return session

    def _verify(self, session: requests.Session) -> bool | str:
        # Given with each request, or REQUESTS_CA_BUNDLE would win over what the endpoint's own variable says.
        if self._endpoint.certificate is not None:
            return str(self._endpoint.certificate)
        return session.verify if isinstance(session.verify, str) else True


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


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
