"""One journal, one misbehaving backend and the producers between them; at the end every record is accounted for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from driftmeter import semconv
from driftmeter.cli.journals import seen

PRODUCERS = Path(__file__).with_name("producers.py")
PATIENCE_S = 120.0
BATCH = 512
EVERY_DOOR = ("packed", "own_id", "ragged", "failed", "label", "logged", "durable")


def clean_environ(**more):
    """This process's environment without what would configure telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DRIFTMETER_", "OTEL_"))}
    return {**kept, **more}


def until(holds, what):
    """Wait for something that must happen; how long it takes is no part of the promise."""
    ends_s = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < ends_s, f"waited {PATIENCE_S:g} s for {what}"
        time.sleep(0.01)
    return found


class Nursery:
    """A process that has imported everything, and forks."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, str(PRODUCERS)], env=clean_environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()

    def ask(self, **request):
        """The pid of a child with this plan, or the end of one that is waited for."""
        self._process.stdin.write(json.dumps(request, default=str).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@dataclass
class Account:
    """What became of the records: `returned` to their callers, `stored` by the backend, `dead` in the journal."""

    returned: Counter[str]
    stored: Counter[str]
    dead: Counter[str]
    gaps: list[dict[str, object]]

    @property
    def lost(self):
        """Records that returned and are nowhere."""
        return set(self.returned) - set(self.stored) - set(self.dead)

    @property
    def duplicates(self):
        """How many records came again; events that driftmeter itself tells have no id to be known by."""
        return sum(max(0, self.stored[one] + self.dead[one] - 1) for one in self.returned)

    @property
    def reported(self):
        """How many records the gap events give up."""
        return sum(int(gap[semconv.GAP_COUNT]) for gap in self.gaps)


class Scene:
    """A directory of its own, a backend, and whoever writes there."""

    def __init__(self, path, nursery, backend):
        self.path, self.journal, self.backend = path, path / "journal", backend
        self._nursery = nursery
        self._started = 0

    def environ(self, **more):
        """Where to send, without waiting for company for long."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.backend.endpoint,
            "OTEL_BLRP_SCHEDULE_DELAY": "100",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "10",
            "OTEL_SDK_DISABLED": "",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
            **more,
        }

    def plan(self, *, doors=("packed",), count=0, end="wait", environ=None, **more):
        """What a producer is told."""
        self._started += 1
        return {
            "name": f"p{self._started}", "doors": doors, "count": count, "end": end, "threads": 0, "pause_s": 0.0,
            "journal": str(self.journal), "ledger": str(self.path / f"ledger{self._started}"), "settings": {},
            "go": str(self.path / "go"), "metrics": None, "file_limit_bytes": None,
            "environ": self.environ(**(environ or {})), "out": str(self.path / f"out{self._started}"),
            "err": str(self.path / "err"),
            **more,
        }  # fmt: skip

    def start(self, **plan):
        """A producer; its process id."""
        return self._nursery.ask(**self.plan(**plan))

    def wait(self, producer):
        """How it ended: the exit status, or minus the signal's number."""
        return self._nursery.ask(wait=producer)

    def kill(self, producer, number=signal.SIGKILL):
        """End it, and take note that it did die of that."""
        os.kill(producer, number)
        assert self.wait(producer) == -number, self.errors()

    def command(self, *args, **environ):
        """Run `driftmeter` with these arguments: its exit status and what it printed."""
        plan = self.plan(environ=environ, args=args)
        status = self.wait(self._nursery.ask(**plan))
        return status, Path(plan["out"]).read_text()

    def console(self, *args):
        """As `command`, by the script that is installed; its exit status."""
        environ = clean_environ(**self.environ(DRIFTMETER_JOURNAL_DIR=str(self.journal)))
        script = Path(sys.executable).with_name("driftmeter")
        return subprocess.run([script, *args], env=environ, capture_output=True, check=False).returncode

    def drain(self):
        """As a user would, once everybody is gone: what the command says of it."""
        _, said = self.command("journal", "drain", "--dir", str(self.journal), "--timeout", str(PATIENCE_S), "--json")
        result = json.loads(said)
        assert result["nothing_left"], (result, self.errors())
        return result

    def ledger(self):
        """Every line that a producer wrote."""
        return [line for path in self.path.glob("ledger*") for line in path.read_text().splitlines()]

    def returned(self, at_least=1):
        """Wait until so many records have returned."""
        until(lambda: len(self.ledger()) >= at_least, f"{at_least} records: {self.errors()}")

    def done(self):
        """Wait until a producer has recorded everything that it was to."""
        until(lambda: "#done" in self.ledger(), f"a producer to be through: {self.errors()}")

    def go(self, producer):
        """Have producers that wait for it flush and end; they must say that nothing was left."""
        (self.path / "go").touch()
        assert self.wait(producer) == 0, self.errors()
        assert "#flush True" in self.ledger()

    def errors(self):
        """What producers wrote to standard error."""
        path = self.path / "err"
        return path.read_text() if path.exists() else ""

    def dropped(self):
        """What a producer's own metric says that was lost, by reason; it must have been asked for `metrics`."""
        return json.loads((self.path / "metrics").read_text())

    def account(self):
        """Every record, wherever it is."""
        snapshot = self.backend.snapshot()
        dead = [one.record for one in seen(self.journal, None) if one.place != "journal"]
        return Account(
            returned=Counter(line for line in self.ledger() if not line.startswith("#")),
            stored=Counter(snapshot["ids"]),
            dead=Counter(_identity(record) for record in dead),
            gaps=snapshot["gaps"],
        )


def _identity(record):
    return record["attributes"].get(semconv.PREDICTION_ID) or record["body"]
