"""Kill after kill on one journal, at random moments, whatever the backend does; then every record is looked for."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "durability"))

from scene import BATCH, EVERY_DOOR, Nursery, Scene

from driftmeter.testing.fault_process import FaultyProcess

WHIMS = ("ok", "ok", "ok", "ok", "down", "status:503", "reset", "slow:1", "flaky:0.5")
FULL_SPEED = ("packed", "packed", "packed", "own_id")


def kill_rounds(rounds: int, seed: int) -> bool:
    """Kill so often, print what became of the records; whether all of it is as promised."""
    draw = random.Random(seed)
    whims: Counter[str] = Counter()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as path, Nursery() as nursery, FaultyProcess() as backend:
        scene = Scene(Path(path), nursery, backend)
        for _ in range(rounds):
            whim = draw.choice(WHIMS)
            whims[whim] += 1
            backend.behave(whim)
            doors = draw.choice([FULL_SPEED, EVERY_DOOR])
            producer = scene.start(doors=doors, threads=draw.randrange(3), environ=_pace(draw))
            time.sleep(draw.uniform(0.02, 1.5))
            scene.kill(producer)
        backend.behave("ok")
        scene.drain()
        account = scene.account()
        requests = backend.snapshot()["requests"]
    took_s = time.monotonic() - began_s
    print(f"{rounds} kills in {took_s:.0f} s, backend {dict(whims)}, requests {requests}, seed {seed}")
    print(
        f"{len(account.returned)} records had returned: {len(account.lost)} lost, {account.reported} reported as lost,"
        f" {account.duplicates} came again ({account.duplicates / rounds:.1f} per kill, at most {BATCH} promised),"
        f" {account.dead.total()} dead letters"
    )
    return not account.lost and not account.reported and account.duplicates <= rounds * BATCH


def _pace(draw: random.Random) -> dict[str, str]:
    """So that kills meet a sender that is seldom idle, and one that is."""
    return {"OTEL_BLRP_SCHEDULE_DELAY": draw.choice(["10", "100", "1000"])}
