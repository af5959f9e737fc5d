"""The flight server as its own process: `opentelemetry-instrument python serve.py`, and nothing else."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_HOST = "127.0.0.1"
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 60.0


def serve_file() -> Path:
    """Where the example server lies: beside this package when installed, in `examples/` in a checkout.

    Raises:
        FileNotFoundError: in neither place.

    """
    packaged = Path(__file__).with_name("flight_server.py")
    in_checkout = Path(__file__).parents[3] / "examples" / "flight_server" / "serve.py"
    for place in (packaged, in_checkout):
        if place.is_file():
            return place
    raise FileNotFoundError(f"the flight server is neither at {packaged} nor at {in_checkout}; reinstall driftmeter")


def environment(*, model: Path, reference: Path, endpoint: str, windows: str, journal: Path) -> dict[str, str]:
    """Everything that the server is told; its code knows nothing of it but `MODEL_PATH`, `HOST` and `PORT`.

    The queue of spans is long and its batches large, for the SDK's own (2,048) drops the oldest under this load.
    """
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "DRIFTMETER_"))}
    return inherited | {
        "MODEL_PATH": str(model),
        "HOST": _HOST,
        "OMP_NUM_THREADS": "1",
        "OTEL_SERVICE_NAME": "flight-server",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRIC_EXPORT_INTERVAL": "2000",
        "OTEL_BSP_MAX_QUEUE_SIZE": "131072",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1024",
        "DRIFTMETER_JOURNAL_DIR": str(journal),
        "DRIFTMETER_REFERENCE": str(reference),
        "DRIFTMETER_WINDOWS": windows,
        "DRIFTMETER_ACCEPT_BAGGAGE_ID": "true",
    }


class FlightServer:
    """A context in which the server runs; leaving it sends SIGTERM, as orchestrators do, and waits for the end.

    Args:
        variables: the server's environment.
        log: where its standard output and error go.

    Raises:
        RuntimeError: it does not start, or does not end.

    """

    def __init__(self, variables: Mapping[str, str], log: Path) -> None:
        self._variables = variables
        self._log = log
        self.address = (_HOST, _free_port())

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own file
                [_instrument_command(), sys.executable, str(serve_file())],
                env={**self._variables, "PORT": str(self.address[1])},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_listening()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            if error is None:
                raise RuntimeError(f"the flight server did not end within {_STOP_TIMEOUT_S:.0f} s of SIGTERM") from None

    def _wait_until_listening(self) -> None:
        deadline_s = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline_s:
            if self._process.poll() is not None:
                raise RuntimeError(f"the flight server ended with {self._process.returncode}: {self._last_words()}")
            with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=1.0):
                return
            time.sleep(0.05)
        self._process.kill()
        raise RuntimeError(f"the flight server did not listen within {_START_TIMEOUT_S:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:].strip() or f"see {self._log}"


def _instrument_command() -> str:
    beside = Path(sys.executable).with_name("opentelemetry-instrument")
    found = str(beside) if beside.is_file() else shutil.which("opentelemetry-instrument")
    if found is None:
        raise RuntimeError("opentelemetry-instrument is not installed: pip install 'driftmeter[demo]'")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
