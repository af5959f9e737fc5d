"""river's ADWIN at several settings on the streams of `curves.py`: false alarms, and rows until shifts were found."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from river import drift

SETTINGS = (0.05, 0.02, 0.01, 0.005, 0.002, 5e-4)
SIZES = (0.25, 0.5, 1.0)
WARM_UP = 5_000

asked = json.loads(Path(sys.argv[1]).read_text())
sys.path.insert(0, asked["here"])
from streams import REFERENCE_ROWS, SEED  # noqa: E402  # the same seeds make the same streams


def spoke(setting: float, past: np.ndarray, live: np.ndarray) -> list[int]:
    """Rows after which it spoke."""
    detector = drift.ADWIN(delta=setting)
    for value in past[-WARM_UP:].tolist():
        detector.update(value)
    rows = []
    for row, value in enumerate(live.tolist()):
        detector.update(value)
        if detector.drift_detected:
            rows.append(row + 1)
    return rows


def quiet(number: int) -> tuple[np.ndarray, np.ndarray]:
    """As `curves.quiet_stream`."""
    random = np.random.default_rng([SEED, 200, number])
    return random.normal(size=REFERENCE_ROWS), random.normal(size=asked["rows"])


def delay(setting: float, number: int, shift: float) -> float:
    """As `curves.shifted_stream`."""
    random = np.random.default_rng([SEED, 201, number])
    onset = 2000 + int(random.integers(1000))
    live = random.normal(size=onset + 5000)
    live[onset:] += shift
    late = [row - onset for row in spoke(setting, random.normal(size=REFERENCE_ROWS), live) if row > onset]
    return float(late[0]) if late else float("inf")


told = [
    {
        "setting": setting,
        "false": sum(len(spoke(setting, *quiet(number))) for number in range(asked["quiet"])),
        "delays": [[delay(setting, number, shift) for number in range(asked["shifted"])] for shift in SIZES],
    }
    for setting in SETTINGS
]
Path(sys.argv[2]).write_text(json.dumps(told))
