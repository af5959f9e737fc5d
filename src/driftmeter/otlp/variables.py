"""Reading `OTEL_EXPORTER_OTLP_*`: a signal's own variable before the general one, and no secret in an error."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_MILLISECONDS_FROM = 1000.0
_TIMEOUT_S = 10.0
_WORDS = {"true": True, "false": False}


class Variables:
    """The OTLP variables of one signal.

    Args:
        environ: where they are read.
        signal: `logs`, `traces` or `metrics`.

    """

    def __init__(self, environ: Mapping[str, str], signal: str) -> None:
        self._environ = environ
        self._signal = signal.upper()

    def find(self, name: str) -> tuple[str, str]:
        """Give the variable that says it, and what it says; the general one and "" where none does."""
        general = f"OTEL_EXPORTER_OTLP_{name}"
        for variable in (f"OTEL_EXPORTER_OTLP_{self._signal}_{name}", general):
            if value := self._environ.get(variable, "").strip():
                return variable, value
        return general, ""

    def provider(self, kind: str) -> tuple[str, str]:
        """Give the variable and the name of the credential provider for `HTTP` or `GRPC`."""
        prefix, suffix = f"OTEL_PYTHON_EXPORTER_OTLP_{kind}", "CREDENTIAL_PROVIDER"
        general = f"{prefix}_{suffix}"
        for variable in (f"{prefix}_{self._signal}_{suffix}", general):
            if value := self._environ.get(variable, "").strip():
                return variable, value
        return general, ""

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Give one of these words; the first where nothing is said.

        Raises:
            ValueError: For any other word.

        """
        variable, value = self.find(name)
        if not value:
            return choices[0]
        if value.lower() not in choices:
            raise ValueError(f"{variable} is {value!r}; choose one of {', '.join(choices)}")
        return value.lower()

    def flag(self, name: str) -> bool:
        """Give `true` or `false`; false where nothing is said.

        Raises:
            ValueError: For any other word.

        """
        return _WORDS[self.choice(name, ("false", "true"))]

    def timeout_s(self) -> float:
        """Give the time limit of one request, in seconds.

        OpenTelemetry's specification has milliseconds, its Python exporters have seconds. Nobody waits for a quarter of
        an hour, and nobody means to wait for 100 ms, so that a number from 1000 on is read as milliseconds.

        Raises:
            ValueError: For what is no number above 0.

        """
        variable, value = self.find("TIMEOUT")
        if not value:
            return _TIMEOUT_S
        try:
            given = float(value)
        except ValueError:
            given = 0.0
        if not 0 < given < float("inf"):
            raise ValueError(f"{variable} is {value!r}; it must be a number of seconds above 0, such as 10")
        return given if given < _MILLISECONDS_FROM else given / 1000

    def file(self, name: str) -> Path | None:
        """Give a file's path; None where nothing is said.

        Raises:
            ValueError: For a file that cannot be read.

        """
        variable, value = self.find(name)
        if not value:
            return None
        try:
            with Path(value).open("rb"):
                return Path(value)
        except OSError as fault:
            raise ValueError(f"{variable} is {value!r}, which cannot be read ({type(fault).__name__})") from None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Give the headers, with names in lower case and percent signs resolved.

        Raises:
            ValueError: For what is no list of `name=value`, or would break out of its header. It names the header,
                never its value.

        """
        variable, text = self.find("HEADERS")
        headers: dict[str, str] = {}
        for position, entry in enumerate((entry for entry in text.split(",") if entry.strip()), 1):
            name, equals, value = (unquote(part).strip() for part in entry.partition("="))
            if not equals or not _HEADER_NAME.fullmatch(name.lower()):
                raise ValueError(f"{variable}: entry {position} is not name=value; write name=value,name=value")
            if not (value.isascii() and value.isprintable()):
                raise ValueError(
                    f"{variable}: the value of {name.lower()!r} has characters that no header may hold;"
                    " use printable ASCII, without line breaks"
                )
            headers[name.lower()] = value
        return tuple(headers.items())


def check_certificates(authority: Path | None, certificate: Path | None, key: Path | None) -> None:
    """See that the certificates can be used, now rather than at the first request.

    Raises:
        ValueError: For a key without certificate, or files that are no certificates.

    """
    if key is not None and certificate is None:
        raise ValueError(
            "OTEL_EXPORTER_OTLP_CLIENT_KEY is set without a certificate; set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE too"
        )
    context = ssl.create_default_context()
    try:
        if authority is not None:
            context.load_verify_locations(authority)
    except (OSError, ValueError):
        raise ValueError(
            f"OTEL_EXPORTER_OTLP_CERTIFICATE is {str(authority)!r}; it must hold PEM certificates"
        ) from None
    try:
        if certificate is not None:
            context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError):
        raise ValueError(
            f"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is {str(certificate)!r}; it and the client key must be PEM files"
            " that belong together, the key without a password"
        ) from None
