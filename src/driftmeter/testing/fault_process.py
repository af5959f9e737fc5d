"""A misbehaving backend in a process of its own, out of the reach of killed producers and of the test's own load."""

from __future__ import annotations

import json
import subprocess
import sys
from http import HTTPStatus
from typing import Literal, Self
from urllib.error import HTTPError
from urllib.request import urlopen

from driftmeter.testing.ledger import Snapshot

_TIMEOUT_S = 30.0


class FaultyProcess:
    """Starts `python -m driftmeter.testing.faults` and steers it, with the methods of `FaultyBackend`.

    Args:
        behaviour: how it behaves at first; see `Behaviour`.
        protocol: `http` or `grpc`.
        port: the port; 0 for a free one.

    """

    def __init__(self, behaviour: str = "ok", *, protocol: Literal["http", "grpc"] = "http", port: int = 0) -> None:
        self._command = [
            sys.executable, "-m", "driftmeter.testing.faults",
            "--behaviour", behaviour, "--protocol", protocol, "--port", str(port),
        ]  # fmt: skip
        self._ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)  # noqa: S603  # our own module
        assert self._process.stdout is not None
        self._ports = json.loads(self._process.stdout.readline() or b"{}")
        if not self._ports:
            self._process.wait()
            raise RuntimeError(f"the backend did not start: {' '.join(self._command)} left {self._process.returncode}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=_TIMEOUT_S)

    @property
    def port(self) -> int:
        """The port that it listens on, or would."""
        return self._ports["port"]

    @property
    def endpoint(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def behave(self, behaviour: str) -> None:
        """Behave so from now on.

        Raises:
            ValueError: For what is no behaviour.

        """
        try:
            urlopen(self._steering, behaviour.encode(), timeout=_TIMEOUT_S).close()  # noqa: S310  # our own address
        except HTTPError as error:
            with error:
                if error.code == HTTPStatus.BAD_REQUEST:
                    raise ValueError(error.read().decode()) from None
            raise

    def snapshot(self) -> Snapshot:
        """Give what was stored, and how the requests ended."""
        with urlopen(self._steering, timeout=_TIMEOUT_S) as response:  # noqa: S310  # our own address
            snapshot: Snapshot = json.load(response)
        return snapshot

    @property
    def _steering(self) -> str:
        return f"http://127.0.0.1:{self._ports['steering']}"
