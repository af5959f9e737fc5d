"""Run the real telemetry backends on this machine: `with Stack() as stack:` in a test, `make stack` for a person.

Five programs, built by tools/build.py: VictoriaMetrics (metrics), VictoriaLogs (logs and events), Jaeger (traces),
vmalert (alerts) and the OpenTelemetry Collector in front of them. Standard library only; loopback only.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import build
from programs import Ports, Program, config_variables, programs

READY_S = 60.0
STOP_S = 15.0
LOG_TAIL_LINES = 20
PR_SET_PDEATHSIG = 1


class StackError(Exception):
    """The stack could not start, or one of its programs ended: which one, and the end of its log."""


def answers(url: str) -> bool:
    """Whether a GET of `url` answers 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - always http://127.0.0.1
            return bool(reply.status == 200)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return False
    except OSError:
        return False


def die_with_parent(parent: int) -> None:
    """In a child before exec: ask the kernel to kill it when its parent ends in any way (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(1)


class Stack:
    """The five programs, up between `__enter__` and `__exit__`, with their addresses as attributes.

    Args:
        ports: where to listen; free ports by default.
        folder: where data and logs are kept; by default a temporary folder that is removed at the end.

    Raises:
        StackError: on entry, when a binary is missing, a port is taken or a program does not get ready.
    """

    def __init__(self, ports: Ports | None = None, folder: Path | None = None) -> None:
        self.ports = ports or Ports.free()
        self.otlp_http = f"http://127.0.0.1:{self.ports.otlp_http}"
        self.otlp_grpc = f"http://127.0.0.1:{self.ports.otlp_grpc}"
        self.victoria_metrics = f"http://127.0.0.1:{self.ports.victoria_metrics}"
        self.victoria_logs = f"http://127.0.0.1:{self.ports.victoria_logs}"
        self.jaeger = f"http://127.0.0.1:{self.ports.jaeger}"
        self.vmalert = f"http://127.0.0.1:{self.ports.vmalert}"
        self._given_folder = folder
        self._folder = Path()
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        if missing := [c.name for c in build.COMPONENTS if not c.binary.exists()]:
            raise StackError(f"not built: {', '.join(missing)} (expected in {build.tools_dir()}); run `make tools`")
        if taken := self.ports.taken():
            raise StackError(f"port {taken} is taken by another program")
        self._folder = self._given_folder or Path(tempfile.mkdtemp(prefix="driftmeter-stack-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            for program in programs(self.ports, self._folder.absolute()):
                self._running.append((program, self._start(program)))
            for program, child in self._running:
                self._await_ready(program, child)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each program, by name."""
        return {program.name: child.pid for program, child in self._running}

    def check(self) -> None:
        """Raise StackError when a program has ended by itself."""
        for program, child in self._running:
            if child.poll() is not None:
                raise StackError(f"{program.name} ended with status {child.returncode}\n{self._log_tail(program)}")

    def _start(self, program: Program) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        with self._log(program).open("ab") as log:
            return subprocess.Popen(
                [build.binary(program.name), *program.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C in a terminal reaches this process alone, which stops all in order
                preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one prctl call, safe beside threads
            )

    def _environment(self) -> dict[str, str]:
        # OTEL_* variables are meant for the model server; the Collector and Jaeger would read them as their own
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        return kept | config_variables(self.ports)

    def _await_ready(self, program: Program, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_S
        while not answers(program.ready_url):
            self.check()
            if time.monotonic() > deadline:
                tail = self._log_tail(program)
                raise StackError(f"{program.name} (pid {child.pid}) is not ready after {READY_S:.0f} s\n{tail}")
            time.sleep(0.05)

    def _stop(self) -> None:
        """Stop in the reverse order of starting: the Collector empties its queues into backends that still run."""
        children = [child for _, child in reversed(self._running)]
        try:
            for child in children:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(STOP_S)
        finally:  # also when Ctrl-C is pressed again
            for child in children:
                child.kill()
                child.wait()
            self._running.clear()
            if self._given_folder is None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _log(self, program: Program) -> Path:
        return self._folder / f"{program.name}.log"

    def _log_tail(self, program: Program) -> str:
        return "\n".join(self._log(program).read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """A signal handler that does what Ctrl-C does, so that SIGTERM stops the stack in order, too."""
    raise KeyboardInterrupt


def addresses(stack: Stack) -> str:
    """What a person needs to know of a running stack."""
    return f"""
  Events and logs   {stack.victoria_logs}/select/vmui/
  Metrics           {stack.victoria_metrics}/vmui/
  Alerts            {stack.vmalert}/vmalert/groups
  Traces            {stack.jaeger}/api/services   (JSON; this Jaeger has no page of its own)

  OTLP goes to      {stack.otlp_http} over HTTP, {stack.otlp_grpc} over gRPC. To fill it:

      driftmeter demo --endpoint {stack.otlp_http}

Ctrl-C stops everything."""


def run(ports: Ports, folder: Path | None) -> None:
    """Keep a stack up, and its addresses on the screen, until an exception ends it."""
    print("starting the Collector and its backends ...", flush=True)
    with Stack(ports, folder) as stack:
        print(addresses(stack), flush=True)
        while True:
            stack.check()
            time.sleep(0.5)


def main() -> int:
    """Run the stack until it is told to stop; the exit status."""
    parser = argparse.ArgumentParser(description="Run the Collector, VictoriaMetrics, VictoriaLogs, Jaeger, vmalert.")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep data and logs there (default: removed at the end)"
    )
    parser.add_argument("--free-ports", action="store_true", help="listen on free ports, not on the usual ones")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        run(Ports.free() if options.free_ports else Ports(), options.data)
    except KeyboardInterrupt:
        print("\nstopped")
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
