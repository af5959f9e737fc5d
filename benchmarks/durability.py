"""What is lost, what comes twice and how long an end takes: OpenTelemetry's batch processor beside driftmeter.

    python benchmarks/durability.py              # about five minutes
    python benchmarks/durability.py --long       # outages of 20 s, memory over 60 s: about fifteen
    python benchmarks/durability.py --rounds 200 # kill -9 so often on one journal, nothing else

Each figure comes from a producer in a process of its own and a backend in another. What driftmeter leaves on disk is
sent by the next process, here by `driftmeter journal drain`; the stock processor leaves nothing. Goals stand beside the
figures; one that is missed is marked, not hidden.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from durability_rounds import kill_rounds

from driftmeter.cli.journals import seen
from driftmeter.testing.fault_process import FaultyProcess

PRODUCER = Path(__file__).with_name("durability_producer.py")
WAYS = ("stock", "durable", "predict")
RATE = 2000


@dataclass
class Run:
    """One producer against one backend, and what became of its records."""

    way: str
    path: Path
    backend: FaultyProcess
    outage_s: float
    exit_s: float = math.nan

    def __post_init__(self) -> None:
        self.journal, self.ledger, self.report_path = (self.path / name for name in ("journal", "ledger", "report"))
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "DRIFTMETER_"))},
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.backend.endpoint,
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
        }

    def start(
        self, *, count: int = 0, rate: int = RATE, live_on_s: float = 0.0, own_ids: bool = False
    ) -> subprocess.Popen[bytes]:
        """The producer; back when its first record has returned."""
        plan = {
            "way": self.way, "count": count, "rate": rate, "live_on_s": live_on_s, "own_ids": own_ids,
            "journal": str(self.journal), "ledger": str(self.ledger), "report": str(self.report_path),
        }  # fmt: skip
        command = [sys.executable, str(PRODUCER), json.dumps(plan)]
        producer = subprocess.Popen(command, env=self.environ, stderr=subprocess.DEVNULL)  # noqa: S603  # our own
        while not self.ledger.exists() and producer.poll() is None:
            time.sleep(0.01)
        return producer

    def end(self, producer: subprocess.Popen[bytes]) -> None:
        """Wait until it is gone; how long that took from its last record on."""
        producer.wait()
        if self.report_path.exists():
            self.exit_s = time.monotonic() - self.report["recorded_s"]

    def stop(self, producer: subprocess.Popen[bytes]) -> None:
        """Let it record everything, and no more."""
        while not self.report_path.exists() and producer.poll() is None:
            time.sleep(0.01)
        producer.kill()
        producer.wait()

    @property
    def report(self) -> dict[str, object]:
        """What the producer measured."""
        return json.loads(self.report_path.read_text())

    def drain(self) -> None:
        """As the next process, or a user, would."""
        if self.way != "stock":
            drain = [Path(sys.executable).with_name("driftmeter"), "journal", "drain", "--dir", self.journal]
            subprocess.run(drain, env=self.environ, check=False, capture_output=True)  # noqa: S603  # our own

    def told(self) -> str:
        """Lost, come again, dead letters, and seconds to the end."""
        returned = set(self.ledger.read_text().split())
        stored = self.backend.snapshot()["ids"]
        dead = sum(one.place != "journal" for one in seen(self.journal, None)) if self.journal.exists() else 0
        lost = len(returned - set(stored)) - dead
        again = sum(stored.get(one, 1) - 1 for one in returned)
        share = f"{lost / len(returned):.1%}"
        exit_s = "" if math.isnan(self.exit_s) else f" {self.exit_s:5.1f} s"
        return f"{lost:6} of {len(returned):6} {share:>6} {again:5} {dead:2}{exit_s:8}"


@contextmanager
def run(way: str, behaviour: str, outage_s: float = 0.0) -> Iterator[Run]:
    """A fresh journal and backend."""
    with tempfile.TemporaryDirectory() as path, FaultyProcess(behaviour) as backend:
        yield Run(way, Path(path), backend, outage_s)


def burst(one: Run) -> None:
    """20,000 at once, backend well."""
    one.end(one.start(count=20_000, rate=0))


def outage(one: Run) -> None:
    """Backend down at first; the process lives on for 20 s after its last record."""
    producer = one.start(count=int(RATE * one.outage_s), live_on_s=20.0)
    time.sleep(one.outage_s)
    one.backend.behave("ok")
    one.end(producer)


def leave(one: Run) -> None:
    """A clean end while the backend is away; it returns afterwards."""
    one.end(one.start(count=5 * RATE))
    one.backend.behave("ok")


def kill(one: Run) -> None:
    """Kill -9, backend well."""
    producer = one.start()
    time.sleep(3.3)
    producer.send_signal(signal.SIGKILL)
    one.end(producer)


def refuse(one: Run) -> None:
    """One record that the backend refuses."""
    one.backend.behave("refuse:1500")
    one.end(one.start(count=3 * RATE, own_ids=True))


SCENARIOS = {
    "burst of 20,000": (burst, "ok"),
    "backend down at first": (outage, "down"),
    "clean end while down": (leave, "down"),
    "clean end, black hole": (leave, "black_hole"),
    "kill -9": (kill, "ok"),
    "one refused record": (refuse, "ok"),
}


def losses(options: argparse.Namespace) -> None:
    """The table of what is lost."""
    print(f"{'':24}" + "".join(f"{way:>44}" for way in WAYS))
    print(f"{'':24}" + f"{'lost of returned':>24}{'again dead   to exit':>20}" * len(WAYS))
    for name, (play, behaviour) in SCENARIOS.items():
        cells = []
        for way in WAYS:
            with run(way, behaviour, options.outage_s) as one:
                play(one)
                one.drain()
                cells.append(one.told())
        print(f"{name:24}" + "".join(f"{cell:>44}" for cell in cells), flush=True)


def memory(options: argparse.Namespace) -> None:
    """How much a process grows while its backend is away, and while it is there: what statistics keep grows in both."""
    for way in WAYS:
        grown = {}
        for behaviour in ("down", "ok"):
            with run(way, behaviour) as one:
                one.stop(one.start(count=int(RATE * options.memory_s)))
                grown[behaviour] = float(one.report["rss_growth_mib"])
        goal = "" if way == "stock" else "  goal <= 32" + ("" if grown["down"] <= 32 else "  MISSED")
        told = f"{way:8} down {grown['down']:7.1f} MiB{goal}, ok {grown['ok']:7.1f} MiB"
        print(f"growth in {options.memory_s:g} s at {RATE}/s, {told}", flush=True)


def latencies(options: argparse.Namespace) -> None:
    """What a call costs its caller, in wall time, by how the backend fares; medians over rounds that take turns."""
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    for way in WAYS:
        found: dict[str, dict[str, list[float]]] = {}
        for _ in range(options.latency_rounds):
            for behaviour in ("ok", "down", "black_hole"):
                with run(way, behaviour) as one:
                    one.stop(one.start(count=5 * RATE))
                    took_ns = one.report["took_ns"]
                for name, share in shares.items():
                    told = found.setdefault(behaviour, {}).setdefault(name, [])
                    told.append(took_ns[int(share * len(took_ns))] / 1000)
        medians = {b: {name: statistics.median(each) for name, each in of.items()} for b, of in found.items()}
        for behaviour, of in medians.items():
            ratio = of["p99.9"] / medians["ok"]["p99.9"]
            missed = "  MISSED" if ratio > 1.2 and way != "stock" else ""
            told = "  ".join(f"{name} {us:8.1f} us" for name, us in of.items())
            print(f"{way:8} {behaviour:10} {told}  p99.9 {ratio:.2f} x ok (goal <= 1.2){missed}", flush=True)


def main() -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="outages of 20 s, memory over 60 s, more rounds")
    parser.add_argument("--rounds", type=int, default=0, help="only kill -9 so often on one journal")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.rounds:
        return 0 if kill_rounds(options.rounds, options.seed) else 1
    options.outage_s, options.memory_s, options.latency_rounds = (20.0, 60.0, 5) if options.long else (5.0, 15.0, 3)
    losses(options)
    memory(options)
    latencies(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
