"""river's ADWIN at several settings on the streams of `independent.py`: false alarms, and delays in rows."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from river import drift

SETTINGS = (0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4)

asked = json.loads(Path(sys.argv[1]).read_text())
sys.path.insert(0, asked["here"])
import independent  # noqa: E402  # the same seeds make the same streams

size = independent.Size(*asked["size"])


def spoke(detector: drift.ADWIN, values: np.ndarray) -> Iterator[int]:
    """How many values it had seen each time that it spoke."""
    for seen, value in enumerate(values[:, 0].tolist(), 1):
        detector.update(value)
        if detector.drift_detected:
            yield seen


def taught(setting: float, past: np.ndarray) -> drift.ADWIN:
    """One that has seen the past; it keeps what it takes for the same as the newest."""
    detector = drift.ADWIN(delta=setting)
    for _ in spoke(detector, past):
        pass
    return detector


def false_alarms(number: int) -> list[int]:
    """On a stream without drift, by setting."""
    stream = independent.quiet(number, size.rows)
    return [sum(1 for _ in spoke(taught(setting, stream.reference), stream.live)) for setting in SETTINGS]


def delays(number: int) -> list[list[float]]:
    """On a stream that shifts, by setting and shift; what comes before the onset is the same for all shifts."""
    stream = independent.to_shift(number)
    past = np.concatenate([stream.reference, stream.live[: stream.onset]])
    after = [independent.shifted(stream, shift)[stream.onset :] for shift in independent.SHIFTS]
    found = []
    for setting in SETTINGS:
        before = taught(setting, past)
        found.append([next(map(float, spoke(copy.deepcopy(before), rows)), np.inf) for rows in after])
    return found


np.savez(
    sys.argv[2],
    settings=[f"river, ADWIN, delta {setting:g}" for setting in SETTINGS],
    false=np.transpose([false_alarms(number) for number in range(size.quiet)]),
    delays=np.transpose([delays(number) for number in range(size.shifted)], (1, 2, 0)),
)
