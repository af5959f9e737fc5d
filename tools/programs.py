"""What the stack is made of: its five programs, their ports, arguments and configs."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
from dataclasses import dataclass
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / "collector-config"
RULES = CONFIG / "rules" / "drift.rules.yml"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each program listens on 127.0.0.1; the defaults are the ones its own documentation uses."""

    otlp_grpc: int = 4317
    otlp_http: int = 4318
    health: int = 13133
    victoria_metrics: int = 8428
    victoria_logs: int = 9428
    vmalert: int = 8880
    jaeger: int = 16686
    jaeger_grpc: int = 16685
    jaeger_otlp: int = 14317

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody listens on now."""
        with contextlib.ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in dataclasses.fields(cls)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return cls(*(one.getsockname()[1] for one in sockets))

    def taken(self) -> str | None:
        """The first port that another program holds, with what it is for; None when all are free."""
        for field in dataclasses.fields(self):
            port: int = getattr(self, field.name)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    return f"{port} ({field.name})"
        return None


@dataclass(frozen=True, slots=True)
class Program:
    """One program of the stack: how to run it, and the address that answers 200 once it is ready."""

    name: str
    arguments: tuple[str, ...]
    ready_url: str


def programs(ports: Ports, folder: Path) -> list[Program]:
    """The programs in the order they start: each finds what it sends to already there."""
    metrics = f"http://127.0.0.1:{ports.victoria_metrics}"
    logs = f"http://127.0.0.1:{ports.victoria_logs}"
    alerts = f"http://127.0.0.1:{ports.vmalert}"
    return [
        Program(
            "victoria-metrics",
            (
                f"-storageDataPath={folder / 'metrics'}",
                f"-httpListenAddr=127.0.0.1:{ports.victoria_metrics}",
                "-opentelemetry.usePrometheusNaming",
                "-search.latencyOffset=0s",  # by default points of the last 30 s are held back
                f"-vmalert.proxyURL={alerts}",  # the alerting page of /vmui/
            ),
            f"{metrics}/health",
        ),
        Program(
            "victoria-logs",
            (
                f"-storageDataPath={folder / 'logs'}",
                f"-httpListenAddr=127.0.0.1:{ports.victoria_logs}",
                "-insert.maxLineSizeBytes=2MiB",  # the most it allows; longer events are dropped
            ),
            f"{logs}/health",
        ),
        Program(
            "jaeger",
            (f"--config={CONFIG / 'jaeger.yaml'}",),
            f"http://127.0.0.1:{ports.jaeger}/api/services",
        ),
        Program(
            "vmalert",
            (
                f"-rule={RULES}",
                f"-datasource.url={metrics}",
                f"-remoteWrite.url={metrics}",
                "-remoteWrite.flushInterval=1s",
                f"-remoteRead.url={metrics}",
                "-notifier.blackhole",  # nobody is told: alerts are looked at, or asked for
                f"-httpListenAddr=127.0.0.1:{ports.vmalert}",
                "-evaluationInterval=2s",
                "-rule.evalDelay=0s",
            ),
            f"{alerts}/health",
        ),
        Program(
            "otelcol",
            (f"--config={CONFIG / 'local.yaml'}",),
            f"http://127.0.0.1:{ports.health}/",
        ),
    ]


def config_variables(ports: Ports) -> dict[str, str]:
    """What collector-config/*.yaml read from the environment."""
    return {
        "DRIFTMETER_OTLP_GRPC_PORT": str(ports.otlp_grpc),
        "DRIFTMETER_OTLP_HTTP_PORT": str(ports.otlp_http),
        "DRIFTMETER_HEALTH_PORT": str(ports.health),
        "DRIFTMETER_METRICS_URL": f"http://127.0.0.1:{ports.victoria_metrics}",
        "DRIFTMETER_LOGS_URL": f"http://127.0.0.1:{ports.victoria_logs}",
        "DRIFTMETER_TRACES_ENDPOINT": f"127.0.0.1:{ports.jaeger_otlp}",
        "DRIFTMETER_JAEGER_OTLP_PORT": str(ports.jaeger_otlp),
        "DRIFTMETER_JAEGER_HTTP_PORT": str(ports.jaeger),
        "DRIFTMETER_JAEGER_GRPC_PORT": str(ports.jaeger_grpc),
    }
