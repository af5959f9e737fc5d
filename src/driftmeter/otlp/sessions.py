"""How a request leaves: by a session that a credential provider gave, or by one of our own, settled once."""

from __future__ import annotations

from collections.abc import Mapping

import requests
from requests.adapters import HTTPAdapter

from driftmeter.otlp.endpoint import Endpoint


class GivenSession:
    """A provider's session, which may do as it likes with every request.

    Args:
        session: as given.
        endpoint: where to.
        headers: of every request.

    """

    def __init__(self, session: requests.Session, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self._session, self._target, self._headers = session, endpoint.target, headers
        self._verify = _settled(session, endpoint, headers)

    def post(self, body: bytes, headers: Mapping[str, str], timeout_s: float) -> requests.Response:
        """Send a body, with these headers more; what comes back is not read yet.

        Raises:
            RequestException: no answer came.

        """
        return self._session.post(
            self._target,
            data=body,
            headers={**self._headers, **headers},
            timeout=(timeout_s, timeout_s),
            allow_redirects=False,  # they would carry the credentials to wherever the answer says
            stream=True,
            verify=self._verify,
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


class OwnSession:
    """Our session: proxies, certificates and credentials are looked up when it is made.

    The library would go through the whole environment for each request, which takes it longer than all the rest.

    Args:
        endpoint: where to.
        headers: of every request.

    """

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self._session = session = requests.Session()
        one = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
        session.mount("https://", one)
        session.mount("http://", one)
        verify = _settled(session, endpoint, headers)
        self._settings = session.merge_environment_settings(endpoint.target, {}, stream=True, verify=verify, cert=None)
        self._request = session.prepare_request(requests.Request("POST", endpoint.target, headers=dict(headers)))

    def post(self, body: bytes, headers: Mapping[str, str], timeout_s: float) -> requests.Response:
        """As `GivenSession.post`."""
        request = self._request.copy()
        request.headers.update(headers)
        request.prepare_body(body, None)
        return self._session.send(request, timeout=(timeout_s, timeout_s), allow_redirects=False, **self._settings)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


def _settled(session: requests.Session, endpoint: Endpoint, headers: Mapping[str, str]) -> bool | str:
    """Give a session the endpoint's certificates and credentials; returns what to verify the backend's by.

    That goes with each request, or REQUESTS_CA_BUNDLE would win over what the endpoint's own variable says.
    """
    if endpoint.client_certificate is not None:
        files = (endpoint.client_certificate, endpoint.client_key)
        session.cert = str(files[0]) if files[1] is None else (str(files[0]), str(files[1]))
    if "authorization" in headers:
        session.auth = _as_given  # else an entry in ~/.netrc would replace it
    if endpoint.certificate is not None:
        return str(endpoint.certificate)
    return session.verify if isinstance(session.verify, str) else True


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
