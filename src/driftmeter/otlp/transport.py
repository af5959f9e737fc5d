"""What every protocol offers a sender: bytes in, a verdict out."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol

from driftmeter.otlp.answer import Answer
from driftmeter.otlp.endpoint import HTTP, Endpoint

PROVIDERS = "opentelemetry_otlp_credential_provider"
"""The entry points that OpenTelemetry's own exporters take credentials from."""


class Transport(Protocol):
    """Sends export requests to one endpoint; used by one thread at a time. A forked child connects anew."""

    @property
    def address(self) -> str:
        """Where to, fit to be shown."""

    def send(self, request: bytes, *, compressed: bool, timeout_s: float) -> Answer:
        """Send one serialised request and wait for the answer; no fault of the network or the backend is raised.

        Args:
            request: an `ExportLogsServiceRequest`, or what the endpoint's signal has instead.
            compressed: whether the endpoint's compression, if it has one, is used.
            timeout_s: how long connecting, and then waiting for an answer, may take.

        """

    def close(self) -> None:
        """Let go of the connection; a later `send` makes a new one."""

    def interrupt(self) -> bool:
        """A fork is near: end a `send` in another thread if a child could not live with it; whether that was needed."""


def connect(endpoint: Endpoint) -> Transport:
    """Give the transport for an endpoint's protocol; nothing is connected yet.

    Raises:
        ValueError: If the endpoint names a credential provider that is not installed or gives something else.

    """
    if endpoint.protocol == HTTP:
        from driftmeter.otlp.http import HttpTransport  # noqa: PLC0415  # either library costs much to import

        return HttpTransport(endpoint)
    from driftmeter.otlp.grpc import GrpcTransport  # noqa: PLC0415

    return GrpcTransport(endpoint)


def credentials(provider: tuple[str, str], kind: type, described: str) -> object | None:
    """Ask the provider that the endpoint names; None where it names none.

    Raises:
        ValueError: If it is not installed, fails, or gives anything but a `kind`.

    """
    variable, name = provider
    if not name:
        return None
    for entry_point in entry_points(group=PROVIDERS, name=name):
        try:
            given: object = entry_point.load()()
        except Exception as fault:
            raise ValueError(f"{variable} is {name!r}, which failed with {type(fault).__name__}") from fault
        if isinstance(given, kind):
            return given
        raise ValueError(f"{variable} is {name!r}, which gives a {type(given).__name__}; it must give a {described}")
    installed = ", ".join(sorted(entry_points(group=PROVIDERS).names)) or "none"
    raise ValueError(f"{variable} is {name!r}, which is not installed; installed are: {installed}")
