"""river: ADWIN, Page-Hinkley and KSWIN on the stream of values, after they have seen the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from protocol import Question, answer
from river import drift

# Loosest first; the default is marked in `DEFAULTS`.
ADWIN = (0.2, 0.05, 0.02, 0.01, 0.005, 0.002, 5e-4, 1e-4, 1e-6)
PAGE_HINKLEY = (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
KSWIN = (0.005, 1e-6)
DEFAULTS = {ADWIN: 0.002, PAGE_HINKLEY: 50.0, KSWIN: 0.005}

WARM_UP = 5_000
"""They keep no reference: the last rows of it are as good as all."""
KSWIN_WINDOW = 200
KSWIN_STREAMS, KSWIN_ROWS, KSWIN_WARM_UP = 10, 2_000, 200
"""KSWIN takes a quarter of a millisecond per value, so it sees less."""


def judge(question: Question) -> dict[str, Any]:
    """Rows after which each detector spoke, by setting and stream, and how many rows it was shown."""
    if all(question.categorical):
        return {}
    found = {
        "river, ADWIN": _settings(question, ADWIN, lambda delta: drift.ADWIN(delta=delta)),
        "river, Page-Hinkley": _settings(
            question, PAGE_HINKLEY, lambda threshold: drift.PageHinkley(threshold=threshold)
        ),
    }
    if len(question.categorical) == 1 and question.window == KSWIN_WINDOW:
        found["river, KSWIN"] = _settings(
            question,
            KSWIN,
            lambda alpha: drift.KSWIN(alpha=alpha, seed=1),
            streams=KSWIN_STREAMS,
            rows=KSWIN_ROWS,
            warm_up=KSWIN_WARM_UP,
        )
    return found


def _settings(
    question: Question,
    settings: tuple[float, ...],
    make: Callable[[float], Any],
    *,
    streams: int | None = None,
    rows: int | None = None,
    warm_up: int = WARM_UP,
) -> dict[str, Any]:
    shown = [(reference[-warm_up:], live[:rows]) for reference, live in question.streams()][:streams]
    if not question.tuned:
        settings = (DEFAULTS[settings],)
    return {
        "rows": min(len(live) for _, live in shown),
        "spoke": {str(setting): [_spoke(question, make, setting, *one) for one in shown] for setting in settings},
    }


def _spoke(
    question: Question, make: Callable[[float], Any], setting: float, reference: np.ndarray, live: np.ndarray
) -> list[tuple[int, int]]:
    """The rows after which a detector spoke, with the column's place."""
    spoke = []
    for place, flag in enumerate(question.categorical):
        if flag:
            continue
        detector = make(setting)
        for value in reference[~np.isnan(reference[:, place]), place].tolist():
            detector.update(value)
        known = np.flatnonzero(~np.isnan(live[:, place]))
        for row, value in zip(known.tolist(), live[known, place].tolist(), strict=True):
            detector.update(value)
            if detector.drift_detected:
                spoke.append((row + 1, place))
    return spoke


answer("river", judge)
